r"""Next word, sentence by sentence: the protocol of word-level perplexities on the Penn Treebank.

The line "no it was n't black monday" gives

    input    <s>  no  it   was  n't    black   monday
    target   no   it  was  n't  black  monday  </s>

Every line is a sentence of its own: no context reaches back over `<s>`. `</s>` is predicted and counted as a word,
`<s>` is not. Blank lines are left out. Axes: batch (sentences), t (words, padded at the end).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from seqviz.core.batch import Batch, Field, Ruler
from seqviz.core.events import Baseline
from seqviz.core.interface import Interface, Needs, Space
from seqviz.core.knobs import knob
from seqviz.core.units import bits_per
from seqviz.data.content import SentenceLines
from seqviz.data.row_task import RowTask, Split
from seqviz.data.sentence_vocabulary import START, SentenceVocabulary, words_of
from seqviz.data.tasks import TaskConfig, tasks

VOCABULARY_FILE = "words.json"
LONGEST_SENTENCE = 2000  # words; a batch is as wide as its longest sentence
PROBE_CAP = 128  # words
_AXES = ("batch", "t")


class NextWordConfig(TaskConfig):
    vocab_size: int = knob(0, low=0, high=1_000_000, label="vocabulary", unit="words", advanced=True,
                           help="Most words kept, the commonest, others become <unk> (0: all that train).")  # fmt: skip


@dataclass(frozen=True)
class Sentences:
    """Laid end to end with `</s>` before, between and behind them: `ids` (S,), sentence i from `starts[i]`."""

    ids: np.ndarray
    starts: np.ndarray  # (N,) of the </s> before the sentence
    lengths: np.ndarray  # (N,) predictions

    @property
    def targets(self) -> np.ndarray:
        """(S - 1,) everything that is predicted."""
        return self.ids[1:]


@tasks.register("next_word")
class NextWordTask(RowTask):
    """Predict each next word of separate sentences, and where each sentence ends."""

    Config: ClassVar[type[TaskConfig]] = NextWordConfig
    title = "next word, sentence by sentence"
    takes = "sentence_lines"
    needs = Needs("chain", "tokens", "softmax", causal=True)
    counted_baseline = True
    config: NextWordConfig
    content: SentenceLines

    def __init__(
        self,
        config: NextWordConfig,
        content: SentenceLines,
        context_length: int,
        vocabulary: SentenceVocabulary | None = None,
    ) -> None:
        self.vocabulary = vocabulary or SentenceVocabulary.of(content.train, config.vocab_size)
        texts: dict[Split, str] = {"train": content.train, "valid": content.valid, "test": content.test}
        self.splits = {split: encoded(text, self.vocabulary, split) for split, text in texts.items()}
        longest = max((int(s.lengths.max()) for s in self.splits.values() if len(s.lengths)), default=context_length)
        super().__init__(config, content, longest)
        words = Space("tokens", self.vocabulary.size)
        self.interface = Interface(words, words, "softmax", longest)
        self.labels = self.vocabulary.labels
        self.unit = bits_per("word", self._characters_per_token(), self._unknown_share())
        self.rule = f"each sentence by itself, words split at white space{self._unknown_in_words()}"

    @classmethod
    def from_saved(cls, config: TaskConfig, saved: Mapping[str, str], context_length: int) -> NextWordTask | None:
        """The task without its corpus: from the words a run has stored."""
        assert isinstance(config, NextWordConfig)
        if VOCABULARY_FILE not in saved:
            return None
        vocabulary = SentenceVocabulary.from_json(saved[VOCABULARY_FILE])
        nothing = SentenceLines("corpus not read", "", "", "", probe=" ".join(vocabulary.words[:8]))
        return cls(config, nothing, context_length, vocabulary)

    def saved_arrays(self) -> dict[str, str]:
        return {VOCABULARY_FILE: self.vocabulary.to_json()}

    def _characters_per_token(self) -> float:
        targets = self.splits["valid"].targets
        return float(self.vocabulary.lengths()[targets].mean()) if len(targets) else 1.0

    def _unknown_share(self) -> float:
        targets = self.splits["valid"].targets
        return float(np.mean(targets == self.vocabulary.unknown)) if len(targets) else 0.0

    def _unknown_in_words(self) -> str:
        """Unknown words are easy to foretell, so a loss in which they take part must say so."""
        share = self._unknown_share()
        return f", {share:.1%} of them <unk>" if share else ""

    # batches ---------------------------------------------------------------------------------------------------

    def rows(self, split: Split) -> int:
        return len(self.splits[split].starts)

    def batch_of(self, split: Split, rows: np.ndarray) -> Batch:
        sentences, end = self.splits[split], self.vocabulary.end
        lengths = sentences.lengths[rows]  # (batch,)
        places = np.arange(lengths.max())
        mask = places < lengths[:, None]  # (batch, t)
        at = np.where(mask, sentences.starts[rows][:, None] + places, 0)
        inputs = np.where(mask, sentences.ids[at], end)
        targets = np.where(mask, sentences.ids[at + 1], end)
        return Batch(
            {"tokens": Field(inputs, _AXES)},
            {"tokens": Field(targets, _AXES, mask)},
            tokens=int(lengths.sum()),
        )

    def test_batches(self, batch_size: int) -> Iterator[Batch]:
        return self._in_order("test", batch_size)

    @property
    def tokens_per_epoch(self) -> int:
        return int(self.splits["train"].lengths.sum())

    # what a person types ---------------------------------------------------------------------------------------

    def probe(self, text: str) -> tuple[Batch, str]:
        words = words_of(text)
        if not words:
            raise ValueError("probe: type at least one word")
        notice = self._replaced(words)
        if len(words) > PROBE_CAP:
            words, notice = words[:PROBE_CAP], f"cut to its first {PROBE_CAP} words"
        end = self.vocabulary.end
        ids = np.array([end, *self.vocabulary.encode(words)])
        mask = np.ones((1, len(ids)), dtype=bool)
        mask[0, -1] = False  # who types has perhaps not finished the sentence
        targets = Field(np.append(ids[1:], end)[None], _AXES, mask)
        ruler = Ruler((START, *(self.labels[i] for i in ids[1:])), "word")
        batch = Batch({"tokens": Field(ids[None], _AXES)}, {"tokens": targets}, tokens=len(ids))
        return replace(batch, rulers={"t": ruler}), notice

    def _replaced(self, words: list[str]) -> str:
        unseen = self.vocabulary.unseen(words)
        return f"not in the vocabulary and replaced by <unk>: {' '.join(unseen)}" if unseen else ""

    def encode_prompt(self, text: str) -> tuple[np.ndarray, str]:
        """The words of a sentence's beginning, behind its start."""
        words = words_of(text)
        return np.array([self.vocabulary.end, *self.vocabulary.encode(words)]), self._replaced(words)

    def prompt_as_read(self, ids: np.ndarray) -> str:
        return super().prompt_as_read(ids[1:]).lstrip()  # without the start of the sentence

    def decode_pieces(self, ids: list[int]) -> tuple[str, ...]:
        return tuple(map(self.vocabulary.text_of, ids))

    def baselines(self) -> tuple[Baseline, ...]:
        train, valid, size = self.splits["train"].targets, self.splits["valid"].targets, self.vocabulary.size
        lines = [Baseline("uniform", "guessing blindly", float(np.log(size)))]
        if len(train) and len(valid):
            counts = np.bincount(train, minlength=size) + 1.0
            nats = float(-np.log(counts / counts.sum())[valid].mean())
            lines.append(Baseline("unigram", "knowing how common each is", nats))
        return tuple(lines)


def encoded(text: str, vocabulary: SentenceVocabulary, split: Split) -> Sentences:
    """The sentences of a text.

    Raises
    ------
    ValueError
        a sentence too long to be read in one piece; the sentence names the line.
    """
    flat, lengths = [vocabulary.end], []
    for number, line in enumerate(text.split("\n"), 1):
        words = words_of(line)
        if len(words) >= LONGEST_SENTENCE:
            raise ValueError(
                f"corpus: line {number} of the {split} text has {len(words)} words; a sentence may have "
                f"{LONGEST_SENTENCE - 1} (one sentence a line)"
            )
        if words:
            flat += vocabulary.encode(words)
            flat.append(vocabulary.end)
            lengths.append(len(words) + 1)
    predictions = np.array(lengths, dtype=np.int64)
    return Sentences(np.array(flat, dtype=np.int64), np.cumsum(predictions) - predictions, predictions)
