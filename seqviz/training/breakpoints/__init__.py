"""Conditions that a run is stopped by, one a file: what is measured in the step under way, and when that is too much.

The run halts before the step is applied and stands at the step before it: see training/halting.py.
"""

from __future__ import annotations

import abc
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from seqviz.analysis import Subject, matches
from seqviz.core.breakpoints import BreakpointDescription
from seqviz.core.lab_commands import BreakpointSetting
from seqviz.core.registry import Registry
from seqviz.models.base import Model
from seqviz.training.divergence import Diverged, Place
from seqviz.training.learner import Going, GradientLearner

Seam = Literal["before_clip", "before_update", "after_update"]


@dataclass(frozen=True)
class Measured:
    """What a condition measured: `value` nan where nothing could be. `place` is where it is worst."""

    value: float
    place: Place = field(default_factory=lambda: Place(""))
    words: str = ""  # more about it, for the sentence


class Halted(Exception):
    """Raised in the step that met a condition. The optimiser has done nothing that was not taken back."""

    def __init__(self, name: str, measured: Measured) -> None:
        super().__init__(name)
        self.name, self.measured = name, measured


class Breakpoint(abc.ABC):
    """One armed condition of one run. Subclasses in a file of this package register themselves.

    Class attributes are those of BreakpointDescription; `seam`: when in the step it is asked; `looks`: it needs a trace
    of the batch, so it is asked as often as the watch budget allows; `panel`: the view that shows best what it found.
    """

    title: ClassVar[str]
    quantity: ClassVar[str]
    unit: ClassVar[str] = ""
    limit: ClassVar[float] = 0.0
    below: ClassVar[bool] = False
    help: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    distance: ClassVar[int] = 0
    order: ClassVar[int] = 100
    has_limit: ClassVar[bool] = True
    seam: ClassVar[Seam] = "before_clip"
    looks: ClassVar[bool] = False
    panel: ClassVar[str] = ""

    def __init__(self, setting: BreakpointSetting) -> None:
        self.setting = setting

    @classmethod
    def serves(cls, model: Model) -> bool:
        """Whether it can be asked of such a model."""
        served = not cls.needs or any(matches(need, model.provides) for need in cls.needs)
        return model.learns_by == "gradient" and served

    def measure(self, learner: GradientLearner, step: Going) -> Measured:
        """Ask the step under way, at `seam`; for conditions that do not look."""
        raise NotImplementedError

    def look(self, subject: Subject) -> Measured:
        """Ask a trace of the batch's first rows; for conditions that look."""
        raise NotImplementedError

    def where(self, learner: GradientLearner, step: Going, measured: Measured) -> Place:
        """Where in the batch it was worst: asked once, when the condition was met."""
        return measured.place

    def of_divergence(self, learner: GradientLearner, error: Diverged) -> Measured | None:
        """What it says of a step that gave no number; None: nothing."""
        return None

    def prepare(self, learner: GradientLearner) -> None:
        """The optimiser is about to act."""

    def take_back(self, learner: GradientLearner) -> None:
        """What the optimiser did since `prepare` is undone, to the bit."""

    def applied(self, step: Going) -> None:
        """The step has been made."""

    def remember(self, before: Breakpoint) -> None:
        """Take over what the same condition has gathered with another limit."""

    def met(self, value: float) -> bool:
        """Whether a value is beyond the limit; nan never is."""
        return value < self.setting.limit if self.below else value > self.setting.limit


breakpoints: Registry[type[Breakpoint]] = Registry("breakpoint", "seqviz.training.breakpoints")


def make_breakpoint(setting: BreakpointSetting) -> Breakpoint:
    """The condition of a setting.

    Raises
    ------
    ValueError
        one line: no such condition, or a limit or a distance that cannot be.
    """
    kind = breakpoints.get(setting.name)
    if kind.has_limit and not math.isfinite(setting.limit):
        raise ValueError(f"{kind.title}: the limit must be a number")
    if kind.distance and setting.distance < 1:
        raise ValueError(f"{kind.title}: the distance must be 1 position or more")
    return kind(setting)


def describe_breakpoints() -> tuple[BreakpointDescription, ...]:
    """All conditions as plain data, in their order."""
    told = (
        BreakpointDescription(
            name, kind.title, kind.quantity, kind.unit, kind.limit, kind.below, kind.help, kind.needs, kind.distance,
            kind.order, kind.has_limit, not kind.looks,
        )
        for name, kind in breakpoints.items()
    )  # fmt: skip
    return tuple(sorted(told, key=lambda one: (one.order, one.name)))


def parse_setting(text: str) -> BreakpointSetting:
    """NAME, NAME=LIMIT or NAME@DISTANCE=LIMIT, as on the command line.

    Raises
    ------
    ValueError
        one line that names what is wrong.
    """
    left, _, limit = text.partition("=")
    name, _, distance = left.partition("@")
    kind = breakpoints.get(name.strip())
    try:
        wanted = float(limit) if limit.strip() else kind.limit
        far = int(distance) if distance.strip() else kind.distance
    except ValueError:
        raise ValueError(f"{text}: write NAME=LIMIT or NAME@DISTANCE=LIMIT, with numbers") from None
    setting = BreakpointSetting(name.strip(), wanted, far)
    make_breakpoint(setting)
    return setting


def largest(values: Mapping[str, float], lowest: bool = False) -> tuple[str, float]:
    """(name, value) of the largest (lowest) one; ("", nan) where there is none."""
    known = {name: value for name, value in values.items() if not math.isnan(value)}
    if not known:
        return "", math.nan
    name = min(known, key=known.__getitem__) if lowest else max(known, key=known.__getitem__)
    return name, known[name]
