from __future__ import annotations

import numpy as np

from seqviz.gui.panels.base import Cursor, Snapshot
from seqviz.gui.panels.layer_mixture import LayerMixturePanel
from tests.gui.panels.sheet_frames import run_of, snapshot_of


def shown(qtbot, weights: list[float]) -> LayerMixturePanel:
    panel = LayerMixturePanel()
    qtbot.addWidget(panel)
    panel.resize(300, 120)
    panel.show()
    arrays = {"mixture.weight": np.array(weights, dtype=np.float32), "mixture.scale": np.array([1.5], np.float32)}
    panel.present(snapshot_of(arrays, Cursor(0), run_of("lstm", ("mixture.weight",)), tuple("ab")))
    return panel


def test_a_bar_for_the_words_and_one_for_each_layer(qtbot):
    panel = shown(qtbot, [0.2, 0.5, 0.3])
    assert [(bar.label, bar.text) for bar in panel.bars.bars] == [("words", "0.20"), ("layer 1", "0.50"),
                                                                 ("layer 2", "0.30")]  # fmt: skip
    assert "**layer 1**, 0.50 against 0.33" in panel.reading()


def test_weights_that_are_all_alike_say_that_nothing_was_taught(qtbot):
    assert "all alike, **0.33**" in shown(qtbot, [1 / 3, 1 / 3, 1 / 3]).reading()


def test_the_card_has_every_weight_and_the_scale(qtbot):
    rows = {row.name: row.value for row in shown(qtbot, [0.2, 0.5, 0.3]).explain(Cursor()).quantities}
    assert rows["s of layer 2"] == "0.300"
    assert rows["γ, the scale of the sum"] == "1.500"


def test_what_is_shown_is_exported_and_cleared(qtbot):
    panel = shown(qtbot, [0.4, 0.6])
    assert panel.export()["layer"].tolist() == ["words", "layer 1"]
    panel.present(Snapshot())
    assert panel.bars.bars == ()
    assert panel.reading() == ""
