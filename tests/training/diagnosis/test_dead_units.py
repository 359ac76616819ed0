from __future__ import annotations

import numpy as np

from seqviz.training.diagnosis.dead_units import DeadUnits, dead, rectified
from tests.training.diagnosis.cases import made, silent
from tests.training.diagnosis.patients import faulty

NAME = "blocks.0.mlp.hidden"


def layer(dead_units: int, positions: int = 100, units: int = 10) -> np.ndarray:
    values = np.maximum(np.random.default_rng(0).normal(size=(2, positions, units)), 0)
    values[..., :dead_units] = 0
    return values


def test_a_unit_is_dead_if_it_is_0_at_every_position_of_every_window():
    values = layer(3)
    values[1, 50, 0] = 0.1
    assert dead(values).tolist() == [False, True, True, *[False] * 7]


def test_most_of_a_layer_is_a_finding_and_half_is_not():
    assert DeadUnits().judge(made(arrays={NAME: layer(5)})) is None
    found = DeadUnits().judge(made(arrays={NAME: layer(9)}))
    assert found is not None
    assert found.evidence == (("units that are always 0, block 1", "90 %"),)


def test_only_what_is_cut_off_at_0_can_be_dead():
    assert not rectified(layer(0) - 1)
    assert not rectified(layer(0) + 1)
    silent(DeadUnits(), made(arrays={"layers.0.hidden_state": layer(3) - 1}), "no units that are cut off")
    silent(DeadUnits(), made(arrays={NAME: layer(9, positions=20)}), "40 positions are too few")


def test_killed_units_are_counted_in_the_real_run():
    patient = faulty("ReLU biases of -10")
    assert all(dead(values).all() for values in patient.case.matching("blocks.*.mlp.hidden").values())


def test_a_violent_update_is_told_and_the_rate_offered_is_lowered_by_as_much():
    optimizer = {"model": {}, "optimizer": {"learning_rate": 0.6}, "training": {}}
    ratios = np.concatenate([[0.2], np.full(59, 1e-5)])
    found = DeadUnits().judge(made(arrays={NAME: layer(9)}, record={"ratios": ratios}, config=optimizer))
    assert found is not None
    assert found.evidence[-1] == ("largest update so far, over the size of the weights", "0.20")
    assert found.suggestions[-1].value == 0.003
    calm = DeadUnits().judge(made(arrays={NAME: layer(9)}, config=optimizer))
    assert calm is not None
    assert len(calm.evidence) == 1
    assert calm.suggestions[-1].value == 0.2
