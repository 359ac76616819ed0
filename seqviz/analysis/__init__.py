"""Pure functions over a traced probe. One analysis a file; each says what it provides, needs and costs."""

from __future__ import annotations

import abc
import fnmatch
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, ClassVar, Literal

import torch

from seqviz.core.batch import Batch
from seqviz.core.registry import Registry
from seqviz.models.base import Model
from seqviz.models.trace import Trace, TracedArray

Cost = Literal["frame", "budget", "request"]  # every frame | within the watch budget | only when asked for


class Subject:
    """One model looked at through one batch; traces are made when first asked for, and shared."""

    def __init__(self, model: Model, batch: Batch) -> None:
        self.model = model
        self.batch = batch
        self.shared: dict[str, Any] = {}  # what one analysis computed and another may read

    @cached_property
    def trace(self) -> Trace:
        """Light: no graph, as fast as the model can."""
        with torch.no_grad():
            return self.model.quick_trace(self.batch)

    @cached_property
    def graph(self) -> Trace:
        """Longhand with graph: sites and losses are differentiable."""
        with torch.enable_grad():
            return self.model.trace(self.batch, keep_graph=True)


class Analysis(abc.ABC):
    """`provides`: wildcards of the names it can give, e.g. "gradient.itemised.*". Batch axis 0 is kept."""

    provides: ClassVar[tuple[str, ...]]
    cost: ClassVar[Cost] = "frame"
    source_matters: ClassVar[bool] = False  # obeys the source switch (probe, batch, windows), not always the probe
    over_windows: ClassVar[bool] = False  # always the mean over validation windows, computed one window at a time

    @abc.abstractmethod
    def serves(self, model: Model) -> bool:
        """Whether it can look at this kind of model."""

    def asked(self, batch: Batch) -> bool:
        """Whether what this batch asks of a model is what it looks at."""
        return True

    def names(self, model: Model) -> tuple[str, ...]:
        """The names it gives for this model, wildcards allowed; narrower than `provides` where known."""
        return self.provides if self.serves(model) else ()

    @abc.abstractmethod
    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        """Every provided array that matches one of the wildcards `wants`."""

    def slices(self, subject: Subject, wants: frozenset[str]) -> Iterator[dict[str, TracedArray] | None]:
        """`compute` in bounded pieces, of the same weights: None while it goes on, then arrays.

        Whoever has pieces lets `compute` be `joined` of them. No grad mode may be held over a yield.
        """
        yield self.compute(subject, wants)

    def joined(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        """All pieces together."""
        found: dict[str, TracedArray] = {}
        for piece in self.slices(subject, wants):
            found |= piece or {}
        return found

    def finish(self, means: dict[str, TracedArray]) -> dict[str, TracedArray]:
        """What is shown of the means over windows; figures that are no means themselves are derived here."""
        return means


analyses: Registry[type[Analysis]] = Registry("analysis", "seqviz.analysis")


def matches(name: str, wants: Iterable[str]) -> bool:
    """Whether a name (or wildcard) and any of the wanted wildcards can mean the same array."""
    return any(fnmatch.fnmatchcase(name, want) or fnmatch.fnmatchcase(want, name) for want in wants)
