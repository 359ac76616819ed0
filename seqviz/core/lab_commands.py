"""What the window may ask of the gradient laboratory's half of the trainer's thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seqviz.core.commands import Command, RaceCommand


class LabCommand(Command):
    """Base of what is asked of the laboratory."""


@dataclass(frozen=True)
class Ask(LabCommand):
    """Compute what is too dear to be watched (analyses of cost "request"), once; answered by Frames.

    Training waits meanwhile. Nothing wanted: what was asked before is given up.
    """

    wants: frozenset[str]


@dataclass(frozen=True)
class BreakpointSetting:
    """One armed condition: see BreakpointDescription."""

    name: str
    limit: float
    distance: int = 0


@dataclass(frozen=True)
class SetBreakpoints(LabCommand):
    """Stop at these from now on, and at no others."""

    settings: tuple[BreakpointSetting, ...] = ()


@dataclass(frozen=True)
class MakeTwin(LabCommand):
    """Put a twin with these remedies (by name) beside the run, both paused at the same step; see TwinMade."""

    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DriveTwin(LabCommand):
    """What is asked of the pair, in the words of a race (PlayRace, PauseRace, StepRace, WatchRace, LeaveRace ...)."""

    command: RaceCommand


@dataclass(frozen=True)
class LoadPlugin(LabCommand):
    """Run a user's Python file; what it registers joins the lists (a new Ready follows), errors become a Notice."""

    path: Path
