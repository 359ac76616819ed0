"""Labelling: a symbol out for every symbol in. Copy memory with delay 4, for example.

input    3 1 4 1 5 2 6 5 3 5 _ _ _ > > > > > > > > > > >
target   _ _ _ _ _ _ _ _ _ _ _ _ _ _ 3 1 4 1 5 2 6 5 3 5

l_t is the loss of the symbol that belongs to position t itself. What comes out may be a hidden state with symbols of
its own: the cell of a corridor in which the robot is, for each of its readings.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from seqviz.core.batch import Batch, Field, Ruler
from seqviz.core.events import Baseline
from seqviz.core.interface import Interface, Needs, Space
from seqviz.core.units import bits_per
from seqviz.data.content import SymbolPairs
from seqviz.data.row_task import ArrayTask, Split
from seqviz.data.tasks import TaskConfig, tasks

_AXES = ("batch", "t")


@tasks.register("labelling")
class LabellingTask(ArrayTask):
    """Say the right symbol at every position."""

    title = "labelling"
    takes = "symbol_pairs"
    needs = Needs("chain", "tokens", "softmax", causal=False, hidden=True)
    content: SymbolPairs

    def __init__(self, config: TaskConfig, content: SymbolPairs, context_length: int) -> None:
        super().__init__(config, content, content.train_inputs.shape[1])
        self.labels = content.output_labels or content.labels
        self.interface = Interface(
            Space("tokens", len(content.labels)),
            Space("tokens", len(self.labels)),
            "softmax",
            self.context_length,
            hidden=bool(content.output_labels),
        )
        self.unit = bits_per("symbol")
        self._asks_everywhere = bool((content.train_targets >= 0).all() and (content.valid_targets >= 0).all())

    def arrays(self, split: Split) -> tuple[np.ndarray, np.ndarray]:
        content = self.content
        if split == "train":
            return content.train_inputs, content.train_targets
        return content.valid_inputs, content.valid_targets

    def pair(self, inputs: np.ndarray, targets: np.ndarray) -> Batch:
        if self._asks_everywhere:
            return _batch(inputs, targets)
        return _batch(inputs, np.maximum(targets, 0), targets >= 0)

    def labels_of(self, field: str) -> tuple[str, ...]:
        return self.content.labels

    def probe(self, text: str) -> tuple[Batch, str]:
        if self.content.example is not None:
            inputs, targets = self.content.example(text)
            known = targets[None] >= 0
            targets = np.maximum(targets, 0)
        else:
            inputs = self._typed(text)
            targets, known = np.zeros_like(inputs), np.zeros((1, len(inputs)), bool)
        batch = _batch(inputs[None], targets[None], known)
        ruler = Ruler(tuple(self.content.labels[i] for i in inputs), "symbol")
        return Batch(batch.inputs, batch.targets, {"t": ruler}, tokens=batch.tokens), ""

    def _typed(self, text: str) -> np.ndarray:
        """Ids of symbols that a person typed, with or without blanks between them."""
        labels = self.content.labels
        short = all(len(label) == 1 for label in labels)
        symbols = [c for c in text if not c.isspace()] if short else text.split()
        unknown = [s for s in symbols if s not in labels]
        if not symbols or unknown:
            what = f"{unknown[0]} is no symbol of this corpus" if unknown else "type at least one symbol"
            raise ValueError(f"probe: {what}; there is {' '.join(labels[:40])}")
        return np.array([labels.index(s) for s in symbols])

    def metrics(self, output: Any, batch: Batch) -> Mapping[str, tuple[float, float]]:
        """Share of right symbols; and of those at positions where more than silence is asked for."""
        targets, known = batch.targets["tokens"].values, batch.targets["tokens"].mask  # (batch, t)
        right = output.predictive.log_probs().argmax(-1) == targets
        if known is not None:
            return {"accuracy": (float(right[known].sum()), float(known.sum()))}
        found = {"accuracy": (float(right.sum()), float(right.numel()))}
        if self.content.idle is not None:
            asked = targets != self.content.idle
            found["recall_accuracy"] = (float(right[asked].sum()), float(asked.sum()))
        return found

    def baselines(self) -> tuple[Baseline, ...]:
        blind = Baseline("uniform", "guessing blindly", math.log(len(self.labels)))
        return (blind, *(Baseline(*line) for line in self.content.baselines))


def _batch(inputs: np.ndarray, targets: np.ndarray, known: np.ndarray | None = None) -> Batch:
    return Batch(
        {"tokens": Field(inputs.astype(np.int64), _AXES)},
        {"tokens": Field(targets.astype(np.int64), _AXES, known)},
        tokens=inputs.size,
    )
