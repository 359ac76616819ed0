"""What tasks over running text share: the tokenizer, the ids of both splits, and how a loss is told per character."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

import numpy as np

from seqviz.core.knobs import knob
from seqviz.data.content import TextContent
from seqviz.data.tasks import Task, TaskConfig
from seqviz.data.tokenizers import Tokenizer, tokenizer_from_json, train_tokenizer

TOKENIZER_FILE = "tokenizer.json"
PROBE_CAP = 128  # tokens


class TextTaskConfig(TaskConfig):
    tokens: Literal["char", "word", "bpe"] = knob("char", label="tokens",
                                                  help="What the text is cut into.")  # fmt: skip
    vocab_size: int = knob(2000, low=256, high=100_000, log=True, label="vocabulary", unit="tokens", advanced=True,
                           help="Most tokens kept (words and BPE; characters are always all kept).")  # fmt: skip


class TextTask(Task):
    """After `__init__`: tokenizer, labels, train_ids (N,), valid_ids (M,). Subclasses set interface, unit and rule."""

    Config: ClassVar[type[TaskConfig]] = TextTaskConfig
    takes = "text"
    config: TextTaskConfig
    content: TextContent

    def __init__(
        self, config: TextTaskConfig, content: TextContent, context_length: int, tokenizer: Tokenizer | None = None
    ) -> None:
        super().__init__(config, content, context_length)
        self.tokenizer = tokenizer or train_tokenizer(config.tokens, content.train + content.valid, config.vocab_size)
        if self.tokenizer.vocab_size < 2:
            raise ValueError("task.tokens: a vocabulary of one token leaves nothing to predict")
        self.train_ids = self.tokenizer.encode_lossy(content.train)[0]  # (N,)
        self.valid_ids = self.tokenizer.encode_lossy(content.valid)[0]
        if content.train and len(self.train_ids) < context_length + 1:
            raise ValueError(
                f"training.context_length: {context_length} is longer than the corpus ({len(self.train_ids)} tokens "
                "to train on)"
            )
        self.labels = self.tokenizer.labels

    @classmethod
    def from_saved(cls, config: TaskConfig, saved: Mapping[str, str], context_length: int) -> Self | None:
        """The task without its corpus, enough to trace and to sample: from the tokenizer a run has stored."""
        assert isinstance(config, TextTaskConfig)
        if TOKENIZER_FILE not in saved:
            return None
        tokenizer = tokenizer_from_json(saved[TOKENIZER_FILE])
        known = "".join(label for label in tokenizer.labels if label.strip().isalnum())[:24]
        nothing = TextContent("corpus not read", "", "", "", probe=known)  # something to look through all the same
        return cls(config, nothing, context_length, tokenizer)

    def saved_arrays(self) -> dict[str, str]:
        return {TOKENIZER_FILE: self.tokenizer.to_json()}

    def corpus_summary(self) -> str:
        """Words are counted too where words are told."""
        count = len(self.train_ids) + len(self.valid_ids)
        if not len(self.train_ids) or self.tokenizer.unit == "character":
            return self.content.summary
        rounded = f"{count / 1e3:.0f} k" if count >= 10_000 else str(count)
        return f"{self.content.summary}; {rounded} {self.tokenizer.unit}s, {self.tokenizer.vocab_size} different"

    def unknown_share(self) -> float:
        """Of the validation tokens, how many stand for a word, or a character, that the vocabulary lacks."""
        return float(np.mean(self.valid_ids == self.tokenizer.unknown_id)) if len(self.valid_ids) else 0.0

    def unknown_in_words(self) -> str:
        """Unknown words are easy to foretell, so a loss in which they take part must say so."""
        share = self.unknown_share()
        return f", {share:.1%} of the tokens unknown words" if share else ""

    def decode_pieces(self, ids: list[int]) -> tuple[str, ...]:
        return tuple(self.tokenizer.decode([i]) for i in ids)

    @property
    def tokens_per_epoch(self) -> int:
        return max(len(self.train_ids) - 1, 0)


def told_of(unseen: tuple[str, ...]) -> str:
    """The notice of what a typed text holds that the vocabulary does not; "" where there is nothing."""
    return f"not in the vocabulary and replaced: {' '.join(sorted(set(unseen)))}" if unseen else ""
