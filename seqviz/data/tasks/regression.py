"""Regression over a sequence: vectors in, one number out at the end. The adding problem, for example.

value    .31 .90 .05 .62 .44 .17 .83 .29
marker     0   1   0   0   0   0   1   0      target  .90 + .83 = 1.73

Every loss shown is the squared error itself. (The head's Gaussian has deviation sqrt(1/2), so that its -log p is the
squared error and a constant ln(pi)/2; the constant is left out here and changes no gradient.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor

from seqviz.core.batch import Batch, Field, Ruler
from seqviz.core.events import Baseline
from seqviz.core.interface import Interface, Needs, Space
from seqviz.core.units import Unit
from seqviz.data.content import VectorsToValue
from seqviz.data.row_task import ArrayTask, Split
from seqviz.data.tasks import TaskConfig, tasks


@tasks.register("regression")
class RegressionTask(ArrayTask):
    """Answer with one number once the whole sequence is read."""

    title = "regression"
    takes = "vectors_to_value"
    needs = Needs("chain", "vectors", "last_gaussian", causal=False)
    content: VectorsToValue

    def __init__(self, config: TaskConfig, content: VectorsToValue, context_length: int) -> None:
        _, length, size = content.train_inputs.shape
        super().__init__(config, content, length)
        self.interface = Interface(Space("vectors", size), Space("vectors", 1), "last_gaussian", length)
        self.unit = Unit("squared error", 1.0, "step")

    def arrays(self, split: Split) -> tuple[np.ndarray, np.ndarray]:
        content = self.content
        if split == "train":
            return content.train_inputs, content.train_targets
        return content.valid_inputs, content.valid_targets

    def pair(self, inputs: np.ndarray, targets: np.ndarray) -> Batch:
        return _batch(inputs, targets)

    def probe(self, text: str) -> tuple[Batch, str]:
        if self.content.example is None:
            return self._validation_row(text)
        vectors, value, labels = self.content.example(text)
        return _probe(vectors, value, labels), ""

    def _validation_row(self, text: str) -> tuple[Batch, str]:
        """Where a corpus has no way to make an example of a text: the number of a validation example."""
        count = self.rows("valid")
        if not text.strip().isdecimal() or not 1 <= int(text) <= count:
            raise ValueError(f"probe: type the number of a validation example, 1 to {count}")
        row = int(text) - 1
        labels = tuple(map(str, range(1, self.context_length + 1)))
        return _probe(self.content.valid_inputs[row], float(self.content.valid_targets[row]), labels), ""

    def objective(self, output: Any, batch: Batch) -> tuple[Tensor, Tensor]:
        """(sum of squared errors, number of sequences)."""
        errors = _squared_errors(output, batch)  # (batch, 1)
        return errors.sum(), errors.new_tensor(float(errors.numel()))

    def metrics(self, output: Any, batch: Batch) -> Mapping[str, tuple[float, float]]:
        errors = _squared_errors(output, batch)
        return {"mse": (float(errors.sum()), float(errors.numel()))}

    def baselines(self) -> tuple[Baseline, ...]:
        return (Baseline("constant", "always saying the mean", self.content.constant_error),)


def _squared_errors(output: Any, batch: Batch) -> Tensor:
    misses = batch.targets["vectors"].values - output.predictive.mean  # (batch, 1, 1)
    return misses.square().sum(dim=-1)  # (batch, 1)


def _batch(inputs: np.ndarray, targets: np.ndarray) -> Batch:
    return Batch(
        {"vectors": Field(inputs, ("batch", "t", "dim"))},
        {"vectors": Field(targets[:, None, None].astype(np.float32), ("batch", "out", "dim"))},
        tokens=inputs.shape[0] * inputs.shape[1],
    )


def _probe(vectors: np.ndarray, value: float, labels: tuple[str, ...]) -> Batch:
    batch = _batch(vectors[None], np.array([value], np.float32))
    return Batch(batch.inputs, batch.targets, {"t": Ruler(labels, "step")}, tokens=batch.tokens)
