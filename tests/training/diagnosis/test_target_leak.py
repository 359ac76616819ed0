from __future__ import annotations

import numpy as np

from seqviz.models.transformer_encoder import TransformerEncoder
from seqviz.training.builder import Experiment
from seqviz.training.diagnosis.target_leak import FUTURE, TargetLeak
from tests.training.diagnosis.cases import made, silent
from tests.training.diagnosis.patients import faulty, healthy, on_text, visit

CAUSAL = {FUTURE: np.array([0.0, 1.0])}


def test_any_gradient_to_later_inputs_is_a_missing_mask():
    found = TargetLeak().judge(made(arrays={FUTURE: np.array([0.01, 1.0])}))
    assert found is not None
    assert found.confidence >= 0.9
    assert "a mask is missing" in found.sentence


def test_a_task_that_may_look_ahead_is_not_judged_by_it():
    silent(TargetLeak(), made(arrays={FUTURE: np.array([0.5, 1.0])}, causal=False), "may be answered with what comes")
    silent(TargetLeak(), made(), "was not measured")


def test_a_loss_far_below_the_counted_line_after_little_reading_is_told_as_a_suspicion():
    low = {"losses": np.full(300, 0.05), "valid_losses": np.full(6, 0.05)}
    found = TargetLeak().judge(made(arrays=CAUSAL, record=low))
    assert found is not None
    assert 0.5 <= found.confidence <= 0.8
    assert TargetLeak().judge(made(arrays=CAUSAL, record=low, tokens=100_000)) is None  # ten passes: by heart
    only_training = low | {"valid_losses": np.full(6, 0.9)}
    assert TargetLeak().judge(made(arrays=CAUSAL, record=only_training)) is None


def test_the_gradient_to_the_future_of_a_masked_run_is_0_to_the_last_bit_and_of_an_unmasked_one_is_not():
    assert healthy("Transformer, learned positions").case.arrays[FUTURE][0] == 0.0
    assert faulty("no causal mask").case.arrays[FUTURE][0] > 0.01


def encoder_in_its_place(experiment: Experiment) -> None:
    names = TransformerEncoder.Config.model_fields
    knobs = {key: value for key, value in experiment.config.model.knobs.items() if key in names}
    with experiment.randomness:
        experiment.model = TransformerEncoder(TransformerEncoder.Config(**knobs), experiment.task.interface)


def test_a_model_that_looks_ahead_by_design_is_found_where_the_task_must_not():
    patient = visit(on_text("transformer", training__steps=10), encoder_in_its_place)
    assert patient.told.findings[0].rule == "target_leak"
    assert patient.told.findings[0].confidence >= 0.9
