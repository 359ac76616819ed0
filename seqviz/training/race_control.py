"""The race's half of the training thread: its commands, and one bounded slice of racing and looking at a time."""

from __future__ import annotations

import itertools
import time
import traceback
from collections.abc import Callable, Iterator

from seqviz.core.commands import (
    ExplainRace,
    LeaveRace,
    PauseRace,
    PlayRace,
    PrepareRace,
    RaceCommand,
    SampleRace,
    SetRaceProbe,
    SolveSizes,
    StepRace,
    Watch,
    WatchRace,
)
from seqviz.core.config import RunConfig
from seqviz.core.events import (
    Event,
    Notice,
    Progress,
)
from seqviz.core.race_events import (
    RaceFinished,
    RacePaused,
    RaceProbeChanged,
    RacePulse,
    RaceRejected,
    RaceResumed,
    SizesSolved,
)
from seqviz.training.explaining import explain_slices
from seqviz.training.learner import Phase
from seqviz.training.ports import RunStores
from seqviz.training.questions import answer_slice
from seqviz.training.race import Lane, Race
from seqviz.training.same_size import same_size

PULSE_INTERVAL = 0.4  # seconds


class RaceControl:
    """One race at most. All methods run in the training thread."""

    def __init__(self, emit: Callable[[Event], None], on_phase: Callable[[Phase], None], stores: RunStores) -> None:
        self.emit, self.on_phase, self.stores = emit, on_phase, stores
        self.race: Race | None = None
        self.playing = False
        self._turns: Iterator[None] = iter(())
        self._side: list[Iterator[None]] = []  # samples asked for
        self._asked: list[Iterator[None]] = []  # explanations: the weights stand still until they are given
        self._until: int | None = None  # pause once this step is reached
        self._pace, self._next_round_at = 0.0, 0.0  # seconds per round, 0: as fast as it goes
        self._paced_rounds = -1
        self._watch = Watch()
        self._looks: Iterator[Lane] = iter(())
        self._seen_all = True
        self._beat_at, self._beat_step = 0.0, 0

    # commands --------------------------------------------------------------------------------------------------

    def obey(self, command: RaceCommand) -> None:
        """Obey one command; a bad one changes nothing and is rejected with one line."""
        self._seen_all = False
        try:
            self._obey(command)
        except ValueError as error:
            self.emit(RaceRejected(" ".join(str(error).split())))
        except Exception as error:  # a racer's own code: the single run has no part in it
            self.emit(RaceRejected(f"{type(error).__name__}: {error}"))
            self.emit(Notice("error", f"the race: {error}", traceback.format_exc()))

    def _obey(self, command: RaceCommand) -> None:
        match command:
            case PrepareRace(config):
                self._prepare(config)
            case LeaveRace():
                self.close()
            case PlayRace(steps_per_second):
                self._pace = 1.0 / steps_per_second if steps_per_second > 0 else 0.0
                self._play(None)
            case PauseRace():
                self.pause()
            case StepRace(count):
                if count > 0:
                    self._play(self._need_race().step + count)
            case WatchRace(watch):
                self._watch = watch
                self._tell_lookers()
            case SetRaceProbe(text):
                notice = self._need_race().set_probe(text)
                self.emit(RaceProbeChanged(self._need_race().race_id, text, notice))
            case SampleRace():
                self._side += [lane.trainer.sample() for lane in self._need_race().lanes]
            case ExplainRace(position):
                self._explain(position)
            case SolveSizes(config, like):
                self._solve(config, like)
            case _:
                raise AssertionError(f"unknown command {command!r}")

    def _need_race(self) -> Race:
        if self.race is None:
            raise ValueError("there is no race yet")
        return self.race

    def _prepare(self, config: RunConfig) -> None:
        what = "preparing the race"
        self.emit(Progress(what, -1.0))
        try:
            self.seat(Race.prepared(config, self.stores, self.emit, self.on_phase))
        finally:
            self.emit(Progress(what, 1.0))

    def seat(self, race: Race) -> None:
        """Put this race here, paused, in the place of the one before it."""
        self.close()
        self.race, self._seen_all = race, False
        self._turns = race.turns()
        self._looks = itertools.cycle(race.lanes)
        self._tell_lookers()
        race.begin()
        self.emit(RaceProbeChanged(race.race_id, race.lanes[0].looker.probe_text))

    def _tell_lookers(self) -> None:
        for lane in self.race.lanes if self.race is not None else ():
            lane.looker.set_watch(self._watch)

    def _explain(self, position: int) -> None:
        race = self._need_race()
        self._asked = [explain_slices(lane.looker, position, lane.tell) for lane in race.lanes]

    def _solve(self, config: RunConfig, like: int) -> None:
        what = "solving the sizes"
        self.emit(Progress(what, -1.0))
        try:
            solved, before, after = same_size(config, like)
            self.emit(SizesSolved(solved.model_dump(), before, after))
        finally:
            self.emit(Progress(what, 1.0))

    def _play(self, until: int | None) -> None:
        race = self._need_race()
        if not race.running:
            raise ValueError("the race is over; reset it to race again")
        self._until = until
        if not self.playing:
            self.playing = True
            self._beat_at, self._beat_step = time.perf_counter(), race.step
            self.emit(RaceResumed(race.race_id, race.step))

    def pause(self) -> None:
        if self.playing and self.race is not None:
            self.playing, self._until = False, None
            self.race.save()
            self.emit(RacePaused(self.race.race_id, self.race.step))

    # slices of work --------------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether there is anything to do without waiting for a command."""
        waiting = bool(self._side or self._asked)
        return self.race is not None and (self.playing or waiting or not self._seen_all)

    def work(self) -> None:
        """One bounded slice: a piece of racing, of a sample, and of looking at one racer."""
        if self.race is None:
            return
        if self._asked:
            answer_slice(self._asked, lambda text: self.emit(RaceRejected(text)), self.emit)
            return
        if self._side and next(self._side[0], self) is self:
            del self._side[0]
        if self.playing:
            self._race_on(self.race)
        self._look(self.race)
        self._beat(self.race)

    def _race_on(self, race: Race) -> None:
        if self._pace and not self._in_time(race):
            return
        if next(self._turns, self) is self:
            self.playing = False
            self.emit(RaceFinished(race.race_id, race.summaries()))
        elif self._until is not None and all(
            lane.trainer.step >= self._until for lane in race.lanes if lane.running and lane.trainer.learns
        ):
            self.pause()

    def _in_time(self, race: Race) -> bool:
        """Slowed down: whether the next round is due; waits a little so that commands stay quick."""
        now = time.perf_counter()
        if race.rounds == self._paced_rounds:  # in the middle of one
            return True
        if now < self._next_round_at:
            time.sleep(min(self._next_round_at - now, 0.02))
            return False
        self._paced_rounds = race.rounds
        self._next_round_at = max(self._next_round_at + self._pace, now)
        return True

    def _look(self, race: Race) -> None:
        """While racing one racer each time, in turn; standing still, until all have shown everything."""
        if self.playing:
            next(self._looks).looker.look(paused=False)
        elif not self._seen_all:
            self._seen_all = not any(lane.looker.look(paused=True) for lane in race.lanes)

    def _beat(self, race: Race) -> None:
        """Tell how fast things go, a few times a second."""
        now = time.perf_counter()
        if not self.playing or now - self._beat_at < PULSE_INTERVAL:
            return
        runs = [lane.trainer for lane in race.lanes]
        rounds = (race.step - self._beat_step) / (now - self._beat_at)
        self._beat_at, self._beat_step = now, race.step
        self.emit(
            RacePulse(
                race.race_id,
                tuple(run.step for run in runs),
                tuple(run.seconds for run in runs),
                tuple(run.tokens / run.seconds if run.seconds else 0.0 for run in runs),
                rounds,
                sum(lane.looker.budget.looking_share() for lane in race.lanes),
                sum(lane.looker.budget.allowed for lane in race.lanes),
            )
        )

    def close(self) -> None:
        """Put the race away; its runs keep their last weights."""
        self.playing, self._side, self._asked, self._until, self._seen_all = False, [], [], None, True
        if self.race is not None:
            self.race.close()
            self.race = None
