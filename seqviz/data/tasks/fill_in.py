"""Fill in: some tokens of a running text are hidden, and the model says what they were (Devlin et al., "BERT", 2018).

text      T h e   c a t   s a t
read      T h _   c a t   s _ t          about 15 % are hidden; the mark is a symbol of the input alphabet alone
target        e             a            the loss counts hidden tokens only

l_t is the loss of the token at t itself. What is hidden is drawn anew for every training batch, from the run's own
random numbers; for validation it is fixed, so that figures can be compared.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from seqviz.core.batch import Batch, Field, Ruler
from seqviz.core.events import Baseline
from seqviz.core.interface import Interface, Needs, Space
from seqviz.core.knobs import knob
from seqviz.core.units import Unit
from seqviz.data.content import TextContent
from seqviz.data.hiding import HiddenAs, Ids, Places, backed_off, draw_hidden, shown, typed_puzzle
from seqviz.data.tasks import Feeder, TaskConfig, tasks
from seqviz.data.text_task import PROBE_CAP, TextTask, TextTaskConfig, told_of
from seqviz.data.tokenizers import Tokenizer

FIXED_SEED = 15  # of what is hidden in validation and in the probe
COUNTED = 200_000  # tokens of the training text that baselines are counted on
_AXES = ("batch", "t")


class FillInConfig(TextTaskConfig):
    hidden_share: float = knob(0.15, low=0.01, high=0.9, label="hidden",
                               help="Share of the tokens that is hidden from the model.")  # fmt: skip
    hidden_as: HiddenAs = knob(
        "mark", label="hidden as", advanced=True,
        help="mark: a hidden token is always replaced by the mark. bert: 80 % become the mark, 10 % another token, "
        "10 % stay, so that the model must doubt whatever it reads. Validation always uses the mark.",
    )  # fmt: skip


@tasks.register("fill_in")
class FillInTask(TextTask):
    """Say what stood where tokens of a running text are hidden."""

    Config: ClassVar[type[TaskConfig]] = FillInConfig
    title = "fill-in"
    needs = Needs("chain", "tokens", "softmax", causal=False)
    config: FillInConfig

    def __init__(
        self, config: FillInConfig, content: TextContent, context_length: int, tokenizer: Tokenizer | None = None
    ) -> None:
        super().__init__(config, content, context_length, tokenizer)
        self.mark = self.tokenizer.vocab_size  # the one input symbol that no output is
        self.interface = Interface(
            Space("tokens", self.mark + 1), Space("tokens", self.mark), "softmax", context_length
        )
        read = content.train + content.valid
        self.blank = next(mark for mark in ("_", "▢", "\ue000") if mark not in read)
        self.braces = "{" not in read
        rng = np.random.default_rng(FIXED_SEED)
        self.valid_hidden = draw_hidden((max(len(self.valid_ids), 1),), config.hidden_share, rng)[: len(self.valid_ids)]
        self.unit = Unit("bits/hidden", 1.0 / (math.log(2) * self._characters()), self.tokenizer.unit)
        self.rule = (
            f"windows of {context_length} tokens, {config.hidden_share:.0%} of them hidden, the same ones always"
            f"{self.unknown_in_words()}"
        )

    def _characters(self) -> float:
        """Per hidden token of the validation split."""
        hidden = self.valid_ids[self.valid_hidden]
        return self.tokenizer.characters_in(hidden) / len(hidden) if len(hidden) else 1.0

    # batches ---------------------------------------------------------------------------------------------------

    def feeder(self, carry_state: bool) -> Feeder:
        if carry_state:
            raise ValueError("training.carry_state: what is hidden is drawn by the window, so nothing is carried on")
        return HiddenWindows(self)

    def evaluation_batches(self, batch_size: int) -> Iterator[Batch]:
        length, ids, hidden = self.context_length, self.valid_ids, self.valid_hidden
        whole = len(ids) // length * length
        rows, places = ids[:whole].reshape(-1, length), hidden[:whole].reshape(-1, length)
        for start in range(0, len(rows), batch_size):
            some = slice(start, start + batch_size)
            yield self.marked(rows[some], places[some])
        if hidden[whole:].any():
            yield self.marked(ids[None, whole:], hidden[None, whole:])

    def marked(self, ids: Ids, hidden: Places) -> Batch:
        """(batch, t) ids with every hidden one marked, whatever the knob says."""
        return fill_in_batch(np.where(hidden, self.mark, ids), ids, hidden)

    def labels_of(self, field: str) -> tuple[str, ...]:
        return (*self.labels, self.blank)

    def probe(self, text: str) -> tuple[Batch, str]:
        if not text:
            raise ValueError("probe: type at least two characters")
        puzzle = typed_puzzle(text, self.tokenizer, self.blank, self.braces)
        ids, hidden, known = puzzle.ids[:PROBE_CAP], puzzle.hidden[:PROBE_CAP], puzzle.known[:PROBE_CAP]
        if len(ids) < 2:
            raise ValueError("probe: needs at least two tokens, one to hide and one to read")
        notices = [told_of(puzzle.unseen)] if puzzle.unseen else []
        if len(puzzle.ids) > PROBE_CAP:
            notices.append(f"cut to its first {PROBE_CAP} tokens")
        if not hidden.any():
            hidden = self.hidden_by_chance(len(ids))
            notices.append(self._how_to_hide(int(hidden.sum()), len(ids)))
        batch = fill_in_batch(np.where(hidden, self.mark, ids)[None], ids[None], (hidden & known)[None])
        labels = tuple(self.labels[i] if told else self.blank for i, told in zip(ids, known, strict=True))
        ruler = Ruler(labels, self.tokenizer.unit, tuple(np.flatnonzero(hidden).tolist()), typed=text)
        return Batch(batch.inputs, batch.targets, {"t": ruler}, tokens=len(ids)), "; ".join(notices)

    def hidden_by_chance(self, length: int) -> Places:
        """Places of a probe that hides none by itself: always the same, and they stay when the text grows."""
        draws = np.random.default_rng(FIXED_SEED).random(PROBE_CAP)[:length]
        return draws <= max(self.config.hidden_share, float(draws.min()))

    def _how_to_hide(self, hidden: int, length: int) -> str:
        braces = "put {braces} round what should be hidden, or " if self.braces else ""
        unit = self.tokenizer.unit
        return f"{hidden} of {length} {unit}s hidden; {braces}type {self.blank} for a {unit} that nobody knows"

    # figures ---------------------------------------------------------------------------------------------------

    def metrics(self, output: Any, batch: Batch) -> Mapping[str, tuple[float, float]]:
        """Share of hidden tokens whose likeliest guess is right."""
        target = batch.targets["fill_in"]
        assert target.mask is not None
        right = (output.predictive.log_probs().argmax(-1) == target.values)[target.mask]
        return {"accuracy": (float(right.sum()), float(right.numel()))}

    def baselines(self) -> tuple[Baseline, ...]:
        """Blind guessing, frequencies, what the two tokens before tell, and what both neighbours tell."""
        lines = [Baseline("uniform", "guessing blindly", math.log(self.mark))]
        at = np.flatnonzero(self.valid_hidden)
        at = at[(at >= 2) & (at < len(self.valid_ids) - 1)]
        if len(self.train_ids) < 3 or not len(at):
            return tuple(lines)
        unit = self.tokenizer.unit
        plain = {
            "unigram": "knowing how common each is",
            "left to right": f"the two {unit}s before it",
            "neighbours": f"the {unit}s on both sides",
        }
        for name, shares in self._counted(at).items():
            lines.append(Baseline(name, plain[name], float(-np.log(shares).mean())))
        return tuple(lines)

    def _counted(self, at: Ids) -> dict[str, np.ndarray]:
        """Probability of the true token at each place of the validation text, by what was counted in training."""
        size, train, valid = self.mark, self.train_ids[:COUNTED], self.valid_ids
        truth = valid[at]
        counts = np.bincount(self.train_ids, minlength=size) + 1.0
        unigram = (counts / counts.sum())[truth]
        before = backed_off((train[:-1], train[1:]), (valid[at - 1], truth), unigram, size)
        pair = train[:-2] * size + train[1:-1]
        left = backed_off((pair, train[2:]), (valid[at - 2] * size + valid[at - 1], truth), before, size)
        sides = train[:-2] * size + train[2:]
        both = backed_off((sides, train[1:-1]), (valid[at - 1] * size + valid[at + 1], truth), before, size)
        return {"unigram": unigram, "left to right": left, "neighbours": both}


class HiddenWindows(Feeder):
    """Each window starts anywhere; what is hidden in it is drawn anew."""

    def __init__(self, task: FillInTask) -> None:
        self.task = task
        self._offsets = np.arange(task.context_length)

    def next(self, batch_size: int, rng: np.random.Generator) -> Batch:
        task = self.task
        starts = rng.integers(0, len(task.train_ids) - task.context_length + 1, size=batch_size)  # (batch,)
        ids = task.train_ids[starts[:, None] + self._offsets]  # (batch, t)
        hidden = draw_hidden(ids.shape, task.config.hidden_share, rng)
        return fill_in_batch(shown(ids, hidden, task.mark, task.config.hidden_as, rng), ids, hidden)


def fill_in_batch(read: Ids, ids: Ids, asked: Places) -> Batch:
    """(batch, t) each: what is read, what stands there in truth, and where that is asked."""
    return Batch(
        {"tokens": Field(read.astype(np.int64), _AXES)},
        {"fill_in": Field(ids.astype(np.int64), _AXES, asked)},
        tokens=ids.size,
    )
