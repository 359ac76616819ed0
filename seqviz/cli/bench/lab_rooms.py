"""What the rooms of the laboratory cost: steps per second with each room open, as a share of the same loop unwatched.

Both in one process and one training thread, in turn. Then, the run held, one frame of each room: new numbers handed to
all its panels and painted. And without a window: what the onlookers of every step take by themselves.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from seqviz.cli.bench import Figures, Measurement, measurements

if TYPE_CHECKING:
    from seqviz.cli.bench.harness.live_window import LiveWindow
    from seqviz.training.learner import Onlooker
    from seqviz.training.trainer import Trainer

SETTLE, OPEN, BARE, PAIRS = 1.5, 2.0, 1.0, 3  # seconds for the first pictures, of a turn of each side; turns
STRETCH, TURNS = 0.5, 7  # without a window
MODELS = ("lstm", "transformer")


@measurements.register("lab_rooms")
class LabRooms(Measurement):
    gives = ("lab_rooms", "lab_looking", "lab_frame_ms", "onlookers")
    limit = 360.0

    def measure(self) -> Figures:
        from seqviz.cli.bench.harness.live_window import LiveWindow
        from seqviz.cli.bench.harness.settings import bench_config
        from seqviz.gui.lab.rooms import ROOMS

        found: Figures = {key: {model: {} for model in MODELS} for key in self.gives}
        with LiveWindow() as live:
            for model in MODELS:
                live.take(bench_config(model))
                for room in ROOMS:
                    share, looking = of_room(live, room.name)
                    found["lab_rooms"][model][room.name] = share
                    found["lab_looking"][model][room.name] = looking
                live.session.pause()
                for room in ROOMS:  # last: what they are handed are made-up steps
                    found["lab_frame_ms"][model][room.name] = frame_of(live, room.name)
        for model in MODELS:
            found["onlookers"][model] = onlooker_shares(model)
        return found


def of_room(live: LiveWindow, room: str) -> tuple[float, float]:
    """(share of bare steps per second, share that looking says it takes) with a room open."""
    from seqviz.cli.bench.harness.timing import share

    live.window.show_room(room)
    opened, bare = [], []
    looking = 0.0
    for _ in range(PAIRS):
        bare.append(live.bare(BARE).steps_per_second)
        live.window.board.tell_wants()
        live.run_for(SETTLE)
        opened.append(live.as_it_is(OPEN).steps_per_second)
        looking = live.session.last_pulse.looking_share if live.session.last_pulse is not None else looking
    return share(opened, bare), round(looking, 3)


def frame_of(live: LiveWindow, room: str) -> float:
    """Milliseconds of a frame of a room, the run held."""
    from seqviz.cli.bench.panel_frame import frame_ms

    live.window.show_room(room)
    live.run_for(1.0)
    return frame_ms(live)


def onlooker_shares(model: str) -> dict[str, float]:
    """Steps per second with an onlooker beside the learner as a share of those without, on the very same run."""
    import torch

    from seqviz.cli.bench.harness.settings import bench_config
    from seqviz.training.builder import build
    from seqviz.training.learner import GradientLearner
    from seqviz.training.parameter_watch import ParameterWatch
    from seqviz.training.ports import NoStore
    from seqviz.training.trainer import Trainer
    from seqviz.training.watch_budget import WatchBudget
    from seqviz.training.weight_path import WeightPath

    torch.set_num_threads(1)
    trainer = Trainer(build(bench_config(model)), NoStore(), lambda event: None)
    assert isinstance(trainer.learner, GradientLearner)
    watch = ParameterWatch(lambda event: None, WatchBudget())
    return {
        "parameter_watch": beside(trainer, watch),
        "weight_path": beside(trainer, WeightPath(trainer.learner)),
    }


def beside(trainer: Trainer, onlooker: Onlooker) -> float:
    """Share of the plain speed that is left with this onlooker."""
    from seqviz.cli.bench.harness.timing import share
    from seqviz.training.learner import GradientLearner

    assert isinstance(trainer.learner, GradientLearner)
    turns, onlookers = trainer.turns(), trainer.learner.onlookers
    speeds: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(TURNS + 1):
        for looked in (True, False) if turn % 2 else (False, True):
            onlookers[:] = [onlooker] if looked else []
            step, began = trainer.step, time.perf_counter()
            while time.perf_counter() - began < STRETCH:
                next(turns)
            speeds[looked].append((trainer.step - step) / (time.perf_counter() - began))
    onlookers.clear()
    return share(speeds[True][1:], speeds[False][1:])  # the first turn warms up
