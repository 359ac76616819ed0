from __future__ import annotations

import math

import numpy as np
import pytest

from seqviz.gui.lab.anatomy import ACTED, GATE, read_anatomy, tensor_title
from tests.gui.lab.anatomy_frames import arrays_of
from tests.gui.panels.sheet_frames import N, snapshot_of


def test_lanes_stand_from_the_top_layer_down_the_hidden_state_first():
    anatomy = read_anatomy(snapshot_of(arrays_of(layers=2, cell=True)))
    assert [(lane.layer, lane.letter) for lane in anatomy.lanes] == [(1, "h"), (1, "c"), (0, "h"), (0, "c")]
    assert GATE in anatomy.lanes[1].factors
    assert GATE not in anatomy.lanes[0].factors
    assert anatomy.layers == 2


def test_a_single_loss_stands_at_the_end_of_the_text():
    arrays = arrays_of()
    arrays["backprop.losses"] = np.array([2.0], dtype=np.float32)
    anatomy = read_anatomy(snapshot_of(arrays))
    assert anatomy.losses[-1] == 2.0
    assert np.isnan(anatomy.losses[:-1]).all()


def test_there_is_no_step_to_show_without_losses_or_lanes():
    assert read_anatomy(snapshot_of({})) is None
    arrays = arrays_of()
    del arrays["backprop.losses"]
    assert read_anatomy(snapshot_of(arrays)) is None


def test_thickness_is_the_logarithm_of_the_length_over_four_decades():
    anatomy = read_anatomy(snapshot_of(arrays_of()))
    assert anatomy.top == 1.0
    assert anatomy.thickness(1.0) == 1.0
    assert anatomy.thickness(0.01) == pytest.approx(0.5)
    assert anatomy.thickness(0.0) == 0.0
    assert 0 < anatomy.thickness(1e-30) < 0.1
    assert anatomy.thickness(math.inf) == 1.0
    assert math.isnan(anatomy.thickness(math.nan))


def test_what_acted_is_read_by_position():
    anatomy = read_anatomy(snapshot_of(arrays_of(fade=0.5)))
    assert anatomy.lanes[0].factors[ACTED][1:] == pytest.approx(np.full(N - 1, 0.5))


def test_tensors_are_named_as_in_the_equations_and_stand_in_reading_order():
    anatomy = read_anatomy(snapshot_of(arrays_of()))
    titles = [tensor_title(name, 1) for name in anatomy.tensors]
    assert titles == ["E, input", "Wₕₕ", "Wᵢₕ", "bₕₕ", "W, head"]
    assert tensor_title("cells.weight_hh_l1", 2) == "Wₕₕ, layer 2"
    assert tensor_title("layers.1.bias", 2) == "b, layer 2"
