"""The laboratory's half of the training thread: its commands, and what is set beside the run that stands here.

Each tool lives in a file of its own and is joined here in a line or two.
"""

from __future__ import annotations

from collections.abc import Callable

from seqviz.core.commands import Watch
from seqviz.core.events import Event
from seqviz.core.lab_commands import LabCommand, LoadPlugin
from seqviz.training.looking import Looker
from seqviz.training.parameter_watch import watch_parameters
from seqviz.training.plugin_loading import read_plugin
from seqviz.training.ports import RunStores
from seqviz.training.trainer import Trainer


class LabControl:
    """All methods run in the training thread."""

    def __init__(self, emit: Callable[[Event], None], stores: RunStores) -> None:
        self.emit, self.stores = emit, stores
        self.trainer: Trainer | None = None
        self.looker: Looker | None = None

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
            case _:
                raise AssertionError(f"unknown command {command!r}")

    def take(self, trainer: Trainer, looker: Looker) -> None:
        """Another run stands here, paused."""
        self.trainer, self.looker = trainer, looker

    def set_watch(self, watch: Watch) -> None:
        """What is looked at now: tools that measure steps are set beside the learner only while somebody looks."""
        if self.trainer is not None and self.looker is not None:
            watch_parameters(self.trainer.learner, self.emit, self.looker.budget, watch.wants)

    @property
    def busy(self) -> bool:
        """Whether there is anything to do without waiting for a command."""
        return False

    def work(self) -> None:
        """One bounded slice."""

    def close(self) -> None:
        """The thread ends."""
