from __future__ import annotations

import math

from seqviz.gui.panels.jacobian_place import JacobianPlace, factor_text, partial
from tests.gui.panels.sheet_frames import run_of

PROVIDES = tuple(f"jacobian.layers.*.{state}.product" for state in ("hidden_state", "cell_state"))


def test_states_are_read_off_the_run_and_layers_off_the_arrays():
    place = JacobianPlace("product")
    assert place.choices() == ()
    assert not place.meet(run_of(provides=(*PROVIDES, "jacobian.layers.*.state.singular_values")))
    place.see(["jacobian.layers.0.hidden_state.product", "jacobian.layers.1.hidden_state.product"])
    assert place.states == ("hidden_state", "cell_state")
    assert place.layers == (0, 1)
    assert place.name() == "jacobian.layers.1.hidden_state.product"
    assert [key for key, _, _ in place.choices()] == ["state", "layer"]


def test_a_choice_of_state_asks_for_other_arrays_and_a_choice_of_layer_does_not():
    place = JacobianPlace("product")
    place.meet(run_of(provides=PROVIDES))
    place.see([f"jacobian.layers.{n}.hidden_state.product" for n in (0, 1)])
    assert place.choose("state", "cell state c")
    assert not place.choose("state", "cell state c")
    assert not place.choose("layer", "layer 1")
    assert place.wildcard("bound") == "jacobian.layers.*.cell_state.bound"
    assert place.name() == "jacobian.layers.0.cell_state.product"
    assert place.held == "h"
    assert place.meet(run_of(provides=PROVIDES[:1]))  # a run without a cell shows h again
    assert (place.letter, place.held) == ("h", "")


def test_factors_near_one_keep_two_decimals():
    assert [factor_text(x) for x in (0.997, 0.83, 2.0, 0.0012, 1.5e6, math.inf)] == [
        "1.00", "0.83", "2.00", "1.2e-3", "1.5 M", "∞"
    ]  # fmt: skip
    assert partial("h", "t", "k") == r"\frac{\partial h_{t}}{\partial h_{k}}"
