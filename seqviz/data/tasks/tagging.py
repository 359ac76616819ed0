"""Tagging: a tag for every word of a sentence, the whole sentence in sight.

words    They   can   fish   .
tags     PRON   AUX   VERB   PUNCT

l_t is the loss of the tag that belongs to word t itself. Sentences of a batch are filled up with <pad>, which is masked
in words and tags alike. Words too rare in the training split are <unk>, an unseen word is so too.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from seqviz.core.batch import Batch, Field, Ruler
from seqviz.core.events import Baseline
from seqviz.core.interface import Interface, Needs, Space
from seqviz.core.knobs import knob
from seqviz.core.units import Unit
from seqviz.data.content import Sentence, TaggedSentences
from seqviz.data.row_task import RowTask, Split
from seqviz.data.tasks import TaskConfig, tasks

PAD, UNKNOWN = 0, 1
SPECIAL = ("<pad>", "<unk>")
VOCABULARY_FILE = "words.json"
PROBE_CAP = 128  # words


class TaggingConfig(TaskConfig):
    min_count: int = knob(2, low=1, high=1000, label="rare below", unit="times",
                          help="Words met less often in training are all one, <unk> (1: all are kept).")  # fmt: skip


@tasks.register("tagging")
class TaggingTask(RowTask):
    """Say what kind of word each word of a sentence is."""

    Config: ClassVar[type[TaskConfig]] = TaggingConfig
    title = "tagging"
    takes = "tagged_sentences"
    needs = Needs("chain", "tokens", "softmax", causal=False)
    config: TaggingConfig
    content: TaggedSentences

    def __init__(
        self, config: TaggingConfig, content: TaggedSentences, context_length: int, words: tuple[str, ...] | None = None
    ) -> None:
        everything = (*content.train, *content.valid, *content.test)
        super().__init__(config, content, max((len(given) for given, _ in everything), default=context_length))
        if len(content.tags) < 2:
            raise ValueError("corpus.name: a single tag leaves nothing to tell apart")
        self.words = (*SPECIAL, *frequent(content.train, config.min_count)) if words is None else words
        self._ids = {word: i for i, word in enumerate(self.words)}
        self._tags = {tag: i for i, tag in enumerate(content.tags)}
        self.labels = content.tags
        self._shares, self._usual = self._count()
        self.interface = Interface(
            Space("tokens", len(self.words)), Space("tokens", len(self.labels)), "softmax", self.context_length
        )
        self.unit = Unit("bits/tag", 1.0 / math.log(2), "word")

    @classmethod
    def from_saved(cls, config: TaskConfig, saved: Mapping[str, str], context_length: int) -> TaggingTask | None:
        """The task without its corpus, enough to trace: from the words and tags a run has stored."""
        assert isinstance(config, TaggingConfig)
        if VOCABULARY_FILE not in saved:
            return None
        known = json.loads(saved[VOCABULARY_FILE])
        words = tuple(known["words"])
        nothing = TaggedSentences("corpus not read", "", (), (), (), tuple(known["tags"]), probe=" ".join(words[2:8]))
        return cls(config, nothing, known["longest"], words)

    def saved_arrays(self) -> dict[str, str]:
        known = {"words": self.words, "tags": self.labels, "longest": self.context_length}
        return {VOCABULARY_FILE: json.dumps(known, ensure_ascii=False)}

    def _count(self) -> tuple[np.ndarray, np.ndarray]:
        """(word, tag) how often each word of the training split has each tag; (word,) its commonest tag.

        Of equals the one met first; an unseen word has the commonest tag of all.
        """
        met: dict[int, Counter[int]] = {}
        for words, tags in self.content.train:
            for word, tag in zip(self._word_ids(words), tags, strict=True):
                met.setdefault(word, Counter())[self._tags[tag]] += 1
        counts = np.zeros((len(self.words), len(self.labels)))
        for word, of_word in met.items():
            counts[word, list(of_word)] = list(of_word.values())
        usual = np.full(len(self.words), counts.sum(axis=0).argmax(), dtype=np.int64)
        usual[list(met)] = [of_word.most_common(1)[0][0] for of_word in met.values()]
        return counts, usual

    # batches ---------------------------------------------------------------------------------------------------

    def rows(self, split: Split) -> int:
        return len(self._sentences(split))

    def _sentences(self, split: Split) -> tuple[Sentence, ...]:
        return {"train": self.content.train, "valid": self.content.valid, "test": self.content.test}[split]

    def batch_of(self, split: Split, rows: np.ndarray) -> Batch:
        sentences = self._sentences(split)
        return self._batch([sentences[row] for row in rows])

    def test_batches(self, batch_size: int) -> Iterator[Batch]:
        return self._in_order("test", batch_size)

    @property
    def tokens_per_epoch(self) -> int:
        return sum(len(words) for words, _ in self.content.train)

    def _word_ids(self, words: tuple[str, ...]) -> list[int]:
        return [self._ids.get(word, UNKNOWN) for word in words]

    def _batch(self, sentences: list[Sentence]) -> Batch:
        """Tags that the training split does not know have no target."""
        lengths = np.array([len(words) for words, _ in sentences])
        words = np.full((len(sentences), lengths.max()), PAD, np.int64)
        tags = np.zeros_like(words)
        there = np.arange(words.shape[1]) < lengths[:, None]
        words[there] = [i for given, _ in sentences for i in self._word_ids(given)]
        told = np.array([self._tags.get(tag, -1) for _, given in sentences for tag in given], np.int64)
        tags[there] = np.maximum(told, 0)
        asked = there.copy()
        asked[there] = told >= 0
        axes = ("batch", "t")
        return Batch(
            {"tokens": Field(words, axes, there)}, {"tokens": Field(tags, axes, asked)}, tokens=int(lengths.sum())
        )

    def labels_of(self, field: str) -> tuple[str, ...]:
        return self.words

    def probe(self, text: str) -> tuple[Batch, str]:
        """Words with blanks between them; `fish/VERB` says the true tag as well."""
        pieces = text.split()
        if not pieces:
            raise ValueError("probe: type a sentence, its words and marks with blanks between them")
        notice = f"cut to its first {PROBE_CAP} words" if len(pieces) > PROBE_CAP else ""
        pairs = [self._typed(piece) for piece in pieces[:PROBE_CAP]]
        words, tags = tuple(word for word, _ in pairs), tuple(tag for _, tag in pairs)
        unseen = dict.fromkeys(word for word in words if word not in self._ids)
        if unseen and not notice:
            notice = f"not in the vocabulary, read as <unk>: {' '.join(unseen)}"
        batch = self._batch([(words, tags)])
        return Batch(batch.inputs, batch.targets, {"t": Ruler(words, "word")}, tokens=batch.tokens), notice

    def _typed(self, piece: str) -> tuple[str, str]:
        word, slash, tag = piece.rpartition("/")
        return (word, tag) if slash and word and tag in self._tags else (piece, "")

    # figures ---------------------------------------------------------------------------------------------------

    def metrics(self, output: Any, batch: Batch) -> Mapping[str, tuple[float, float]]:
        """Share of right tags, of all words and of unknown ones; and what each word's commonest tag would reach.

        A model that decides on the sentence as a whole (Viterbi) is judged by that decision.
        """
        words, target = batch.inputs["tokens"].values, batch.targets["tokens"]
        assert target.mask is not None
        decode = getattr(output.predictive, "decode", None)
        answer = output.predictive.log_probs().argmax(-1) if decode is None else decode()  # (batch, t)
        right, asked = answer == target.values, target.mask
        usual = words.new_tensor(self._usual)[words] == target.values
        unknown = asked & (words == UNKNOWN)
        return {
            "accuracy": (float(right[asked].sum()), float(asked.sum())),
            "unknown_word_accuracy": (float(right[unknown].sum()), float(unknown.sum())),
            "most_frequent_tag_accuracy": (float(usual[asked].sum()), float(asked.sum())),
        }

    def baselines(self) -> tuple[Baseline, ...]:
        lines = [Baseline("uniform", "guessing blindly", math.log(len(self.labels)))]
        if self.content.train and self.content.valid:
            totals = self._shares.sum(axis=0) + 1.0
            prior = totals / totals.sum()
            shares = (self._shares + prior) / (self._shares.sum(axis=1, keepdims=True) + 1.0)  # one pseudo-word
            words = [i for given, _ in self.content.valid for i in self._word_ids(given)]
            tags = [self._tags.get(tag, -1) for _, given in self.content.valid for tag in given]
            known = [(word, tag) for word, tag in zip(words, tags, strict=True) if tag >= 0]
            nats = -float(np.mean([math.log(shares[word, tag]) for word, tag in known]))
            lines.append(Baseline("each word by itself", "knowing each word's usual tags", nats))
        return tuple(lines)


def frequent(sentences: tuple[Sentence, ...], least: int) -> list[str]:
    """Words met at least so often, commonest first."""
    counts = Counter(word for words, _ in sentences for word in words)
    return [word for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if count >= least]
