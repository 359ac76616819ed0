"""Remedies: what one may change in a run to mend its gradient, each in a file of its own.

A remedy reads a run's config, offers itself as a switch where the run could have it, and gives the config that a
twin with it would be trained by. It asks what the architecture offers, never what it is called.
"""

from __future__ import annotations

import abc
from typing import Any, ClassVar

from seqviz.core.config import RunConfig
from seqviz.core.knobs import KnobDescription, describe_knobs
from seqviz.core.lab_events import RemedySwitch
from seqviz.core.registry import Registry
from seqviz.models.base import Model, architectures
from seqviz.training.builder import section_knobs

remedies: Registry[type[Remedy]] = Registry("remedy", "seqviz.training.remedies")


class Remedy(abc.ABC):
    """`title` as in "forget bias 1 → 3"; `from_start`: original and twin must both begin with new weights."""

    name: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    from_start: ClassVar[bool] = False
    order: ClassVar[int] = 100
    thorough: ClassVar[int] = 0  # 1: it may change the architecture, so that it comes before all that set knobs

    @abc.abstractmethod
    def offered(self, config: RunConfig) -> RemedySwitch | None:
        """The switch for a run of this config (all knobs spelled out), or None where it cannot have the remedy."""

    @abc.abstractmethod
    def applied(self, config: RunConfig, value: Any) -> RunConfig:
        """The config with the remedy at this value.

        Raises
        ------
        ValueError
            one line: the value is none that the knob allows.
        """

    def notes(self, config: RunConfig, value: Any) -> tuple[str, ...]:
        """What a comparison of a run of this config with its twin cannot keep equal, a sentence each."""
        return ()

    def toggle(self, value: bool) -> RemedySwitch:
        """A switch that is on or off."""
        return RemedySwitch(
            self.name, self.title, "toggle", value, self.help, from_start=self.from_start, order=self.order
        )

    def choice(self, value: str, options: tuple[str, ...]) -> RemedySwitch:
        """A switch with several positions."""
        return RemedySwitch(
            self.name, self.title, "choice", value, self.help, options, from_start=self.from_start, order=self.order
        )


class KnobRemedy(Remedy):
    """A remedy that is one knob of the config; offered where the run has that knob.

    `low` and `high` say what a slider spans, where that is less than what the knob allows.
    """

    key: ClassVar[str]
    low: ClassVar[float | None] = None
    high: ClassVar[float | None] = None

    def offered(self, config: RunConfig) -> RemedySwitch | None:
        knob = knob_of(config, self.key)
        if knob is None or model_class(config).learns_by != "gradient":
            return None
        value = config.value(self.key)
        if knob.kind == "bool":
            return self.toggle(value)
        if knob.kind == "choice":
            return self.choice(value, knob.choices)
        low, high = knob.low if self.low is None else self.low, knob.high if self.high is None else self.high
        assert low is not None, f"{self.key} has no lower bound"
        assert high is not None, f"{self.key} has no upper bound"
        return RemedySwitch(
            self.name, self.title, "number", value, self.help, low=min(low, value), high=max(high, value),
            log=knob.log, unit=knob.unit, from_start=self.from_start, order=self.order,
        )  # fmt: skip

    def applied(self, config: RunConfig, value: Any) -> RunConfig:
        return config.replaced({self.key: value})


def register(name: str) -> Any:
    """Offer a remedy under `name`, which it learns."""

    def decorate(cls: type[Remedy]) -> type[Remedy]:
        cls.name = name
        remedies.add(name, cls)
        return cls

    return decorate


def switches(config: RunConfig) -> tuple[RemedySwitch, ...]:
    """All switches that a run of this config has, in the order to show them."""
    offered = (remedy().offered(config) for _, remedy in remedies.items())
    return tuple(sorted((switch for switch in offered if switch is not None), key=lambda s: (s.order, s.name)))


def model_class(config: RunConfig) -> type[Model]:
    return architectures.get(config.model.name)


def knob_of(config: RunConfig, key: str) -> KnobDescription | None:
    """The knob at a dotted key, where a run of this config has it."""
    knobs = (*section_knobs(), *describe_knobs(model_class(config).Config, "model"))
    return next((knob for knob in knobs if knob.key == key), None)
