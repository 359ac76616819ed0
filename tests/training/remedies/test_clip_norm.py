"""Clipping, by norm and by value: a knob of a run under way, 0 turns it off."""

from __future__ import annotations

import pytest

from seqviz.training.builder import build, complete
from seqviz.training.forking import fork
from seqviz.training.ports import NoStore
from seqviz.training.remedies.clip_norm import ClipNorm
from seqviz.training.remedies.clip_value import ClipValue
from seqviz.training.trainer import Trainer


def made_a_step(trainer: Trainer) -> None:
    before, turns = trainer.step, trainer.turns()
    while trainer.step == before:
        next(turns)


@pytest.mark.parametrize("value", [0.0, 0.05, 1e-3])
def test_the_twin_s_gradient_is_no_longer_than_asked(make_config, value):
    config = complete(make_config("rnn"))
    trainer = Trainer(build(config), NoStore(), lambda event: None)
    next(trainer.turns())
    twin = fork(trainer, ClipNorm().applied(config, value), lambda event: None)
    made_a_step(twin)
    length = sum(float(p.grad.square().sum()) for p in twin.model.parameters()) ** 0.5
    before = twin.learner.result.grad_norm
    assert length == pytest.approx(min(before, value) if value else before, rel=1e-4)


def test_no_entry_of_the_twin_s_gradient_is_larger_than_asked(make_config):
    config = complete(make_config("rnn", training__clip_norm=0.0))
    trainer = Trainer(build(config), NoStore(), lambda event: None)
    next(trainer.turns())
    twin = fork(trainer, ClipValue().applied(config, 1e-3), lambda event: None)
    made_a_step(twin)
    assert max(float(p.grad.abs().max()) for p in twin.model.parameters()) == pytest.approx(1e-3)
