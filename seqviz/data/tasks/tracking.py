"""Tracking: from noisy measurements up to now, where is the thing really? Measurements in, the hidden path out.

measured   0.4,-1.1   1.9,-0.7   2.2,0.9   ...
truth      0.1,-0.6   1.2,-0.4   2.3,-0.1  ...

The loss is -log of the density at the truth, in nats per step; the figures to look at are the root mean square distance
and, beside it, that of believing each measurement. Nets see numbers of size 1: the scale is known from the training
split (Space.scale); what is told, scored and shown is in the data's own unit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from seqviz.core.batch import Batch, Field, Ruler
from seqviz.core.events import Baseline
from seqviz.core.interface import Interface, Needs, Space
from seqviz.core.units import Unit
from seqviz.data.content import Tracks
from seqviz.data.row_task import ArrayTask, Split
from seqviz.data.tasks import TaskConfig, tasks

_AXES = ("batch", "t", "dim")


@tasks.register("tracking")
class TrackingTask(ArrayTask):
    """Estimate the hidden place at every step, from the measurements so far."""

    title = "tracking"
    takes = "tracks"
    needs = Needs("chain", "vectors", "spread_gaussian", causal=True)
    content: Tracks

    def __init__(self, config: TaskConfig, content: Tracks, context_length: int) -> None:
        super().__init__(config, content, content.train_observed.shape[1])
        seen, hidden = content.train_observed.shape[2], content.train_truth.shape[2]
        self.interface = Interface(
            Space("vectors", seen, _scale(content.train_observed)),
            Space("vectors", hidden, _scale(content.train_truth)),
            "spread_gaussian",
            self.context_length,
            hidden=True,
        )
        self.unit = Unit("nats/step", 1.0, "step")

    def arrays(self, split: Split) -> tuple[np.ndarray, np.ndarray]:
        content = self.content
        if split == "train":
            return content.train_observed, content.train_truth
        return content.valid_observed, content.valid_truth

    def pair(self, inputs: np.ndarray, targets: np.ndarray) -> Batch:
        return _batch(inputs, targets)

    def probe(self, text: str) -> tuple[Batch, str]:
        """The number of a validation track, or measurements as "0,0 1.2,0.9 2,2" whose truth nobody knows."""
        if "," in text:
            observed = self._typed(text)[None]
            truth = np.zeros((1, observed.shape[1], self.interface.outputs.size), np.float32)
            batch = _batch(observed, truth, known=np.zeros(truth.shape[:2], bool))
        else:
            batch = self.batch_of("valid", np.array([self._row(text)]))
        steps = batch.inputs["vectors"].values.shape[1]
        ruler = Ruler(tuple(map(str, range(1, steps + 1))), "step")
        return Batch(batch.inputs, batch.targets, {"t": ruler}, tokens=steps), ""

    def _row(self, text: str) -> int:
        count, word = self.rows("valid"), text.strip()
        if not (word.isascii() and word.isdecimal() and len(word) < 10 and 1 <= int(word) <= count):
            raise ValueError(
                f"probe: type the number of a track, 1 to {count}, or measurements such as 0,0 1,1.2 2,1.9"
            )
        return int(word) - 1

    def _typed(self, text: str) -> np.ndarray:
        """(t, dim) float32 from points that a person typed."""
        size = self.interface.inputs.size
        try:
            points = [[float(number) for number in point.split(",")] for point in text.split()]
        except ValueError:
            raise ValueError("probe: measurements are numbers with commas inside and blanks between points") from None
        if any(len(point) != size or not all(map(math.isfinite, point)) for point in points):
            raise ValueError(f"probe: each measurement has {size} numbers, for example {','.join(['1.5'] * size)}")
        if len(points) > self.context_length:
            raise ValueError(f"probe: at most {self.context_length} measurements")
        return np.array(points, np.float32)

    def metrics(self, output: Any, batch: Batch) -> Mapping[str, tuple[float, float]]:
        """Squared distances to the truth: of what is told, and of what was measured."""
        truth = batch.targets["vectors"].values  # (batch, t, dim)
        told = {"rmse": output.predictive.mean, "measured_rmse": batch.inputs["vectors"].values}
        squared = {
            name: (truth - each).square().sum(dim=-1) for name, each in told.items() if each.shape == truth.shape
        }
        return {name: (float(each.sum()), float(each.numel())) for name, each in squared.items()}

    def figures(self, means: Mapping[str, float]) -> Mapping[str, float]:
        return {name: math.sqrt(value) if name.endswith("rmse") else value for name, value in means.items()}

    def baselines(self) -> tuple[Baseline, ...]:
        per_number = 0.5 * math.log(2 * math.pi * math.e) + math.log(self.content.noise)
        return (Baseline("measurement", "believing each measurement", self.interface.outputs.size * per_number),)


def _scale(values: np.ndarray) -> float:
    """Root mean square of the training split; 1 where all is 0."""
    return float(np.sqrt(np.square(values, dtype=np.float64).mean())) or 1.0


def _batch(observed: np.ndarray, truth: np.ndarray, known: np.ndarray | None = None) -> Batch:
    return Batch(
        {"vectors": Field(observed, _AXES)},
        {"vectors": Field(truth, _AXES, known)},
        tokens=observed.shape[0] * observed.shape[1],
    )
