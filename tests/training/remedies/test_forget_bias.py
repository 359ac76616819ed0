"""Forget bias: the twin begins with gates that stand elsewhere and is the original in all else."""

from __future__ import annotations

import torch

from seqviz.training.builder import build, complete
from seqviz.training.remedies.forget_bias import ForgetBias


def test_only_the_forget_gate_s_bias_differs_and_stands_where_it_was_asked(make_config):
    config = complete(make_config("lstm"))
    original, twin = build(config).model, build(ForgetBias().applied(config, 3.0)).model
    changed = [n for n, v in original.state_arrays().items() if not torch.equal(v, twin.state_arrays()[n])]
    assert changed == ["cells.bias_ih_l0"]
    difference = twin.cells.bias_ih_l0 - original.cells.bias_ih_l0
    assert difference[12:24].tolist() == [2.0] * 12
    assert not difference[:12].any()
    assert not difference[24:].any()


def test_it_is_offered_to_whatever_has_a_forget_gate_that_a_knob_starts(make_config):
    assert ForgetBias().offered(complete(make_config("lstm_coupled"))).value == 1.0
    assert ForgetBias().offered(complete(make_config("gru"))) is None
