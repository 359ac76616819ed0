"""The laboratory's half of the training thread: its commands, and what is set beside the run that stands here.

Each tool lives in a file of its own and is joined here in a line or two.
"""

from __future__ import annotations

from collections.abc import Callable

from seqviz.core.commands import Watch
from seqviz.core.events import Event, Notice
from seqviz.core.lab_commands import BreakpointSetting, DriveTwin, LabCommand, LoadPlugin, MakeTwin, SetBreakpoints
from seqviz.training.breakpoints import make_breakpoint
from seqviz.training.diagnosis.doctor import Doctor
from seqviz.training.learner import GradientLearner, Phase
from seqviz.training.looking import Looker
from seqviz.training.parameter_watch import watch_parameters
from seqviz.training.plugin_loading import read_plugin
from seqviz.training.trainer import Trainer
from seqviz.training.twin_control import TwinControl
from seqviz.training.weight_path import WeightPath


class LabControl:
    """All methods run in the training thread."""

    def __init__(self, emit: Callable[[Event], None], on_phase: Callable[[Phase], None]) -> None:
        self.emit = emit
        self.trainer: Trainer | None = None
        self.looker: Looker | None = None
        self._armed: tuple[BreakpointSetting, ...] = ()
        self.twin = TwinControl(emit, on_phase)
        self.doctor = Doctor(emit)

    def hear(self, event: Event) -> None:
        """Everything that the run told, whoever looks."""
        self.doctor.hear(event)

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
            case SetBreakpoints(settings):
                self._arm(settings)
            case MakeTwin(changes):
                self.twin.make(*self._standing(), changes)
            case DriveTwin(driven):
                self.twin.drive(driven)
            case _:
                raise AssertionError(f"unknown command {command!r}")

    def _arm(self, settings: tuple[BreakpointSetting, ...]) -> None:
        """Stop at these; they stay armed for the runs after this one, as far as those can be asked."""
        for setting in settings:
            make_breakpoint(setting)  # refused before anything is changed
        self._armed = settings
        if self.trainer is not None:
            unserved = self.trainer.stop_at(settings, self.emit)
            self._one_budget()
            if unserved:
                self.emit(Notice("info", f"this run cannot be asked for: {', '.join(unserved)}"))

    def _standing(self) -> tuple[Trainer, Looker]:
        if self.trainer is None or self.looker is None:
            raise ValueError("there is no run yet")
        return self.trainer, self.looker

    def take(self, trainer: Trainer, looker: Looker) -> None:
        """Another run stands here, paused."""
        self.trainer, self.looker = trainer, looker
        self.twin.close()
        self.twin.offer(trainer)
        self.doctor.take(trainer)
        trainer.stop_at(self._armed, self.emit)
        self._one_budget()
        if isinstance(trainer.learner, GradientLearner):
            looker.path = WeightPath(trainer.learner, looker.budget)
            trainer.learner.onlookers.append(looker.path)

    def _one_budget(self) -> None:
        """Whatever looks at the run that stands here pays out of the same purse."""
        trainer, looker = self._standing()
        self.doctor.pay_from(looker.budget)
        if trainer.guard is not None:
            trainer.guard.budget = looker.budget

    def leave(self) -> None:
        """No run stands here any more."""
        self.trainer = self.looker = None
        self.twin.close()
        self.doctor.leave()

    def knob_changed(self) -> None:
        """The run that stands here is another than its switches say."""
        self.twin.offer(self._standing()[0])

    def pause(self) -> None:
        """Something else trains now."""
        self.twin.pause()

    def set_watch(self, watch: Watch) -> None:
        """What is looked at now: tools that measure steps are set beside the learner only while somebody looks."""
        self.doctor.set_watch(watch)
        if self.trainer is not None and self.looker is not None:
            watch_parameters(self.trainer.learner, self.emit, self.looker.budget, watch.wants)

    @property
    def busy(self) -> bool:
        """Whether there is anything to do without waiting for a command."""
        return self.twin.busy or self.doctor.busy

    def work(self) -> None:
        """One bounded slice."""
        self.twin.work()
        self.doctor.work()

    def close(self) -> None:
        """The thread ends."""
        self.twin.close()
