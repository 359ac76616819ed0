"""What the debugger says of each sub-step, and the equation of each kind of cell."""

from __future__ import annotations

import numpy as np
import pytest

from seqviz.gui.lab.anatomy import Anatomy, StepFigures, read_anatomy
from seqviz.gui.lab.step_totals import explain_clip
from seqviz.gui.lab.step_words import backward_formula, clip_sentence, explain_lane, sentence
from seqviz.gui.lab.sub_steps import SubSteps
from tests.gui.lab.anatomy_frames import arrays_of
from tests.gui.panels.sheet_frames import N, snapshot_of


def anatomy_of(**what: object):
    return read_anatomy(snapshot_of(arrays_of(**what)))


def said_at(kind: str, offset: int = 0, **what: object) -> str:
    anatomy = anatomy_of(**what)
    steps = SubSteps(anatomy.n)
    steps.go(steps.span(kind).start + offset)
    return sentence(anatomy, steps, anatomy.lanes[0], None)


@pytest.mark.parametrize(
    ("kind", "offset", "words"),
    [
        ("forward", 2, "forward, t = 2: the state h has the size **0.50** (root mean square)"),
        ("loss", 0, "loss: every position is wrong by something, **1.50** nats on the mean"),
        ("backward", 0, f"backward, t = {N - 1}, h: nothing arrives from later, born here 0.00, times **0.8** on to"),
        ("backward", 2, "the gradient arriving is 0.0800, born here 0.10, together 0.18, times **0.8** on to t = 12"),
        ("clip", 0, "clip: the whole gradient is 2.00 long, the limit 1: times **0.5**"),
        ("update", 0, "update, learning rate 1e-3: loss 1.50 → **0.90** nats on this text"),
    ],
)
def test_each_sub_step_is_said_with_its_number(kind, offset, words):
    assert words in said_at(kind, offset)


def test_the_first_position_sends_nothing_on():
    assert "on to" not in said_at("backward", N - 1)


def test_layers_are_told_apart_where_there_are_several():
    assert "h of layer 2" in said_at("backward", 3, layers=2)


@pytest.mark.parametrize(
    ("norm", "kept", "limit", "words"),
    [(0.5, 1.0, 1.0, "within the limit 1: unchanged"), (0.5, 1.0, 0.0, "no limit is set")],
)
def test_a_gradient_that_is_not_clipped_is_said_to_be_unchanged(norm, kept, limit, words):
    assert words in clip_sentence(norm, kept, limit)


def test_a_gradient_clipped_by_value_alone_is_not_said_to_have_no_limit():
    assert clip_sentence(2.0, 0.25, 0.0) == (
        "clip: the whole gradient is 2.00 long; entries cut to their limit leave **0.25**"
    )
    figures = StepFigures(1.0, 2.0, 0.25, 0.0, 0.1, 0.9)
    said = explain_clip(Anatomy(1, np.zeros(3), (), figures))
    assert (said.title, said.key_number) == ("Clip by value", "0.25")
    assert [q.value for q in said.quantities] == ["2.00", "0.50"]


@pytest.mark.parametrize(
    ("activation", "part"),
    [("tanh", "(1 - h_{4}^2)"), ("relu", "[h_{4} > 0]"), ("sigmoid", "h_{4} (1 - h_{4})"), ("", "J_{4}^{T}")],
)
def test_the_way_back_of_a_plain_net_shows_the_slope_of_its_activation(activation, part):
    lane = anatomy_of().lanes[0]
    formula = backward_formula(lane, 4, cell=False, activation=activation)
    assert part in formula
    assert formula.startswith(r"\frac{\partial L}{\partial h_{3}} \leftarrow")


def test_the_hidden_state_of_an_lstm_says_that_all_gates_had_a_part():
    said = explain_lane(anatomy_of(cell=True).lanes[0], 4, True, "c of cat", True, "")
    assert "all gates" in said.sentence
    assert said.formula.endswith(r"W_{hh}^{T} \delta_{4}")


def test_what_arrives_is_what_acted_times_what_stood_there():
    anatomy = anatomy_of()
    lane = anatomy.lanes[0]
    numbers = {q.name: q.value for q in explain_lane(lane, 4, True, "", False, "tanh").quantities}
    assert float(numbers["arrives at t = 3"]) == pytest.approx(float(lane.arriving[3]), rel=0.02)


def test_growth_is_said_as_growth():
    lane = anatomy_of(fade=1.25).lanes[0]
    assert "grows 1.25 times" in explain_lane(lane, 4, True, "", False, "tanh").sentence
    assert np.isfinite(lane.total).all()
