"""The text of one row of a batch, as labels: what a person is shown of where something happened."""

from __future__ import annotations

import numpy as np

from seqviz.core.batch import Batch, Field
from seqviz.data.tasks import Task


def excerpt(task: Task, batch: Batch, row: int, axis: str = "t") -> tuple[str, ...]:
    """The labels of a row of a numpy batch along an axis; () where there is no such row."""
    every = [*batch.inputs.items(), *batch.targets.items()]
    fields = [(name, field) for name, field in every if len(field.axes) > 1 and not _is_lists(field)]
    name, field = next(((n, f) for n, f in fields if f.axes[1] == axis), fields[0] if fields else ("", None))
    if field is None or not 0 <= row < len(field.values):
        return ()
    if np.issubdtype(field.values.dtype, np.integer) and field.values.ndim == 2:
        labels = task.labels_of(name)
        return tuple(labels[i] if 0 <= i < len(labels) else "?" for i in _whole(field, row).tolist())
    return tuple(",".join(f"{number:.2g}" for number in np.atleast_1d(step)) for step in _whole(field, row))


def _is_lists(field: Field) -> bool:
    """Several symbols at each place (a word's neighbours): no text that could be read."""
    return field.values.ndim > 2 and bool(np.issubdtype(field.values.dtype, np.integer))


def _whole(field: Field, row: int) -> np.ndarray:
    """A row without the padding at its end."""
    values: np.ndarray = field.values[row]
    if field.mask is None or field.mask.ndim != 2:
        return values
    there = np.flatnonzero(field.mask[row])
    return values[: int(there[-1]) + 1] if len(there) else values[:0]
