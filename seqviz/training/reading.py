"""The training split read in order, by models that observe: once, or as often as they ask."""

from __future__ import annotations

from collections.abc import Iterator

from seqviz.core.batch import Batch
from seqviz.data.tasks import Task


class Reading:
    """Knows one batch ahead, so that the end of a pass is known with its last batch and not one too late."""

    def __init__(self, task: Task, batch_size: int) -> None:
        self._task, self._batch_size = task, batch_size
        self._batches: Iterator[Batch] = iter(())
        self._upcoming: Batch | None = None
        self.start_pass()

    def start_pass(self) -> None:
        """From the beginning of the text."""
        self._batches = self._task.reading_batches(self._batch_size)
        self._upcoming = next(self._batches, None)

    @property
    def over(self) -> bool:
        """Whether the split has been read to its end."""
        return self._upcoming is None

    def next(self) -> Batch | None:
        """The next batch; None at the end."""
        batch, self._upcoming = self._upcoming, next(self._batches, None)
        return batch
