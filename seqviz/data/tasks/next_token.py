"""Next token: after each token of a text, a distribution over the one that follows.

l_t is the loss of the output emitted after reading x_t; its target is x_{t+1}. The text "To be" gives inputs T,o,_,b,e
and targets o,_,b,e; the last position of a probe has no target.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from seqviz.core.batch import Batch, Field, Ruler
from seqviz.core.events import Baseline
from seqviz.core.interface import Interface, Needs, Space
from seqviz.core.units import bits_per
from seqviz.data.content import TextContent
from seqviz.data.streams import RandomWindows, TextStreams
from seqviz.data.tasks import Feeder, tasks
from seqviz.data.text_task import PROBE_CAP, TextTask, TextTaskConfig, told_of
from seqviz.data.tokenizers import Tokenizer

NextTokenConfig = TextTaskConfig


@tasks.register("next_token")
class NextTokenTask(TextTask):
    """Predict each next token of a running text."""

    title = "next token"
    needs = Needs("chain", "tokens", "softmax", causal=True, next_token=True)
    counted_baseline = True
    runs_on = True

    def __init__(
        self, config: TextTaskConfig, content: TextContent, context_length: int, tokenizer: Tokenizer | None = None
    ) -> None:
        super().__init__(config, content, context_length, tokenizer)
        size = self.tokenizer.vocab_size
        self.interface = Interface(Space("tokens", size), Space("tokens", size), "softmax", context_length)
        self.unit = bits_per(self.tokenizer.unit, self._characters_per_token(), self.unknown_share())
        self.rule = f"windows of {context_length} tokens, no context before a window{self.unknown_in_words()}"

    def _characters_per_token(self) -> float:
        """Over the validation tokens that are targets: all but the first."""
        targets = len(self.valid_ids) - 1
        characters = len(self.content.valid) - self.tokenizer.characters_in(self.valid_ids[:1])
        return characters / targets if targets > 0 else 1.0

    # batches ---------------------------------------------------------------------------------------------------

    def feeder(self, carry_state: bool) -> Feeder:
        make = TextStreams if carry_state else RandomWindows
        return make(self.train_ids, self.context_length)

    def evaluation_batches(self, batch_size: int) -> Iterator[Batch]:
        plain = in_order(self.valid_ids, self.context_length, batch_size)
        if not self.content.marked_spans:
            yield from plain
            return
        marks = in_order(self._uncut(self._span_numbers(), batch_size), self.context_length, batch_size)
        for batch, marked in zip(plain, marks, strict=True):
            yield replace(batch, targets={**batch.targets, "span": marked.targets["tokens"]})

    def _span_numbers(self) -> np.ndarray:
        """For each validation token the number of the marked span it lies in, counted from 1; 0 outside.

        A token that reaches into a span belongs to it: word and BPE tokens carry the space before them.
        """
        offsets = self.tokenizer.offsets(self.content.valid)  # (N + 1,) in characters
        numbers = np.zeros(len(self.valid_ids), dtype=np.int64)
        firsts, lasts = np.array(self.content.marked_spans).T
        begin = np.searchsorted(offsets[1:], firsts, side="right")  # the first token that ends behind the span's start
        end = np.searchsorted(offsets[:-1], lasts, side="left")  # the first one that starts behind its end
        for number, (one, other) in enumerate(zip(begin, end, strict=True), 1):
            numbers[one:other] = number
        return numbers

    def _uncut(self, numbers: np.ndarray, batch_size: int) -> np.ndarray:
        """The numbers without spans that reach over a batch's end: each half would be judged as a word of its own."""
        targets = np.arange(len(numbers)) - 1  # the first token is nobody's target
        whole = (len(numbers) - 1) // self.context_length * self.context_length
        batch = np.where(targets < whole, targets // (self.context_length * batch_size), len(numbers))
        first = np.full(numbers.max() + 1, len(numbers))
        last = np.full(numbers.max() + 1, -1)
        np.minimum.at(first, numbers, batch)
        np.maximum.at(last, numbers, batch)
        return np.where((first == last)[numbers], numbers, 0)

    def reading_batches(self, batch_size: int) -> Iterator[Batch]:
        return in_order(self.train_ids, self.context_length, batch_size)

    def probe(self, text: str) -> tuple[Batch, str]:
        if not text:
            raise ValueError("probe: type at least two characters")
        ids, unseen = self.tokenizer.encode_lossy(text)
        notice = told_of(unseen)
        if len(ids) > PROBE_CAP:
            ids, notice = ids[:PROBE_CAP], f"cut to its first {PROBE_CAP} tokens"
        if len(ids) < 2:
            raise ValueError("probe: needs at least two tokens, one to read and one to predict")
        batch = _windows(ids[None], np.append(ids[1:], 0)[None], fresh=True)
        mask = np.ones((1, len(ids)), dtype=bool)
        mask[0, -1] = False
        target = Field(batch.targets["tokens"].values, ("batch", "t"), mask)
        labels = tuple(self.labels[i] for i in ids)
        ruler = Ruler(labels, self.tokenizer.unit)
        return Batch(batch.inputs, {"tokens": target}, {"t": ruler}, tokens=len(ids)), notice

    def encode_prompt(self, text: str) -> tuple[np.ndarray, str]:
        ids, unseen = self.tokenizer.encode_lossy(text)
        return ids, told_of(unseen)

    # figures ---------------------------------------------------------------------------------------------------

    def metrics(self, output: Any, batch: Batch) -> Mapping[str, tuple[float, float]]:
        """Share of marked words of which every token was the likeliest one."""
        told = super().metrics(output, batch)
        spans = batch.targets.get("span")
        if spans is None:
            return told
        right = output.predictive.log_probs().argmax(-1) == batch.targets["tokens"].values  # (batch, t)
        inside = spans.values > 0
        numbers, which = torch.unique(spans.values[inside], return_inverse=True)
        wrong = torch.zeros(len(numbers), device=right.device).index_add_(0, which, (~right[inside]).float())
        return {**told, f"{self.content.marked_name}_accuracy": (float((wrong == 0).sum()), float(len(numbers)))}

    def baselines(self) -> tuple[Baseline, ...]:
        size = self.tokenizer.vocab_size
        lines = [Baseline("uniform", "guessing blindly", float(np.log(size)))]
        if len(self.train_ids) and len(self.valid_ids):
            counts = np.bincount(self.train_ids, minlength=size) + 1.0
            share = counts / counts.sum()
            lines.append(
                Baseline("unigram", "knowing how common each is", float(-np.log(share[self.valid_ids]).mean()))
            )
        return tuple(lines)


def _windows(inputs: np.ndarray, targets: np.ndarray, fresh: bool) -> Batch:
    """(batch, t) ids in, the ids one later out."""
    return Batch(
        {"tokens": Field(inputs, ("batch", "t"))},
        {"tokens": Field(targets, ("batch", "t"))},
        tokens=inputs.size,
        fresh=fresh,
    )


def in_order(ids: np.ndarray, length: int, batch_size: int) -> Iterator[Batch]:
    """The text as non-overlapping windows, every token but the first a target once; a shorter rest comes last."""
    if len(ids) < 2:
        return
    count = (len(ids) - 1) // length
    whole = count * length
    inputs = ids[:whole].reshape(count, length)
    targets = ids[1 : whole + 1].reshape(count, length)
    for start in range(0, count, batch_size):
        rows = slice(start, start + batch_size)
        yield replace(_windows(inputs[rows], targets[rows], fresh=start == 0), in_order=True)
    if len(ids) - 1 > whole:
        yield replace(_windows(ids[None, whole:-1], ids[None, whole + 1 :], fresh=count == 0), in_order=True)
