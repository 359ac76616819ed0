"""What is predicted, one task a file: how content becomes batches, what the loss counts, and in what unit."""

from __future__ import annotations

import abc
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np
from torch import Tensor

from seqviz.core.batch import Batch
from seqviz.core.events import Baseline
from seqviz.core.interface import Interface, Needs
from seqviz.core.knobs import Knobs
from seqviz.core.registry import Registry
from seqviz.core.units import Unit
from seqviz.data.content import Content


class TaskConfig(Knobs):
    """Base of every task's knobs."""


class Feeder(abc.ABC):
    """An endless stream of training batches; it owns where it stands, never the random numbers."""

    @abc.abstractmethod
    def next(self, batch_size: int, rng: np.random.Generator) -> Batch:
        """The next training batch, numpy."""

    def place(self) -> Any:
        """Where it stands, for `go_back`."""
        return dict(vars(self))  # shallow: what grows or is written to in place would need more

    def go_back(self, place: Any) -> None:
        """Stand there again: the batches after it come once more."""
        vars(self).update(place)

    def check(self, batch_size: int) -> None:
        """Raises ValueError, one line, where batches of this size cannot be made."""


class Task(abc.ABC):
    """`takes` names the Content it reads; `needs` what it asks of an architecture.

    After `__init__` these are set: interface, unit, labels (of output symbols; () for numbers), content.
    """

    Config: ClassVar[type[TaskConfig]] = TaskConfig
    title: ClassVar[str]
    takes: ClassVar[str]
    needs: ClassVar[Needs]
    counted_baseline: ClassVar[bool] = False  # an n-gram of the same data is a line worth beating
    runs_on: ClassVar[bool] = False  # the validation text is one, which a counting model reads through without a break

    interface: Interface
    unit: Unit
    labels: tuple[str, ...] = ()
    rule: str = ""  # how much context each validation token sees

    def __init__(self, config: TaskConfig, content: Content, context_length: int) -> None:
        self.config = config
        self.content = content
        self.context_length = context_length

    @classmethod
    def from_saved(cls, config: Any, saved: Mapping[str, str], context_length: int) -> Task | None:
        """The task without its corpus, from the files a run has stored; None where that cannot be."""
        return None

    @abc.abstractmethod
    def feeder(self, carry_state: bool) -> Feeder:
        """Training batches: random windows, or contiguous streams whose state is carried."""

    @abc.abstractmethod
    def evaluation_batches(self, batch_size: int) -> Iterator[Batch]:
        """The whole validation split, every token scored once, in order."""

    def test_batches(self, batch_size: int) -> Iterator[Batch]:
        """The test split where the corpus has one: judged once, after training."""
        return iter(())

    def reading_batches(self, batch_size: int) -> Iterator[Batch]:
        """The training split once, in order, for counting models."""
        raise ValueError(f"{self.title} cannot be learned by counting")

    @abc.abstractmethod
    def probe(self, text: str) -> tuple[Batch, str]:
        """A batch of one from what the user typed, with rulers, and a notice ("" when nothing was replaced).

        Raises
        ------
        ValueError
            one line: what is wrong with the text.
        """

    def objective(self, output: Any, batch: Batch) -> tuple[Tensor, Tensor]:
        """(sum of the loss over all targets in nats, number of targets). The mean of it is what is minimised."""
        target = next(iter(batch.targets.values()))
        losses = -output.predictive.log_prob(target.values)  # (batch, out_pos)
        if target.mask is None:
            return losses.sum(), losses.new_tensor(float(losses.numel()))
        return losses[target.mask].sum(), target.mask.sum().to(losses.dtype)

    def metrics(self, output: Any, batch: Batch) -> Mapping[str, tuple[float, float]]:
        """Further figures as name: (sum, count), added up over a split: what the output tells of itself."""
        tells = getattr(output.predictive, "figures", None)
        if tells is None:
            return {}
        target = next(iter(batch.targets.values()))
        found: Mapping[str, tuple[float, float]] = tells(target.values, target.mask)
        return found

    def figures(self, means: Mapping[str, float]) -> Mapping[str, float]:
        """What is shown of the means of `metrics` over the whole split: the place for a square root."""
        return means

    def corpus_summary(self) -> str:
        """One line for the rail: how much there is to learn from."""
        return self.content.summary

    def notices(self) -> tuple[str, ...]:
        """What the user should know before the run, one sentence each."""
        return ()

    def baselines(self) -> tuple[Baseline, ...]:
        """Lines to beat that need only counting."""
        return ()

    def labels_of(self, field: str) -> tuple[str, ...]:
        """What each symbol of an input field is called; () where its values are numbers."""
        return self.labels if self.interface.inputs.kind == "tokens" else ()

    # text generation -------------------------------------------------------------------------------------------

    def encode_prompt(self, text: str) -> tuple[np.ndarray, str] | None:
        """(ids, notice), or None where the task does not write text."""
        return None

    def prompt_as_read(self, ids: np.ndarray) -> str:
        """What `encode_prompt` made of a prompt, as text: what was replaced shows."""
        return "".join(self.decode_pieces(ids.tolist()))

    def decode_pieces(self, ids: list[int]) -> tuple[str, ...]:
        """Each id as the text it stands for."""
        return tuple(self.labels[i] for i in ids)

    @property
    def tokens_per_epoch(self) -> int:
        """Positions read in one pass over the training split: the sum of Batch.tokens."""
        return 0

    def steps_per_epoch(self, batch_size: int) -> float:
        """Training batches that make one pass over the training split."""
        return self.tokens_per_epoch / (batch_size * self.context_length)

    def saved_arrays(self) -> dict[str, str]:
        """Text that must be stored with a run to read it again (the tokenizer as JSON), by file name."""
        return {}


tasks: Registry[type[Task]] = Registry("task", "seqviz.data.tasks")
