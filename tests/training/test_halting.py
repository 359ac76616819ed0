"""A halted run stands at the step before, and goes on as if nobody had stopped it: bit for bit."""

from __future__ import annotations

import pytest
import torch

from seqviz.core.commands import Play, Prepare, SetKnob, Step
from seqviz.core.config import parse_config
from seqviz.core.events import Notice, Rejected, RunDiverged, RunPaused, RunResumed, StepMetrics
from seqviz.core.lab_commands import BreakpointSetting, SetBreakpoints
from seqviz.core.lab_events import BreakpointsMeasured, RunHalted
from seqviz.training.builder import build
from seqviz.training.control import Control
from seqviz.training.halting import layer_words
from seqviz.training.ports import NoStore, NoStores
from seqviz.training.trainer import Trainer

EVERY = (
    BreakpointSetting("grad_norm", 0.0),
    BreakpointSetting("update_ratio", 0.0),
    BreakpointSetting("loss_spike", -1e9),
    BreakpointSetting("itemised_gradient", 1e9, 3),
    BreakpointSetting("forget_gate", 1e9),
    BreakpointSetting("attention_entropy", 1e9),
    BreakpointSetting("nan", 0.0),
)  # all but nan are met at every step


@pytest.fixture
def adding():
    return parse_config({
        "corpus": {"name": "adding", "length": 12, "samples": 64},
        "task": {"name": "regression"},
        "model": {"name": "lstm", "d_hidden": 12},
        "training": {"steps": 12, "batch_size": 4, "threads": 1, "valid_every": 5, "valid_batches": 1},
    })  # fmt: skip


@pytest.fixture
def config_of(make_config, adding):
    def make(kind: str):
        if kind == "adding":
            return adding
        if kind == "lstm":
            return make_config("lstm", model__dropout=0.3, model__n_layers=2, training__carry_state=True)
        if kind == "sgd":
            return make_config("gru", model__dropout=0.3, optimizer__name="sgd", optimizer__momentum=0.9)
        return make_config(kind, model__dropout=0.3)

    return make


def trained(config, settings=()):
    events: list[object] = []
    trainer = Trainer(build(config), NoStore(), events.append)
    trainer.begin()
    trainer.stop_at(settings, events.append)
    for _ in trainer.turns():
        pass
    return trainer, events


def losses(events):
    return [(e.step, e.loss, e.grad_norm) for e in events if isinstance(e, StepMetrics)]


@pytest.mark.parametrize("kind", ["lstm", "transformer", "adding", "sgd", "fixed_window"])
def test_a_run_halted_at_every_step_ends_with_the_weights_of_one_that_never_halted(kind, config_of):
    alone, told = trained(config_of(kind))
    halted, heard = trained(config_of(kind), EVERY)
    halts = [e for e in heard if isinstance(e, RunHalted)]
    assert len(halts) >= 2 * alone.step
    assert {"grad_norm", "update_ratio", "loss_spike"} <= {e.breakpoint for e in halts}
    assert losses(told) == losses(heard)
    for name, value in alone.model.state_arrays().items():
        assert torch.equal(value, halted.model.state_arrays()[name]), name
    kept, other = (t.learner.optimizer.state_dict()["state"] for t in (alone, halted))
    assert kept.keys() == other.keys()
    for index, memory in kept.items():
        for key, value in memory.items():
            assert torch.equal(torch.as_tensor(value), torch.as_tensor(other[index][key])), key
    assert alone.last_loss == halted.last_loss
    assert alone.valid_loss == halted.valid_loss


def at_a_halt(config, setting):
    events: list[object] = []
    trainer = Trainer(build(config), NoStore(), events.append)
    trainer.begin()
    trainer.stop_at([setting])
    turns = trainer.turns()
    states = [{n: v.clone() for n, v in trainer.model.state_arrays().items()}]
    while trainer.status != "halted":
        next(turns)
        states.append({n: v.clone() for n, v in trainer.model.state_arrays().items()})
    return trainer, events, states


@pytest.mark.parametrize("setting", EVERY[:4])
def test_a_halted_run_stands_at_the_step_before(setting, config_of):
    trainer, events, states = at_a_halt(config_of("lstm"), setting)
    halt = events[-1]
    assert isinstance(halt, RunHalted)
    assert halt.step == trainer.step + 1 == trainer.learner.steps + 1
    assert trainer.tokens == sum(e.tokens > 0 for e in events if isinstance(e, StepMetrics)) * 4 * 16
    assert all(torch.equal(value, states[-2][name]) for name, value in trainer.model.state_arrays().items())
    assert all(parameter.grad is None for parameter in trainer.model.parameters())


def test_an_update_ratio_met_in_the_first_step_leaves_the_optimiser_without_memory(config_of):
    trainer, _, _ = at_a_halt(config_of("lstm"), BreakpointSetting("update_ratio", 0.0))
    assert trainer.step == 0
    assert not trainer.learner.optimizer.state


def test_a_halt_says_tensor_layer_position_and_text(config_of):
    trainer, events, _ = at_a_halt(config_of("lstm"), BreakpointSetting("grad_norm", 0.0))
    halt = events[-1]
    assert halt.tensor in dict(trainer.model.named_parameters())
    assert halt.layer
    assert len(halt.excerpt) == 16
    assert 0 <= halt.position < 16
    assert "".join(halt.excerpt) in trainer.task.content.train
    assert "above the limit 0" in halt.text
    assert halt.panel


def test_the_text_of_generated_numbers_is_told_too(adding):
    _, events, _ = at_a_halt(adding, BreakpointSetting("grad_norm", 0.0))
    halt = events[-1]
    assert len(halt.excerpt) == 12
    assert all(len(label.split(",")) == 2 for label in halt.excerpt)
    assert 0 <= halt.position < 12


def control_of(config, *settings):
    events: list[object] = []
    control = Control(events.append, lambda: None, NoStores())
    control.obey(SetBreakpoints(tuple(settings)))
    control.obey(Prepare(config))
    return control, events


def work_until(control, events, kind, count=1, most=3000):
    for _ in range(most):
        if sum(isinstance(e, kind) for e in events) >= count:
            return
        control.work()
    raise AssertionError(f"no {kind.__name__} came")


def test_the_window_hears_of_the_halt_then_of_the_pause_and_play_goes_on(make_config):
    control, events = control_of(make_config(), BreakpointSetting("grad_norm", 0.0))
    control.obey(Play())
    work_until(control, events, RunPaused)
    story = [type(e) for e in events if isinstance(e, RunHalted | RunPaused | RunResumed | StepMetrics)]
    assert story == [RunResumed, RunHalted, RunPaused]
    control.obey(Step(1))
    work_until(control, events, RunPaused, 2)
    assert [e.step for e in events if isinstance(e, StepMetrics)] == [1]
    assert control.trainer.step == 1
    control.obey(Play())
    work_until(control, events, RunHalted, 2)
    control.obey(SetBreakpoints(()))
    control.obey(Step(3))
    work_until(control, events, StepMetrics, 4)
    assert sum(isinstance(e, RunHalted) for e in events) == 2
    control.close()


def test_armed_breakpoints_stay_armed_for_the_next_run(make_config):
    control, events = control_of(make_config("rnn"), BreakpointSetting("grad_norm", 0.0))
    control.obey(Prepare(make_config("gru")))
    control.obey(Play())
    work_until(control, events, RunHalted)
    assert next(e for e in events if isinstance(e, RunHalted)).breakpoint == "grad_norm"
    control.close()


def test_what_a_run_cannot_be_asked_is_said_and_nonsense_is_refused(make_config):
    control, events = control_of(make_config("rnn"))
    control.obey(SetBreakpoints((BreakpointSetting("forget_gate", 0.5),)))
    assert any(isinstance(e, Notice) and "forget gate" in e.text for e in events)
    assert control.trainer.guard is None
    for setting in (BreakpointSetting("nonsense", 1.0), BreakpointSetting("grad_norm", float("nan")),
                    BreakpointSetting("itemised_gradient", 0.1, 0)):  # fmt: skip
        control.obey(SetBreakpoints((setting,)))
        assert isinstance(events[-1], Rejected)
    assert control.trainer.guard is None
    control.close()


def test_measured_values_come_with_the_step_they_are_of(make_config):
    control, events = control_of(make_config(), BreakpointSetting("forget_gate", 0.0))
    control.obey(Step(1))
    work_until(control, events, BreakpointsMeasured)
    told = next(e for e in events if isinstance(e, BreakpointsMeasured))
    assert told.steps == {"forget_gate": 1}
    assert 0 < told.values["forget_gate"] < 1
    control.close()


# not a number --------------------------------------------------------------------------------------------------


def poison(trainer: Trainer) -> None:
    """The next gradient overflows, and only that one."""
    hooks = []

    def overflow(grad):
        hooks.pop().remove()
        return grad * float("inf")

    hooks.append(trainer.model.head.linear.weight.register_hook(overflow))


def test_a_step_without_a_number_halts_instead_of_ending_the_run_and_the_batch_is_tried_again(make_config):
    alone, _ = trained(make_config("rnn"))
    events: list[object] = []
    trainer = Trainer(build(make_config("rnn")), NoStore(), events.append)
    trainer.begin()
    trainer.stop_at([BreakpointSetting("nan", 0.0)])
    poison(trainer)
    for _ in trainer.turns():
        pass
    halt = next(e for e in events if isinstance(e, RunHalted))
    assert halt.tensor == "gradient of head.linear.weight"
    assert halt.layer == "head"
    assert halt.excerpt
    assert trainer.status == "finished"
    assert all(torch.equal(v, trainer.model.state_arrays()[n]) for n, v in alone.model.state_arrays().items())


def test_a_batch_that_gives_no_number_twice_is_left_out(make_config):
    events: list[object] = []
    trainer = Trainer(build(make_config("rnn", training__carry_state=True)), NoStore(), events.append)
    trainer.begin()
    trainer.stop_at([BreakpointSetting("nan", 0.0)])
    turns = trainer.turns()
    poison(trainer)
    next(turns)
    assert trainer.status == "halted"
    poison(trainer)
    next(turns)
    assert trainer.status == "running"
    assert any(isinstance(e, Notice) and "left out" in e.text for e in events)
    next(turns)
    assert trainer.step == 1
    assert all(bool(torch.isfinite(p).all()) for p in trainer.model.parameters())


def test_after_a_halt_at_no_number_the_rate_can_be_lowered(make_config):
    config = make_config("rnn", optimizer__learning_rate=1000.0, optimizer__name="sgd", training__clip_norm=0.0,
                         model__activation="relu", training__steps=60)  # fmt: skip
    control, events = control_of(config, BreakpointSetting("nan", 0.0))
    control.obey(Play())
    work_until(control, events, RunHalted)
    control.obey(SetKnob("optimizer.learning_rate", 1e-4))
    assert control.trainer.learner.peak_rate == 1e-4
    assert not any(isinstance(e, RunDiverged) for e in events)
    control.close()


def test_a_divergence_names_layer_position_and_text(make_config):
    events: list[object] = []
    trainer = Trainer(build(make_config("rnn", model__activation="relu")), NoStore(), events.append)
    trainer.begin()
    with torch.no_grad():  # finite weights whose products are not
        for weight in trainer.model.parameters():
            weight.fill_(1e30)
    for _ in trainer.turns():
        pass
    end = next(e for e in events if isinstance(e, RunDiverged))
    assert "layer 1" in end.text
    assert "position 0 of “›" in end.text


def test_layers_are_told_in_words():
    assert layer_words("gradient of cells.0.weight_hh_l0") == "layer 1"
    assert layer_words("blocks.1.attention.pattern") == "block 2"
    assert layer_words("weights of embedding.weight") == "embedding"
    assert layer_words("loss") == ""


def test_a_distance_that_no_sequence_has_is_told_and_not_armed(config_of):
    trainer = Trainer(build(config_of("lstm")), NoStore(), lambda event: None)
    longest = trainer.task.context_length
    settings = [BreakpointSetting("itemised_gradient", 0.1, distance) for distance in (longest - 1, longest)]
    assert trainer.stop_at(settings) == (f"itemised_gradient at distance {longest}",)
    assert trainer.guard is not None
    assert trainer.stop_at(settings[1:])
    assert trainer.guard is None
