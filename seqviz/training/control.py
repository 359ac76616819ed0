"""What the training thread does with its time: commands, then one slice of training, looking or sampling."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator

from seqviz.core.commands import (
    CancelFetch,
    Command,
    Explain,
    FetchCorpus,
    OpenRun,
    Pause,
    Play,
    PlayRace,
    Prepare,
    PreviewTokens,
    RaceCommand,
    SampleNow,
    SetKnob,
    SetProbe,
    Step,
    StepRace,
    Watch,
)
from seqviz.core.config import RunConfig
from seqviz.core.events import (
    BaselinesCounted,
    Event,
    Notice,
    ProbeChanged,
    Progress,
    Pulse,
    Ready,
    Rejected,
    RunFailed,
    RunPaused,
    RunResumed,
)
from seqviz.core.lab_commands import Ask, LabCommand, MakeTwin
from seqviz.training.builder import build, describe_everything
from seqviz.training.counted_baseline import count_baseline
from seqviz.training.describing import provided_names
from seqviz.training.explaining import explain_slices
from seqviz.training.fetching import Fetching
from seqviz.training.lab_control import LabControl
from seqviz.training.learner import Phase
from seqviz.training.looking import Looker
from seqviz.training.ports import RunStores, StoredRun
from seqviz.training.previewing import preview_tokens
from seqviz.training.questions import answer_slice
from seqviz.training.race_control import RaceControl
from seqviz.training.reopening import reopen
from seqviz.training.trainer import Trainer
from seqviz.training.twin_control import drives_on

PULSE_INTERVAL = 0.4  # seconds


class Control:
    """The state of the thread: one trainer, its looker, whether it plays. All methods run in the thread."""

    def __init__(self, emit: Callable[[Event], None], ring: Callable[[], None], stores: RunStores) -> None:
        self._tell, self.ring, self.stores = emit, ring, stores
        self.trainer: Trainer | None = None
        self.looker: Looker | None = None
        self.fetching = Fetching(emit)
        self.race = RaceControl(emit, self._on_phase, stores)
        self.lab = LabControl(emit, self._on_phase)
        self._turns: Iterator[None] | None = None
        self._side: list[Iterator[None]] = []  # samples asked for, the counted baseline: a slice between steps
        self._asked: list[Iterator[None]] = []  # an explanation: the weights stand still until it is given
        self._playing = False
        self._until: int | None = None  # pause once this step is reached
        self._pace = 0.0  # seconds per step, 0: as fast as it goes
        self._next_step_at = 0.0
        self._watch = Watch()
        self._pulse = (time.perf_counter(), 0, 0)  # when, steps, tokens
        self._fault: str | None = None
        self._nothing_to_look_at = False

    def emit(self, event: Event) -> None:
        """Tell the window, and what keeps the run's record for the laboratory."""
        self._tell(event)
        self.lab.hear(event)

    def describe(self) -> Ready:
        return describe_everything()

    # commands --------------------------------------------------------------------------------------------------

    def obey(self, command: Command) -> None:
        """Obey one command; a bad one changes nothing and is rejected with one line."""
        self._nothing_to_look_at = False
        try:
            self._obey(command)
        except ValueError as error:
            self.emit(Rejected(" ".join(str(error).split())))

    def _obey(self, command: Command) -> None:
        match command:
            case Prepare(config):
                self._prepare(config)
            case OpenRun(folder):
                self._open(self.stores.open(folder))
            case Play(steps_per_second):
                self._pace = 1.0 / steps_per_second if steps_per_second > 0 else 0.0
                self._play(None)
            case Pause():
                self._pause()
            case Step(count):
                if self.trainer is not None and count > 0:
                    self._play(self.trainer.step + count)
            case SetKnob(key, value):
                self._need_run().set_knob(key, value)
                self.lab.knob_changed()
            case SetProbe(text):
                self._set_probe(text)
            case Watch():
                self._watch = command
                if self.looker is not None:
                    self.looker.set_watch(command)
                self.lab.set_watch(command)
            case SampleNow():
                self._side.append(self._need_run().sample())
            case Explain(position):
                self._need_run()
                assert self.looker is not None
                self._asked = [explain_slices(self.looker, position, self.emit)]
            case Ask(wants):
                self._need_run()
                assert self.looker is not None
                self._asked = [self.looker.asked_slices(wants)] if wants else []
            case PreviewTokens():
                self.emit(preview_tokens(command))
            case FetchCorpus(entry, local):
                self.fetching.start(entry, local)
            case CancelFetch():
                self.fetching.cancel()
            case LabCommand():
                if isinstance(command, MakeTwin) or drives_on(command):
                    self._pause()
                    self.race.pause()
                self.lab.obey(command)
            case RaceCommand():
                if isinstance(command, (PlayRace, StepRace)):
                    self._pause()
                    self.lab.pause()
                self.race.obey(command)
            case _:
                raise AssertionError(f"unknown command {command!r}")

    def _need_run(self) -> Trainer:
        if self.trainer is None:
            raise ValueError("there is no run yet")
        return self.trainer

    def _prepare(self, config: RunConfig) -> None:
        what = "preparing the run"
        self.emit(Progress(what, -1.0))
        try:
            experiment = build(config)
            store = self.stores.create(experiment.config, experiment.about(), experiment.task.saved_arrays())
            trainer = Trainer(experiment, store, self.emit, self._on_phase)
            self._take(trainer)
        except (ValueError, MemoryError):
            raise
        except Exception as error:  # a fault in somebody's part: the run that stands here has nothing to do with it
            self.emit(Notice("error", f"{config.model.name}: {error}", traceback.format_exc()))
            raise ValueError(f"the run could not be built: {error}") from error
        finally:
            self.emit(Progress(what, 1.0))

    def _open(self, stored: StoredRun) -> None:
        """Show a stored run; one of somebody's own script has no weights, so all that it told is told again."""
        if not stored.watched:
            self._take(reopen(stored, self.emit, self._on_phase))
            return
        self._put_away()
        self.trainer = self.looker = None
        self.lab.leave()
        for event in stored.events:
            self.emit(event)

    def _take(self, trainer: Trainer) -> None:
        """Show this trainer from now on, paused."""
        looker = Looker(trainer, self.emit, by_pieces=True)
        names = provided_names(trainer.experiment, trainer.learner.tensors(looker.probe))
        self._put_away()
        self.trainer, self.looker = trainer, looker
        trainer.fault = self._raise_fault
        looker.set_watch(self._watch)
        trainer.begin(names)
        self.lab.take(trainer, looker)
        self.lab.set_watch(self._watch)
        if trainer.learns and trainer.task.counted_baseline:
            self._side.append(count_baseline(trainer.task, lambda line: trainer.emit(BaselinesCounted((line,)))))
        self.emit(ProbeChanged(looker.probe_text))
        self._pulse = (time.perf_counter(), trainer.step, trainer.tokens)

    def _set_probe(self, text: str) -> None:
        if self.looker is None:
            raise ValueError("there is no run yet")
        notice = self.looker.set_probe(text)
        self.emit(ProbeChanged(text, notice))

    def _play(self, until: int | None) -> None:
        trainer = self._need_run()
        self.race.pause()
        self.lab.pause()
        if trainer.status in ("finished", "diverged", "failed"):
            raise ValueError(f"the run has {trainer.status}; reset it to train again")
        if self._turns is None:
            self._turns = trainer.turns()
        self._until = until
        if not self._playing:
            self._playing = True
            self._pulse = (time.perf_counter(), trainer.step, trainer.tokens)
            self.emit(RunResumed(trainer.step))

    def _pause(self) -> None:
        if self._playing and self.trainer is not None:
            self._playing, self._until = False, None
            self.trainer.save()
            self.emit(RunPaused(self.trainer.step))

    # slices of work --------------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether there is anything to do without waiting for a command."""
        waiting_to_look = self.looker is not None and not self._nothing_to_look_at
        return self._playing or bool(self._side or self._asked) or waiting_to_look or self.race.busy or self.lab.busy

    def work(self) -> None:
        """One bounded slice: a piece of training, of a sample, and of looking; of the run, then of the race."""
        if self.race.busy:
            self.race.work()
        if self.lab.busy:
            self.lab.work()
        if self._asked:
            answer_slice(self._asked, lambda text: self.emit(Rejected(text)), self.emit)
            return
        if self._side and next(self._side[0], self) is self:
            del self._side[0]
        if self._playing and not (self.looker is not None and self.looker.midway):
            self._train()
        if self.looker is not None:
            looked = self.looker.look(paused=not self._playing)
            seen_all, self._nothing_to_look_at = self._nothing_to_look_at, not looked and not self._playing
            if self._nothing_to_look_at and not seen_all:
                self.emit(Pulse(0.0, 0.0, 0.0))  # nothing is awaited any more
        self._beat()

    def _train(self) -> None:
        assert self._turns is not None
        assert self.trainer is not None
        if self._pace and not self._in_time():
            return
        before = self.trainer.step
        if next(self._turns, self) is self:  # the run is over
            self._playing = False
            return
        if self.trainer.status == "halted":
            self._pause()
            return
        if self._until is not None and before < self._until <= self.trainer.step:
            self._pause()

    def _in_time(self) -> bool:
        """Slowed down: whether the next step is due; waits a little so that commands stay quick."""
        now = time.perf_counter()
        if now < self._next_step_at:
            time.sleep(min(self._next_step_at - now, 0.02))
            return False
        self._next_step_at = max(self._next_step_at + self._pace, now)
        return True

    def _beat(self) -> None:
        """Tell how fast things go, a few times a second."""
        assert self.looker is None or self.trainer is not None
        if self.trainer is None or self.looker is None or not self._playing:
            return
        now = time.perf_counter()
        then, steps, tokens = self._pulse
        if now - then < PULSE_INTERVAL:
            return
        speed = (self.trainer.step - steps) / (now - then)
        rate = (self.trainer.tokens - tokens) / (now - then)
        self._pulse = (now, self.trainer.step, self.trainer.tokens)
        costs = self.looker.budget.costs()
        self.emit(Pulse(speed, rate, costs.share, self.looker.awaiting, costs.allowed, costs.dearest))

    def _on_phase(self, phase: Phase) -> None:
        if phase == "backward":
            self.ring()

    # trouble ---------------------------------------------------------------------------------------------------

    def fail(self, text: str, details: str) -> None:
        """The current run has failed: keep what there is, tell the window."""
        step = 0
        if self.trainer is not None:
            self.trainer.status = "failed"
            step = self.trainer.step
        self._playing, self._side, self._asked, self._nothing_to_look_at = False, [], [], True
        self.emit(RunFailed(step, text, details))

    def inject(self, place: str) -> None:
        self._fault = place

    def _raise_fault(self, place: str) -> None:
        if self._fault == place:
            self._fault = None
            raise RuntimeError(f"injected into the {place}")

    def close(self) -> None:
        self.fetching.cancel()
        self.race.close()
        self.lab.close()
        self._put_away()
        if self.trainer is not None:
            self.emit(Notice("info", "the run is closed"))

    def _put_away(self) -> None:
        """Close the run that stands here, with its last weights; what was asked of it goes with it."""
        self._turns, self._side, self._asked, self._playing, self._until = None, [], [], False, None
        if self.trainer is not None:
            if self.trainer.step and self.trainer.status == "running":
                self.trainer.save()
            self.trainer.store.close()
