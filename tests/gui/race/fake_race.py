"""A worker without torch that answers what is asked of a race at once, with canned events."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from fake_worker import PARTS, PROBE, VOCABULARY, FakeWorker, example_config, make_arrays

from seqviz.core import commands as cm
from seqviz.core import events as ev
from seqviz.core import race_events as race_ev
from seqviz.core.batch import Ruler
from seqviz.core.channel import Mailbox
from seqviz.core.config import Racer, RunConfig, parse_config
from seqviz.core.units import bits_per

TITLES = {part.name: part for part in PARTS if part.kind == "model"}


def race_config(*models: str, labels: tuple[str, ...] = (), **changes: Any) -> RunConfig:
    """A race of these architectures (default: n-gram, RNN, LSTM, Transformer)."""
    names = models or ("ngram", "rnn", "lstm", "transformer")
    racers = [{"label": label, "model": {"name": name}} for name, label in zip(names, labels or names, strict=True)]
    tree = example_config(**changes).model_dump() | {"racers": racers, "title": "A race", "watch_for": "The order."}
    return parse_config(tree)


class RaceWorker(FakeWorker):
    """Loses as `ends` says (bits per character at the end, by lane); `race_on(steps)` learns."""

    def __init__(self, mailbox: Mailbox, ready_at_once: bool = True) -> None:
        self.race: RunConfig | None = None
        self.race_step = 0
        self.race_id = ""
        self.ends: dict[int, float] = {}
        self.out: set[int] = set()
        self.no_race = ""  # why the next race is refused
        super().__init__(mailbox, ready_at_once)

    def _obey(self, command: cm.Command) -> None:
        match command:
            case cm.PrepareRace(config):
                self._prepare_race(config)
            case cm.PlayRace():
                self.mailbox.post(race_ev.RaceResumed(self.race_id, self.race_step))
            case cm.PauseRace():
                self.mailbox.post(race_ev.RacePaused(self.race_id, self.race_step))
            case cm.StepRace(count):
                self.race_on(count)
                self.mailbox.post(race_ev.RacePaused(self.race_id, self.race_step))
            case cm.WatchRace():
                self.post_frames()
            case cm.SetRaceProbe(text):
                self.probe = text
                self.mailbox.post(race_ev.RaceProbeChanged(self.race_id, text))
                self.post_frames()
            case cm.SolveSizes(config, like):
                self._solve(config, like)
            case _:
                super()._obey(command)

    def _prepare_race(self, config: RunConfig) -> None:
        if self.no_race:
            self.mailbox.post(race_ev.RaceRejected(self.no_race))
            return
        self.race, self.race_step, self.out = config, 0, set()
        self.run_number += 1
        self.race_id = f"race-{self.run_number}"
        self.probe = config.probe or PROBE
        runs = tuple(self._run_of(n, racer) for n, racer in enumerate(config.racers))
        learns = tuple(TITLES[racer.model.name].learns_by for racer in config.racers)
        labels = tuple(racer.label or racer.model.name for racer in config.racers)
        flops = tuple(0.0 if how == "observe" else 6e5 * (n + 1) for n, how in enumerate(learns))
        self.mailbox.post(
            race_ev.RaceStarted(self.race_id, config.model_dump(), runs, labels, learns, flops, bits_per("character"))
        )
        self.mailbox.post(race_ev.RaceProbeChanged(self.race_id, self.probe))
        self.post_frames()

    def _run_of(self, number: int, racer: Racer) -> ev.RunStarted:
        part = TITLES[racer.model.name]
        run_id = f"{self.race_id}-{number}"
        counts = part.learns_by != "gradient"
        return ev.RunStarted(
            run_id, "", {**example_config(racer.model.name).model_dump()}, part.title, part.family,
            bits_per("character"), VOCABULARY, (() if counts else ((part.title, 30_000 * (number + 1)),)),
            ("a",), "1 characters" if counts else "unbounded", 1, "2.1 M characters, 74 symbols", part.provides,
            "cpu", 1,
        )  # fmt: skip

    def tell(self, number: int, event: ev.Event) -> None:
        self.mailbox.post(race_ev.Raced(self.race_id, number, event))

    def _learning(self) -> list[int]:
        assert self.race is not None
        return [n for n, r in enumerate(self.race.racers) if TITLES[r.model.name].learns_by == "gradient"]

    def bits(self, number: int, step: int) -> float:
        """Faster ones end higher: by steps the later lanes win."""
        end = self.ends.get(number, 2.4 - 0.25 * number)
        return end + (6.2 - end) / (1 + (step / (20.0 + 18 * number)) ** 1.2)

    def count_out(self, number: int, bits: float | None = None) -> None:
        """A counting racer comes to its end."""
        value = (self.ends.get(number, 2.9) if bits is None else bits) * math.log(2)
        self.tell(number, ev.StepMetrics(40, 400_000, 0.12, value, math.nan, 1.0, 0.0))
        self.tell(number, ev.Evaluated(40, value, True))
        self.tell(number, ev.RunFinished(40, "the corpus is read", {"parameters": 5347}))

    def race_on(self, steps: int, frames: bool = True) -> None:
        """So many rounds; counting ones are done in the first."""
        assert self.race is not None
        learning = self._learning()
        for number in range(len(self.race.racers)):
            if number not in learning and self.race_step == 0:
                self.count_out(number)
        for _ in range(steps):
            self.race_step += 1
            for number in learning:
                if number not in self.out:
                    self._step_of(number)
        pace = tuple(20_000.0 / (n + 1) for n in range(len(self.race.racers)))
        steps_now = tuple(self.race_step for _ in self.race.racers)
        seconds = tuple(0.004 * (n + 1) * self.race_step for n in range(len(self.race.racers)))
        self.mailbox.post(race_ev.RacePulse(self.race_id, steps_now, seconds, pace, 21.0, 0.05))
        if frames:
            self.post_frames()

    def _step_of(self, number: int) -> None:
        step = self.race_step
        nats = self.bits(number, step) * math.log(2)
        noise = float(self._rng.normal(0, 0.04))
        self.tell(number, ev.StepMetrics(step, 2048 * step, 0.004 * (number + 1) * step, nats + noise, 1.0, 1.0, 3e-3))
        if step in (1, 10, 30) or step % 50 == 0:
            self.tell(number, ev.Evaluated(step, nats, False))
        if step in (1, 10, 100, 500):
            text = " upon a time there was a little dog named Tom. He loved to run in the park."
            self.tell(number, ev.Sample(step, "Once", tuple(text), np.full(len(text), 1.5), {}, nats))

    def post_frames(self) -> None:
        if self.race is None:
            return
        for number, racer in enumerate(self.race.racers):
            if number not in self.out:
                self.post_race_frame(number, racer.model.name)

    def post_race_frame(self, number: int, model: str) -> None:
        arrays, axes = make_arrays(model, self.probe, self.race_step)
        keep = ("surprisal", "next_token.probabilities") + (() if model == "ngram" else ("gradient.d", "gradient.h"))
        chosen = {name: array for name, array in arrays.items() if name.startswith(keep)}
        chosen["surprisal"] = chosen["surprisal"] * (1.0 - 0.1 * number)
        for name, array in chosen.items():
            if name.startswith("gradient.decay"):
                chosen[name] = array ** (1.0 + 0.6 * number)
            chosen[name].flags.writeable = False
        made = dict.fromkeys(chosen, self.race_step)
        picked = {name: axes[name] for name in chosen}
        rulers = {"t": Ruler(tuple(self.probe))}
        self.tell(number, ev.Frame(self.race_step, f"{self.race_id}-{number}", chosen, picked, rulers, made))

    def fall_out(self, number: int) -> None:
        """A racer diverges."""
        self.out.add(number)
        self.tell(number, ev.RunDiverged(self.race_step, "layers.0.hidden_state", "not a number"))

    def finish_race(self) -> None:
        assert self.race is not None
        for number in self._learning():
            if number not in self.out:
                self.tell(number, ev.RunFinished(self.race_step, "all steps done", {}))
        self.mailbox.post(race_ev.RaceFinished(self.race_id, tuple({} for _ in self.race.racers)))

    def _solve(self, config: RunConfig, like: int) -> None:
        count = len(config.racers)
        after = tuple(30_000 * (like + 1) for _ in range(count))
        before = tuple(30_000 * (n + 1) for n in range(count))
        self.mailbox.post(race_ev.SizesSolved(config.model_dump(), before, after))


def lane(
    number: int, label: str, losses: dict[int, float], *, speed: float = 1.0, counts: bool = False, model: str = "lstm"
) -> Any:
    """A racer of `losses` (nats by step); its clock of seconds runs `speed` seconds a step, 100 tokens a step."""
    from seqviz.gui.race.racer import Racer as Lane
    from seqviz.gui.race.styles import RacerStyle

    part = TITLES[model]
    run = ev.RunStarted(
        f"run-{number}", "", {"model": {"name": model}}, part.title, part.family, bits_per("character"), VOCABULARY,
        (("all", 1000 * (number + 1)),), ("a",), "unbounded", 1, "", part.provides, "cpu", 1,
    )  # fmt: skip
    style = RacerStyle(f"family:{part.family}", (), "disc")
    racer = Lane(number, label, run, style, "observe" if counts else "gradient", 0.0 if counts else 50.0)
    for step in range(1, max(losses, default=0) + 1):
        racer.apply(ev.StepMetrics(step, 100 * step, speed * step, losses.get(step, 1.0), 1.0, 1.0, 1e-3))
        if step in losses:
            racer.apply(ev.Evaluated(step, losses[step], False))
    return racer
