from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from seqviz.analysis import Subject
from seqviz.analysis.itemised import naive_itemised
from seqviz.training.builder import complete
from seqviz.training.diagnosis.measuring import ONE_BY_ONE, chosen_windows
from seqviz.training.diagnosis.vanishing import FORGOTTEN, Vanishing, furthest
from seqviz.training.twin_control import remedied
from tests.training.diagnosis.cases import made, silent
from tests.training.diagnosis.patients import config_of, faulty, healthy, visit

DECAY = "gradient.decay.layers.0.hidden_state"


def curve(factor: float, length: int = 40) -> np.ndarray:
    return factor ** np.arange(length)


def test_the_share_that_arrives_is_read_at_the_distance_the_task_asks_for():
    ill = made(arrays={DECAY: curve(0.8)}, distance=30, baselines={"memoryless": 0.9})
    assert 0.8**30 < FORGOTTEN < 0.8**20
    found = Vanishing().judge(ill)
    assert found is not None
    assert found.evidence[0][1] == "0.12 %"
    assert Vanishing().judge(made(arrays={DECAY: curve(0.8)}, distance=20)) is None


def test_a_cell_state_that_carries_the_gradient_makes_up_for_a_hidden_state_that_does_not():
    arrays = {DECAY: curve(0.5), "gradient.decay.layers.0.cell_state": curve(0.95)}
    assert Vanishing().judge(made(arrays=arrays, distance=30)) is None
    reach = furthest(made(arrays=arrays))
    assert reach is not None
    assert reach == pytest.approx(curve(0.95))


def test_a_short_memory_is_no_illness_where_the_net_beats_the_counted_line():
    case = made(arrays={DECAY: curve(0.2)})
    assert case.record.valid_now() < 1.0
    assert Vanishing().judge(case) is None
    behind = made(arrays={DECAY: curve(0.2)}, record={"valid_losses": np.full(6, 2.0)})
    found = Vanishing().judge(behind)
    assert found is not None
    assert "5-gram" in found.sentence


def test_a_net_that_is_behind_but_looks_further_than_the_n_gram_is_left_alone():
    assert Vanishing().judge(made(arrays={DECAY: curve(0.6)}, record={"valid_losses": np.full(6, 2.0)})) is None


def test_whoever_has_solved_the_task_is_well_whatever_the_gradient():
    case = made(arrays={DECAY: curve(0.5)}, distance=30, baselines={"memoryless": 2.5})
    assert case.record.loss_now() < 0.5 * 2.5
    assert Vanishing().judge(case) is None


def test_it_says_what_it_lacks():
    silent(Vanishing(), made(), "no state of LSTM has a curve")
    silent(Vanishing(), made(arrays={DECAY: curve(0.5)}, baselines={}), "nothing says how far back")
    silent(Vanishing(), made(arrays={DECAY: curve(0.5)}, step=100), "before step 200")
    silent(Vanishing(), made(arrays={DECAY: curve(0.5, 10)}, distance=100), "windows are 10 positions long")
    silent(Vanishing(), made(arrays={DECAY: np.full(40, math.nan)}), "no state of LSTM")


def test_the_evidence_of_a_real_run_is_the_measured_decay():
    patient = faulty("a small spectral radius on copy memory")
    measured = patient.case.arrays["gradient.decay.layers.0.hidden_state"][30]
    found = patient.finding("vanishing")
    assert found is not None
    assert measured < 1e-10
    assert found.evidence[0] == ("‖∂ℓₜ/∂hₜ₋₃₀‖ as a share of ‖∂ℓₜ/∂hₜ‖", "less than 0.001 %")
    well = healthy("LSTM with forget bias 3 on copy memory").case.arrays
    assert max(values[20] for name, values in well.items() if name.startswith("gradient.decay")) > FORGOTTEN


def test_a_loss_at_the_end_alone_is_judged_by_the_way_back_from_there():
    config = config_of("rnn", {"name": "delayed_recall", "delay": 14}, "labelling", training__steps=40,
                       training__batch_size=16, model__spectral_radius=0.4)  # fmt: skip
    patient = visit(config)
    found = patient.finding("vanishing")
    assert found is not None
    assert found.confidence >= 0.5
    assert found.evidence[0][0] == "‖∂ℓₜ/∂hₜ₋₁₅‖ as a share of ‖∂ℓₜ/∂hₜ‖"

    trainer = patient.trainer
    shares = []
    for window in chosen_windows(trainer)[:ONE_BY_ONE]:
        itemised = naive_itemised(Subject(trainer.model, trainer.learner.tensors(window)), "layers.0.hidden_state")
        shares.append(itemised[0, -1].flip(0) / itemised[0, -1, -1])  # (distance,): only the last position has a loss
    measured = patient.case.arrays["gradient.decay.layers.0.hidden_state"]
    assert len(measured) == 16
    assert measured == pytest.approx(torch.stack(shares).mean(dim=0).numpy(), rel=1e-3)


def test_every_fix_of_a_long_way_can_be_given_to_the_run_with_what_must_go_with_it():
    config = complete(
        config_of("rnn", {"name": "delayed_recall", "delay": 30}, "labelling", model__spectral_radius=0.4)
    )
    case = made(arrays={DECAY: curve(0.5)}, distance=31, baselines={"memoryless": 0.9}, config=config.model_dump())
    found = Vanishing().judge(case)
    assert found is not None
    lstm, identity = (remedied(config, suggestion.changes)[0].model for suggestion in found.suggestions[:2])
    assert (lstm.name, lstm.knobs["forget_bias"], lstm.knobs["spectral_radius"]) == ("lstm", 3.0, 0.0)
    assert (identity.knobs["activation"], identity.knobs["initialization"]) == ("relu", "identity")
    assert identity.knobs["spectral_radius"] == 0.0
