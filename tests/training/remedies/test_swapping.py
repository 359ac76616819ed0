"""Remedies that another architecture has: the twin is that architecture, with the knobs that both know."""

from __future__ import annotations

import pytest

from seqviz.training.builder import complete
from seqviz.training.remedies import remedies
from seqviz.training.remedies.swapping import moved


def offered(name, config):
    return remedies.get(name)().offered(complete(config))


def applied(name, config, value):
    return complete(remedies.get(name)().applied(complete(config), value)).model


def test_a_plain_rnn_gets_a_residual_lane_and_nothing_else(make_config):
    model = applied("residual", make_config("rnn", model__activation="relu"), True)
    assert model.name == "rnn_variants"
    assert (model.knobs["residual"], model.knobs["layer_norm"]) == (True, False)
    assert (model.knobs["activation"], model.knobs["d_hidden"]) == ("relu", 12)


def test_a_plain_rnn_gets_a_layer_norm_and_nothing_else(make_config):
    model = applied("layer_norm", make_config("rnn"), True)
    assert (model.knobs["residual"], model.knobs["layer_norm"]) == (False, True)


def test_an_lstm_gets_its_layer_norm_from_the_variant_that_has_it_built_in_and_can_lose_it_again(make_config):
    normed = applied("layer_norm", make_config("lstm", model__forget_bias=2.5), True)
    assert (normed.name, normed.knobs["forget_bias"]) == ("lstm_layer_norm", 2.5)
    assert applied("layer_norm", make_config("lstm_layer_norm"), False).name == "lstm"


def test_an_lstm_has_no_residual_lane_to_offer(make_config):
    assert offered("residual", make_config("lstm")) is None


@pytest.mark.parametrize("value", ["sigmoid", "leaky"])
def test_an_activation_that_torch_s_rnn_lacks_comes_from_its_variant(make_config, value):
    model = applied("activation", make_config("rnn"), value)
    assert (model.name, model.knobs["activation"]) == ("rnn_variants", value)
    assert (model.knobs["residual"], model.knobs["layer_norm"]) == (False, False)


def test_an_activation_that_the_run_s_architecture_has_keeps_it(make_config):
    assert applied("activation", make_config("rnn"), "relu").name == "rnn"
    assert offered("activation", make_config("rnn")).options == ("tanh", "relu", "sigmoid", "leaky")


@pytest.mark.parametrize(("before", "after"), [("rnn", "lstm"), ("rnn", "gru"), ("lstm", "rnn"), ("gru", "lstm")])
def test_gates_are_another_cell_of_the_same_width(make_config, before, after):
    model = applied("gates", make_config(before), after)
    assert (model.name, model.knobs["d_hidden"], model.knobs["d_embedding"]) == (after, 12, 8)


def test_gates_of_a_variant_start_from_what_it_is_a_variant_of(make_config):
    config = make_config("rnn_variants", model__activation="sigmoid")
    assert offered("gates", config).value == "rnn"
    assert applied("gates", config, "lstm").name == "lstm"
    assert offered("gates", make_config("transformer")) is None


def test_a_knob_whose_value_the_other_architecture_does_not_know_begins_at_its_default(make_config):
    config = complete(make_config("rnn_variants", model__activation="leaky"))
    assert complete(moved(config, "rnn")).model.knobs["activation"] == "tanh"
