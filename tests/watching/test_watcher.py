"""A watched loop makes the very same weights, tells what happens in it, and is left alone when anything goes wrong."""

from __future__ import annotations

import copy
import math
import threading
import time

import numpy as np
import pytest
import torch
from torch import nn

import seqviz
from seqviz.core.commands import Pause, Play, Quit, SetKnob, Step, Watch
from seqviz.core.events import Frame, Pulse, Rejected, RunFailed, RunFinished, RunPaused, RunStarted, StepMetrics
from seqviz.core.lab_commands import BreakpointSetting, SetBreakpoints
from seqviz.core.lab_events import ParametersMeasured, RunHalted
from seqviz.watching import opening
from seqviz.watching.looking import Looker
from tests.watching.small_scripts import Reader, Writer, eager, train

MODELS = [Reader, lambda: Reader("GRU"), lambda: Reader("RNN"), Writer]


def hooks_in(model, optimizer=None) -> int:
    """How many hooks stand anywhere in a model, its parameters and its optimiser."""
    count = 0
    for module in model.modules():
        count += len(module._forward_hooks) + len(module._forward_pre_hooks) + len(module._backward_hooks)
    for parameter in model.parameters():
        count += len(getattr(parameter, "_post_accumulate_grad_hooks", None) or {})
        count += len(parameter._backward_hooks or {})
    if optimizer is not None:
        count += len(optimizer._optimizer_step_pre_hooks) + len(optimizer._optimizer_step_post_hooks)
    return count


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("optimised", [True, False])
def test_weights_and_random_numbers_are_the_same_to_the_bit(box, make, seed, optimised):
    results = []
    for watched in (False, True):
        torch.manual_seed(seed)
        model = make()
        optimizer = torch.optim.AdamW(model.parameters(), 1e-2)
        watcher = eager(seqviz.watch(model, optimizer if optimised else None)) if watched else None
        losses = train(model, optimizer, 12, watcher, seed)
        results.append((losses, copy.deepcopy(model.state_dict()), torch.get_rng_state(), optimizer.state_dict()))
    (losses, weights, state, inner), (losses_2, weights_2, state_2, inner_2) = results
    assert losses == losses_2
    assert all(torch.equal(weights[name], weights_2[name]) for name in weights)
    assert torch.equal(state, state_2)
    for one, other in zip(inner["state"].values(), inner_2["state"].values(), strict=True):
        assert all(torch.equal(torch.as_tensor(one[key]), torch.as_tensor(other[key])) for key in one)
    assert box.of(Frame)


@pytest.mark.parametrize("before", [True, False])
def test_each_step_has_its_own_loss_whenever_it_is_told(box, before):
    model = Reader()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    watcher = eager(seqviz.watch(model, optimizer))
    losses = train(model, optimizer, 5, watcher, before=before)
    watcher.detach()
    assert [event.step for event in box.of(StepMetrics)] == [1, 2, 3, 4, 5]
    np.testing.assert_array_equal(box.losses, losses)


def test_norms_are_those_of_the_gradients_the_optimiser_gets(box):
    model = Reader()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    watcher = eager(seqviz.watch(model, optimizer))
    train(model, optimizer, 1, watcher)
    measured, started = box.of(StepMetrics)[0], box.of(RunStarted)[-1]
    grads = {n: p.grad.double() for n, p in model.named_parameters()}
    assert measured.grad_norm == pytest.approx(math.sqrt(sum(float((g**2).sum()) for g in grads.values())), rel=1e-6)
    cells = [g for n, g in grads.items() if n.startswith("cells")]
    at = started.layer_names.index("cells")
    assert measured.layer_norms[at] == pytest.approx(math.sqrt(sum(float((g**2).sum()) for g in cells)), rel=1e-6)


def test_the_update_ratio_is_what_the_optimiser_did(box):
    model = Reader()
    optimizer = torch.optim.AdamW(model.parameters(), 0.01)
    watcher = eager(seqviz.watch(model, optimizer))
    before = copy.deepcopy(model.state_dict())
    train(model, optimizer, 1, watcher)
    event = box.of(ParametersMeasured)[0]
    for name, ratio in zip(event.names, event.figures["update_ratio"], strict=True):
        change = (model.state_dict()[name].double() - before[name].double()).norm()
        assert ratio == pytest.approx(float(change / before[name].double().norm()), rel=1e-4)


def test_a_frame_stands_on_the_text_that_was_given(box):
    model = Reader()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    watcher = eager(seqviz.watch(model, optimizer, text="nine or more characters"))
    train(model, optimizer, 1, watcher)
    frame = box.of(Frame)[0]
    assert frame.rulers["t"].labels == tuple("nine or m")
    assert set(frame.arrays) <= set(box.of(RunStarted)[-1].provides)
    assert frame.arrays["layers.0.hidden_state"].shape == (9, 8)
    assert frame.arrays["gradient.total.head"].shape == (9,)


def test_without_an_optimiser_a_step_is_a_backward_pass(box):
    model = Reader()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    watcher = eager(seqviz.watch(model))
    losses = train(model, optimizer, 6, watcher)
    watcher.detach()
    assert box.of(StepMetrics)[-1].step == 5  # the first backward pass only teaches where one ends
    assert box.losses[-1] == losses[-1]
    assert "gradient.total.layers.0.hidden_state" in box.of(Frame)[-1].arrays
    assert hooks_in(model) == 0


@pytest.mark.parametrize("optimised", [True, False])
def test_detach_leaves_no_hook_and_may_be_called_twice(box, optimised):
    model = Writer()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    watcher = eager(seqviz.watch(model, optimizer if optimised else None))
    train(model, optimizer, 3, watcher)
    watcher.detach()
    watcher.detach()
    assert hooks_in(model, optimizer) == 0
    train(model, optimizer, 1, watcher)
    assert box.of(StepMetrics)[-1].step <= 3
    assert len(box.of(RunFinished)) == 1


def test_steps_that_are_not_looked_at_have_no_hook_in_the_model(box):
    model = Reader()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    watcher = seqviz.watch(model, optimizer)
    watcher.pace.share = 0.0
    train(model, optimizer, 3, watcher)
    assert sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()) == 0
    assert len(box.of(Frame)) == 1


def test_watching_again_replaces_the_watcher_before(box):
    model, other = Reader(), Writer()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    seqviz.watch(model, optimizer)
    second = seqviz.watch(other, torch.optim.SGD(other.parameters(), 0.1))
    assert hooks_in(model, optimizer) == 0
    assert opening._current == [second]


@pytest.mark.parametrize("broken", ["frame", "norms", "arm", "layer_norms"])
def test_a_fault_of_ours_is_said_once_and_the_script_goes_on(box, monkeypatch, capsys, broken):
    model = Reader()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    watcher = eager(seqviz.watch(model, optimizer))

    def raises(*args):
        raise RuntimeError("injected")

    monkeypatch.setattr(Looker, broken, raises)
    train(model, optimizer, 4, watcher)
    said = capsys.readouterr().err
    assert said.count("injected") == 1
    assert said.startswith("seqviz: stopped watching, the script goes on")
    assert len(box.of(RunFailed)) == 1
    watcher.detach()
    assert hooks_in(model, optimizer) == 0


def test_a_hook_that_fails_inside_the_forward_pass_is_not_the_scripts_business(box, capsys):
    model = Reader()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    watcher = eager(seqviz.watch(model, optimizer))
    for site in watcher._looker._hooks.sites:
        site.see = None
    train(model, optimizer, 3, watcher)
    assert capsys.readouterr().err.count("seqviz: stopped watching") == 1


def test_an_error_of_the_script_reaches_the_script(box):
    model = Reader()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    watcher = eager(seqviz.watch(model, optimizer))
    train(model, optimizer, 2, watcher)
    with pytest.raises(ZeroDivisionError), watcher:
        1 / 0  # noqa: B018
    assert hooks_in(model, optimizer) == 0
    assert "ZeroDivisionError" in box.of(RunFinished)[0].reason


def test_a_loss_that_makes_no_sense_stops_the_watching_alone(box, capsys):
    model = Reader()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    watcher = seqviz.watch(model, optimizer)
    watcher.loss("no number")
    train(model, optimizer, 2, watcher)
    assert "stopped watching" in capsys.readouterr().err


def test_what_is_no_module_is_refused():
    with pytest.raises(TypeError, match="looks at a torch.nn.Module"):
        seqviz.watch(3)
    with pytest.raises(TypeError, match="no parameter that is trained"):
        seqviz.watch(nn.ReLU())
    with pytest.raises(TypeError, match="the optimiser is a str, not one of torch.optim"):
        seqviz.watch(nn.Linear(2, 2), "adam")


def test_nobody_pays_for_what_nobody_looks_at(box):
    model = Reader()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    watcher = eager(seqviz.watch(model, optimizer))
    train(model, optimizer, 1, watcher)
    box.hear(Watch(frozenset({"surprisal"})))
    train(model, optimizer, 2, watcher)
    first = len(box.of(ParametersMeasured))
    train(model, optimizer, 2, watcher)
    assert not box.of(Frame)[-1].arrays
    assert len(box.of(ParametersMeasured)) == first


def wait_for(condition) -> None:
    end = time.monotonic() + 5
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    assert condition()


@pytest.fixture
def running(box):
    """A loop in a thread; (watcher, how many steps it made, a way to stop it)."""
    model = Reader()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    watcher = eager(seqviz.watch(model, optimizer))
    made, over = [], threading.Event()

    def run():
        while not over.is_set():
            train(model, optimizer, 1, watcher)
            made.append(1)

    thread = threading.Thread(target=run)
    thread.start()
    yield watcher, made
    over.set()
    watcher.detach()
    thread.join(5)
    assert not thread.is_alive()


def test_the_window_pauses_steps_and_plays_the_script(box, running):
    watcher, made = running
    wait_for(lambda: len(made) > 2)
    box.hear(Pause())
    wait_for(lambda: box.of(RunPaused))
    time.sleep(0.1)
    stood = len(made)
    time.sleep(0.1)
    assert len(made) == stood
    box.hear(Step(2))
    wait_for(lambda: len(made) == stood + 2)
    time.sleep(0.1)
    assert len(made) == stood + 2
    box.hear(Play())
    wait_for(lambda: len(made) > stood + 4)


def test_a_held_script_goes_on_when_the_window_is_gone(box, running):
    watcher, made = running
    box.hear(Pause())
    wait_for(lambda: box.of(RunPaused))
    stood = len(made)
    box.lost(True)
    wait_for(lambda: len(made) > stood + 3)


def test_a_held_script_goes_on_when_the_window_falls_silent(box, running, monkeypatch, capsys):
    from seqviz.watching import holding

    watcher, made = running
    monkeypatch.setattr(holding, "SILENCE", 0.2)
    box.hear(Pause())
    wait_for(lambda: box.of(RunPaused))
    stood = len(made)
    wait_for(lambda: len(made) > stood + 3)


def test_closing_the_window_detaches(box, running):
    watcher, made = running
    box.hear(Quit())
    told = len(box.of(StepMetrics))
    stood = len(made)
    wait_for(lambda: len(made) > stood + 3)
    assert len(box.of(StepMetrics)) <= told + 1


def test_what_cannot_be_asked_of_a_script_is_refused(box, running):
    box.hear(SetKnob("optimizer.learning_rate", 0.1))
    assert "belongs to your script" in box.of(Rejected)[0].text


@pytest.mark.parametrize(
    ("name", "limit", "where"), [("grad_norm", 1e-6, "‖∇L‖"), ("update_ratio", 1e-9, "the update before changed")]
)
def test_a_condition_halts_the_script_before_the_update(box, running, name, limit, where):
    watcher, made = running
    box.hear(SetBreakpoints((BreakpointSetting(name, limit),)))
    wait_for(lambda: box.of(RunHalted))
    halt = box.of(RunHalted)[0]
    assert halt.value > limit
    assert where in halt.text
    time.sleep(0.1)
    assert len(made) in (halt.step - 1, halt.step)
    box.hear(SetBreakpoints(()))
    box.hear(Play())
    stood = len(made)
    wait_for(lambda: len(made) > stood + 2)


def test_a_gradient_that_is_no_number_halts_and_names_its_tensor(box, running):
    watcher, made = running
    box.hear(SetBreakpoints((BreakpointSetting("nan", 0.0),)))
    with torch.no_grad():
        watcher._looker.model.head.bias[0] = math.nan
    wait_for(lambda: box.of(RunHalted))
    assert box.of(RunHalted)[0].tensor.split(".")[0] in ("embed", "cells", "head")


def test_the_machines_pulse_tells_the_share_that_looking_takes(box):
    model = Reader()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    watcher = seqviz.watch(model, optimizer)
    end = time.monotonic() + 1.2
    while time.monotonic() < end:
        train(model, optimizer, 5, watcher)
    pulse = box.of(Pulse)[-1]
    assert pulse.steps_per_second > 0
    assert pulse.tokens_per_second == pytest.approx(pulse.steps_per_second * 36)
    assert 0 < pulse.looking_share < 0.5
    assert pulse.looking_budget == watcher.pace.share
