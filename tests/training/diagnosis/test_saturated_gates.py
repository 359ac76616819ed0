from __future__ import annotations

import numpy as np

from seqviz.training.diagnosis.saturated_gates import SaturatedGates, stuck
from tests.training.diagnosis.cases import made, silent
from tests.training.diagnosis.patients import faulty, healthy

GATE = "layers.0.forget_gate"


def gate(stuck_units: int, units: int = 10) -> np.ndarray:
    values = np.full((2, 20, units), 0.7)
    values[..., :stuck_units] = 0.9999
    return values


def test_a_unit_is_stuck_only_if_it_never_moves():
    values = gate(3)
    values[1, 7, 0] = 0.5
    assert stuck(values).tolist() == [False, True, True, *[False] * 7]


def test_half_of_the_units_of_one_gate_are_a_finding_and_fewer_are_not():
    assert SaturatedGates().judge(made(arrays={GATE: gate(4)})) is None
    found = SaturatedGates().judge(made(arrays={GATE: gate(8), "layers.1.input_gate": gate(0)}))
    assert found is not None
    assert found.evidence == (("units stuck, the forget gate of layer 1", "80 %"),)
    assert "stay open" in found.sentence


def test_arrays_outside_of_0_and_1_are_no_gates():
    silent(SaturatedGates(), made(arrays={GATE: gate(10) * 2}), "LSTM has no gates")


def test_a_forget_bias_of_8_is_found_in_the_gates_of_the_real_run_and_a_forget_bias_of_3_is_well():
    patient = faulty("a forget bias of 8")
    found = patient.finding("saturated_gates")
    assert found is not None
    assert [(s.remedy, s.value) for s in found.suggestions][0] == ("forget_bias", 1.0)
    assert float(stuck(patient.case.arrays["layers.0.forget_gate"]).mean()) > 0.5
    assert "saturated" not in {f.rule for f in healthy("LSTM with forget bias 3 on copy memory").told.findings}


def test_units_that_are_stuck_on_either_side_are_not_all_called_open_or_closed():
    both = np.full((2, 60, 10), 1e-6)
    both[..., :7] = 1 - 1e-6
    found = SaturatedGates().judge(made(arrays={GATE: both}))
    assert found is not None
    assert "stay open or closed (70 % of them open) at every position" in found.sentence
    both[:, ::2] = 1 - both[:, ::2]
    switching = SaturatedGates().judge(made(arrays={GATE: both}))
    assert switching is not None
    assert "now one, now the other" in switching.sentence


def test_the_mean_that_is_told_is_of_the_stuck_units_alone():
    found = SaturatedGates().judge(
        made(arrays={GATE: np.concatenate([np.full((2, 60, 6), 1e-4), np.full((2, 60, 4), 0.5)], -1)})
    )
    assert found is not None
    assert "stay closed (mean 0.0001" in found.sentence


def test_a_lower_rate_is_offered_only_where_a_violent_update_was_measured():
    config = {"model": {"forget_bias": 9.0}, "optimizer": {"learning_rate": 0.3}, "training": {}}
    calm = SaturatedGates().judge(made(arrays={GATE: gate(9)}, config=config))
    assert calm is not None
    assert [suggestion.remedy for suggestion in calm.suggestions] == ["forget_bias"]
    thrown = SaturatedGates().judge(made(arrays={GATE: gate(9)}, config=config, record={"ratios": np.full(60, 0.3)}))
    assert thrown is not None
    assert [suggestion.remedy for suggestion in thrown.suggestions] == ["forget_bias", "learning_rate"]
