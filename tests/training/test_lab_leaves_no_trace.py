"""The whole laboratory at once beside a run: it ends bit for bit where a run alone in the dark ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from seqviz.core.commands import Play, PlayRace, Step, StepRace, Watch, WatchRace
from seqviz.core.config import parse_config
from seqviz.core.events import Frame, Notice, Rejected, RunPaused, StepMetrics
from seqviz.core.lab_commands import Ask, BreakpointSetting, DriveTwin, MakeTwin, SetBreakpoints
from seqviz.core.lab_events import BreakpointsMeasured, Diagnosed, ParametersMeasured, RunHalted, TwinMade, TwinTold
from seqviz.core.race_events import Raced
from seqviz.training.breakpoints import breakpoints
from seqviz.training.builder import build
from seqviz.training.ports import NoStore
from seqviz.training.trainer import Trainer
from tests.training.desk import Desk

EVERYTHING = frozenset({"*", "parameters.*", "diagnosis.*"})
NEVER = tuple(
    BreakpointSetting(name, -1e30 if kind.below else 1e30, kind.distance and 2) for name, kind in breakpoints.items()
)
KINDS = ("lstm", "transformer", "recall")


@pytest.fixture
def config_of(make_config):
    def make(kind: str):
        if kind == "lstm":
            return make_config("lstm", model__dropout=0.3, model__n_layers=2, training__carry_state=True)
        if kind == "transformer":
            return make_config("transformer", model__dropout=0.3)
        return parse_config({
            "corpus": {"name": "delayed_recall", "delay": 6},
            "task": {"name": "labelling"},
            "model": {"name": "rnn", "d_hidden": 12, "d_embedding": 8, "n_layers": 2, "dropout": 0.3},
            "training": {"steps": 12, "batch_size": 4, "context_length": 8, "threads": 1, "valid_every": 5,
                         "valid_batches": 2},
            "probe": "5",
        })  # fmt: skip

    return make


class StepDesk(Desk):
    """A desk at which a run is stepped."""

    def step(self, count: int) -> None:
        paused = len(self.heard(RunPaused))
        self.control.obey(Step(count))
        self.until(lambda: len(self.heard(RunPaused)) > paused)


def alone(config) -> Trainer:
    trainer = Trainer(build(config), NoStore(), lambda event: None)
    trainer.begin()
    for _ in trainer.turns():
        pass
    return trainer


def through_the_laboratory(config) -> StepDesk:
    """Twelve steps with all views, breakpoints, a halt, questions, and a twin made and driven in between."""
    desk = StepDesk(config)
    control = desk.control
    control.obey(Watch(EVERYTHING, "batch", 1.0))
    control.obey(SetBreakpoints(NEVER))
    desk.idle()
    desk.step(3)
    desk.idle()
    control.obey(Ask(frozenset({"curvature.*"})))
    desk.idle()
    control.obey(Watch(EVERYTHING, "windows", 1.0))
    control.obey(SetBreakpoints((*NEVER[1:], BreakpointSetting("update_ratio", 0.0))))  # met after the update
    desk.step(1)
    assert control.trainer.step == 3
    desk.step(1)
    control.obey(SetBreakpoints((BreakpointSetting("grad_norm", 0.0), *(b for b in NEVER if b.name != "grad_norm"))))
    desk.step(1)
    assert control.trainer.step == 4
    control.obey(SetBreakpoints(NEVER))
    control.obey(MakeTwin({"learning_rate": 0.05}))
    control.obey(DriveTwin(WatchRace(Watch(EVERYTHING, "batch", 1.0))))
    control.obey(DriveTwin(StepRace(2)))
    desk.idle()
    desk.step(3)
    control.obey(DriveTwin(PlayRace()))
    desk.idle()
    control.obey(Ask(frozenset({"curvature.*"})))
    desk.idle()
    control.obey(Watch(EVERYTHING, "probe", 1.0))
    control.obey(Play())
    desk.until(lambda: control.trainer.status == "finished")
    desk.idle()
    return desk


@pytest.fixture(params=KINDS)
def both(request, config_of) -> Iterator[tuple[Trainer, Desk]]:
    config = config_of(request.param)
    desk = through_the_laboratory(config)
    yield alone(config), desk
    desk.control.close()


def test_a_run_with_the_whole_laboratory_on_equals_one_alone_to_the_bit_and_everything_was_told(both):
    trainer, desk = both
    other = desk.control.trainer
    assert other is not None
    for name, value in trainer.model.state_arrays().items():
        assert torch.equal(value, other.model.state_arrays()[name]), name
    _equal(trainer.learner.optimizer.state_dict()["state"], other.learner.optimizer.state_dict()["state"])
    assert trainer.learner.steps == other.learner.steps
    assert trainer.valid_loss == other.valid_loss
    one, two = trainer.experiment.randomness, other.experiment.randomness
    assert all(torch.equal(a, b) for a, b in zip(one.standing(), two.standing(), strict=True))
    assert one.data.bit_generator.state == two.data.bit_generator.state
    _nothing_was_left_out(desk)


def _equal(one, other) -> None:
    assert one.keys() == other.keys()
    for index, memory in one.items():
        assert memory.keys() == other[index].keys()
        for key, value in memory.items():
            assert torch.equal(torch.as_tensor(value), torch.as_tensor(other[index][key])), (index, key)


def _nothing_was_left_out(desk: Desk) -> None:
    """The laboratory did work beside the run, and none of it failed."""
    assert [e.text for e in desk.heard(Notice) if e.level == "error"] == []
    assert [e.text for e in desk.heard(Rejected)] == []
    assert [e.breakpoint for e in desk.heard(RunHalted)] == ["update_ratio", "grad_norm"]
    assert [e.step for e in desk.heard(StepMetrics)] == list(range(1, 13))
    assert desk.heard(Diagnosed)
    assert desk.heard(BreakpointsMeasured)
    measured = [e.step for e in desk.heard(ParametersMeasured)]
    assert measured == sorted(set(measured))  # no step is told twice, though two were undone
    assert len(desk.heard(TwinMade)) == 1
    assert len([e for e in desk.heard(TwinTold) if isinstance(e.event, Raced)]) > 12
    told = {name for frame in desk.heard(Frame) for name in frame.arrays}
    for wanted in ("curvature.eigenvalue", "curvature.slice.loss", "gradient.itemised", "health."):
        assert any(name.startswith(wanted) for name in told), wanted
    path = desk.control.looker.path.snapshots[0]
    assert list(path) == list(range(13))  # no step kept twice
