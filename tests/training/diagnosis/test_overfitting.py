from __future__ import annotations

import numpy as np

from seqviz.training.diagnosis.overfitting import Overfitting
from tests.training.diagnosis.cases import made, silent
from tests.training.diagnosis.patients import faulty

FALLING = {"losses": np.linspace(2.0, 0.5, 300)}


def told(*valid: float, **changes: object):  # type: ignore[no-untyped-def]
    steps = np.linspace(0, 300, len(valid) + 1)[1:]
    record = FALLING | {"valid_losses": np.array(valid), "valid_steps": steps} | changes
    return Overfitting().judge(made(record=record))


def test_a_validation_loss_that_rises_while_the_training_loss_falls_is_told_since_when():
    found = told(2.0, 1.5, 1.2, 1.4, 1.6, 1.8)
    assert found is not None
    assert found.sentence.startswith("Since step 150 the validation loss rose by 50 %")


def test_one_bad_validation_or_a_little_rise_is_luck():
    assert told(2.0, 1.5, 1.2, 1.2, 1.9) is None
    assert told(2.0, 1.5, 1.2, 1.22, 1.21) is None


def test_a_training_loss_that_rises_too_is_another_illness():
    assert told(2.0, 1.5, 1.2, 1.4, 1.6, 1.8, losses=np.linspace(0.5, 2.0, 300)) is None


def test_few_validations_are_no_verdict():
    record = {"valid_losses": np.array([1.0, 2.0, 3.0]), "valid_steps": np.array([1.0, 2.0, 3.0])}
    silent(Overfitting(), made(record=record), "4 validations are needed, there are 3")


def test_a_dozen_sentences_are_learned_by_heart():
    patient = faulty("a training text of a dozen sentences")
    record = patient.case.record
    assert record.valid_now() > 1.05 * record.valid_losses.min()
    assert patient.finding("overfitting") is not None
