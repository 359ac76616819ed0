from __future__ import annotations

import numpy as np
import pytest

from seqviz.core.lab_events import ParametersMeasured
from seqviz.gui.history import History
from seqviz.gui.parameter_history import first_choice, keep_measured, over_steps, same_tensor


def measured(step: int) -> ParametersMeasured:
    figures = {"update_ratio": np.array([step / 1000, 1e-3])}
    return ParametersMeasured(step, ("a", "b"), figures, np.zeros((2, 3), np.float32), np.arange(4.0), ((2, 3), (2,)))


def test_a_long_run_is_kept_within_the_bound_first_and_newest_included():
    kept: list[ParametersMeasured] = []
    for step in range(1, 5001):
        keep_measured(kept, measured(step), most=100)
        assert len(kept) <= 100
    steps = [event.step for event in kept]
    assert steps == sorted(set(steps))
    assert steps[0] == 1
    assert steps[-1] == 5000
    gaps = np.diff(steps)
    assert gaps[-1] == 1  # the newest are all there
    assert gaps[0] > gaps[-1]  # the old ones more sparsely


def test_the_history_keeps_what_was_measured():
    history = History()
    for step in (1, 7):
        history.apply(measured(step))
    steps, values = over_steps(history.parameters, "update_ratio")
    assert steps.tolist() == [1.0, 7.0]
    assert values[:, 0].tolist() == pytest.approx([0.001, 0.007])
    assert over_steps([], "angle")[1].shape == (0, 0)


def test_what_carries_the_state_is_shown_first_else_an_inner_matrix():
    recurrent = ("embedding.weight", "cells.weight_ih_l0", "cells.weight_hh_l0")
    assert first_choice(recurrent) == "cells.weight_hh_l0"
    others = ("embedding.weight", "blocks.0.norm_mlp.weight", "blocks.0.widen.bias", "blocks.0.widen.weight")
    assert first_choice(others) == "blocks.0.widen.weight"
    assert first_choice(()) == ""


def test_a_normalised_matrix_is_found_by_its_length_and_by_its_direction():
    names = ("stack.0.conv.weight", "head.weight")
    assert same_tensor("stack.0.conv.parametrizations.weight.original1", names) == "stack.0.conv.weight"
    assert same_tensor("head.weight", names) == "head.weight"
    assert same_tensor("cells.weight_hh_l0", names) == ""
