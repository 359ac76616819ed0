"""Transduction: one string in, another out, of another length. Dates to rewrite, for example.

source    3   M a r c h   2 0 2 4
decoder   <bos> 2 0 2 4 - 0 3 - 0 3          read by the decoder: the target so far (teacher forcing)
target    2 0 2 4 - 0 3 - 0 3 <eos>          l_t is the loss of what is said after reading decoder t
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np

from seqviz.core.batch import Batch, Field, Ruler
from seqviz.core.events import Baseline
from seqviz.core.interface import Interface, Needs, Space
from seqviz.core.units import bits_per
from seqviz.data.content import StringPairs
from seqviz.data.row_task import RowTask, Split
from seqviz.data.tasks import TaskConfig, tasks
from seqviz.data.tokenizers import CharTokenizer

PAD, BOS, EOS = 0, 1, 2
SPECIAL = ("<pad>", "<bos>", "<eos>")
PROBE_CAP = 128  # characters of the source


class Side:
    """Characters of one side as ids, after the three special ones."""

    def __init__(self, strings: Iterable[str]) -> None:
        self.tokenizer = CharTokenizer.train("".join(strings))
        self.labels = (*SPECIAL, *self.tokenizer.labels)

    def ids(self, text: str) -> list[int]:
        return [int(i) + len(SPECIAL) for i in self.tokenizer.encode_lossy(text)[0]]

    def unseen(self, text: str) -> tuple[str, ...]:
        """The characters that have to be replaced."""
        return self.tokenizer.encode_lossy(text)[1]


@tasks.register("transduction")
class TransductionTask(RowTask):
    """Rewrite one string as another."""

    title = "transduction"
    takes = "string_pairs"
    needs = Needs("pair", "tokens", "softmax", causal=True)
    content: StringPairs

    def __init__(self, config: TaskConfig, content: StringPairs, context_length: int) -> None:
        pairs = content.train + content.valid
        super().__init__(config, content, max(max(len(s), len(t) + 1) for s, t in pairs))
        self.source = Side(source for source, _ in pairs)
        self.target = Side(target for _, target in pairs)
        self.labels = self.target.labels
        self.interface = Interface(
            Space("tokens", len(self.source.labels)),
            Space("tokens", len(self.target.labels)),
            "softmax",
            self.context_length,
            "pair",
        )
        self.unit = bits_per("symbol")

    def rows(self, split: Split) -> int:
        return len(self._pairs(split))

    def _pairs(self, split: Split) -> tuple[tuple[str, str], ...]:
        return self.content.train if split == "train" else self.content.valid

    def batch_of(self, split: Split, rows: np.ndarray) -> Batch:
        pairs = self._pairs(split)
        return self._batch([pairs[row] for row in rows])

    def _batch(self, pairs: list[tuple[str, str]]) -> Batch:
        sources = [self.source.ids(source) for source, _ in pairs]
        targets = [self.target.ids(target) for _, target in pairs]
        said = _padded([[*ids, EOS] for ids in targets], "target")
        return Batch(
            {"source": _padded(sources, "source"), "decoder": _padded([[BOS, *ids] for ids in targets], "target")},
            {"tokens": said},
            tokens=int(np.sum(said.values != PAD)),
        )

    @property
    def tokens_per_epoch(self) -> int:
        return sum(len(target) + 1 for _, target in self.content.train)

    def labels_of(self, field: str) -> tuple[str, ...]:
        return self.source.labels if field == "source" else self.target.labels

    def probe(self, text: str) -> tuple[Batch, str]:
        """A source, whose target follows from the corpus's rule, or "source -> target"."""
        source, arrow, target = (part.strip() for part in text.partition("->"))
        if not source or (arrow and not target):
            raise ValueError("probe: type a source, or source -> target")
        if len(text) > PROBE_CAP:
            raise ValueError(f"probe: at most {PROBE_CAP} characters")
        target = target if arrow else self._answer(source)
        batch = self._batch([(source, target)])
        unseen = dict.fromkeys((*self.source.unseen(source), *self.target.unseen(target)))
        notice = f"not in the vocabulary and replaced: {' '.join(unseen)}" if unseen else ""
        rulers = {
            "source": _ruler(self.source.labels, batch.inputs["source"]),
            "target": _ruler(self.target.labels, batch.inputs["decoder"]),
        }
        return Batch(batch.inputs, batch.targets, rulers, tokens=batch.tokens), notice

    def _answer(self, source: str) -> str:
        if self.content.answer is None:
            raise ValueError("probe: this corpus needs both sides, as source -> target")
        return self.content.answer(source)

    def metrics(self, output: Any, batch: Batch) -> Mapping[str, tuple[float, float]]:
        """Right characters under teacher forcing, and strings that greedy decoding gets right as a whole.

        A greedy decoder reads the true prefix as long as it makes no mistake, so it writes the whole target exactly
        where every single choice under teacher forcing is right: no second pass is needed.
        """
        target = batch.targets["tokens"]
        assert target.mask is not None
        right = output.predictive.log_probs().argmax(-1) == target.values  # (batch, target)
        whole = (right | ~target.mask).all(dim=1)  # (batch,)
        return {
            "character_accuracy": (float((right & target.mask).sum()), float(target.mask.sum())),
            "exact_match": (float(whole.sum()), float(len(whole))),
        }

    def baselines(self) -> tuple[Baseline, ...]:
        return (Baseline("uniform", "guessing blindly", math.log(self.interface.outputs.size)),)


def _padded(rows: list[list[int]], axis: Literal["source", "target"]) -> Field:
    """(batch, axis) ids, short rows filled up with <pad> and masked there."""
    lengths = np.array([len(row) for row in rows])
    values = np.full((len(rows), lengths.max()), PAD, np.int64)
    mask = np.arange(values.shape[1]) < lengths[:, None]
    values[mask] = np.concatenate([np.array(row, np.int64) for row in rows])
    return Field(values, ("batch", axis), mask)


def _ruler(labels: tuple[str, ...], field: Field) -> Ruler:
    return Ruler(tuple(labels[i] for i in field.values[0]), "character")
