"""Tagging with few labels: a handful of tagged sentences to be taught by, and plenty of untagged ones to read.

    tagged     They/PRON can/AUX fish/VERB ./PUNCT        only the first `labelled` sentences of the training split
    reading    The old man the boats .                    any sentence of the training split, without its tags

Every batch brings both: what a model makes of the reading is its own affair (most look at the tagged sentences alone).
All of them know the words of the whole split; only the tags are scarce.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np

from seqviz.core.batch import Batch, Field
from seqviz.core.knobs import knob
from seqviz.data.content import Sentence, TaggedSentences
from seqviz.data.row_task import RandomRows
from seqviz.data.tasks import Feeder, TaskConfig, tasks
from seqviz.data.tasks.tagging import SPECIAL, TaggingConfig, TaggingTask, frequent


class FewLabelsConfig(TaggingConfig):
    labelled: int = knob(40, low=1, high=1_000_000, log=True, label="tagged", unit="sentences",
                         help="How many sentences of the training split come with their tags.")  # fmt: skip


class TaggedAndReading(Feeder):
    """Tagged rows as ever, and as many others to read."""

    def __init__(self, task: FewLabelsTask) -> None:
        self.task = task
        self._tagged = RandomRows(task.rows("train"), lambda rows: task.batch_of("train", rows))

    def next(self, batch_size: int, rng: np.random.Generator) -> Batch:
        batch = self._tagged.next(batch_size, rng)
        rows = rng.integers(0, len(self.task.reading), batch_size)
        return replace(batch, inputs={**batch.inputs, "reading": self.task.untagged(rows)})


@tasks.register("few_labels")
class FewLabelsTask(TaggingTask):
    """Tag the words of a sentence after seeing few tags and much text."""

    Config: ClassVar[type[TaskConfig]] = FewLabelsConfig
    title = "tagging with few labels"

    def __init__(
        self,
        config: FewLabelsConfig,
        content: TaggedSentences,
        context_length: int,
        words: tuple[str, ...] | None = None,
    ) -> None:
        self.reading: tuple[Sentence, ...] = content.train
        known = (*SPECIAL, *frequent(content.train, config.min_count)) if words is None else words
        tagged = replace(content, train=content.train[: config.labelled])
        super().__init__(config, tagged, context_length, known)

    def untagged(self, rows: np.ndarray) -> Field:
        """The words of these sentences of the whole split: (batch, position), masked where a sentence is over."""
        words = self._batch([self.reading[row] for row in rows]).inputs["tokens"]
        return Field(words.values, ("batch", "position"), words.mask)

    def feeder(self, carry_state: bool) -> Feeder:
        super().feeder(carry_state)  # refuses a state to be carried
        return TaggedAndReading(self)
