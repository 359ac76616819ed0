"""The label: what the model says of the token under the cursor itself, a tag or the right symbol."""

from __future__ import annotations

import numpy as np

from seqviz.gui.panels.base import Snapshot, panels
from seqviz.gui.panels.next_token import NextTokenPanel
from seqviz.gui.widgets.token_names import place_name

SHARES, TRUE = "label.probabilities", "label.true"


@panels.register("label")
class LabelPanel(NextTokenPanel):
    """The likeliest labels of the token under the cursor, with the right one marked where it is known."""

    name = "label"
    title = "Label"
    question = "What does it say of this one?"
    wants = (SHARES, TRUE)
    needs = (SHARES,)
    formula = r"p(y_t = i \mid x) = \frac{e^{z_i}}{\sum_j e^{z_j}}"
    sentence = "One probability for each label there is; all together they are 1. Training raises the true one."
    ghost = "What the model says of the token under the cursor"

    def take(self, snapshot: Snapshot) -> None:
        values, true = snapshot.array(SHARES), snapshot.array(TRUE)
        self._word, self._ahead, self._shown = "label", 0, False
        if values is None or snapshot.run is None or values.ndim != 2 or not len(values):
            self._row = None
            return
        self._labels = snapshot.labels()
        self._column = min(max(snapshot.cursor.column, 0), len(values) - 1)
        self._row = values[self._column]
        self._vocabulary = snapshot.run.vocabulary or tuple(str(n) for n in range(values.shape[1]))
        known = -1 if true is None else int(np.asarray(true)[self._column])
        self._true = known if known >= 0 else None

    def subtitle(self) -> str:
        return f"of {place_name(self._labels, self._column)}" if self._row is not None else ""
