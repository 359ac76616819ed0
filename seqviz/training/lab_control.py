"""The laboratory's half of the training thread: its commands, and what is set beside the run that stands here.

Each tool lives in a file of its own and is joined here in a line or two.
"""

from __future__ import annotations

from collections.abc import Callable

from seqviz.core.commands import Watch
from seqviz.core.events import Event
from seqviz.core.lab_commands import DriveTwin, LabCommand, LoadPlugin, MakeTwin
from seqviz.training.looking import Looker
from seqviz.training.parameter_watch import watch_parameters
from seqviz.training.plugin_loading import read_plugin
from seqviz.training.ports import RunStores
from seqviz.training.trainer import Trainer
from seqviz.training.twin_control import TwinControl


class LabControl:
    """All methods run in the training thread."""

    def __init__(self, emit: Callable[[Event], None], stores: RunStores) -> None:
        self.emit, self.stores = emit, stores
        self.trainer: Trainer | None = None
        self.looker: Looker | None = None
        self.twin = TwinControl(emit)

    def obey(self, command: LabCommand) -> None:
        """Obey one command of the laboratory.

        Raises
        ------
        ValueError
            one line; nothing was changed.
        """
        match command:
            case LoadPlugin(path):
                read_plugin(path, self.emit)
            case MakeTwin(changes):
                self.twin.make(*self._standing(), changes)
            case DriveTwin(driven):
                self.twin.drive(driven)
            case _:
                raise AssertionError(f"unknown command {command!r}")

    def _standing(self) -> tuple[Trainer, Looker]:
        if self.trainer is None or self.looker is None:
            raise ValueError("there is no run yet")
        return self.trainer, self.looker

    def take(self, trainer: Trainer, looker: Looker) -> None:
        """Another run stands here, paused."""
        self.trainer, self.looker = trainer, looker
        self.twin.close()
        self.twin.offer(trainer)

    def knob_changed(self) -> None:
        """The run that stands here is another than its switches say."""
        self.twin.offer(self._standing()[0])

    def pause(self) -> None:
        """Something else trains now."""
        self.twin.pause()

    def set_watch(self, watch: Watch) -> None:
        """What is looked at now: tools that measure steps are set beside the learner only while somebody looks."""
        if self.trainer is not None and self.looker is not None:
            watch_parameters(self.trainer.learner, self.emit, self.looker.budget, watch.wants)

    @property
    def busy(self) -> bool:
        """Whether there is anything to do without waiting for a command."""
        return self.twin.busy

    def work(self) -> None:
        """One bounded slice."""
        self.twin.work()

    def close(self) -> None:
        """The thread ends."""
        self.twin.close()
