"""Configs: strict, closed, and every error is one line that names the field."""

from __future__ import annotations

import re

import pytest

from seqviz.core.config import OptimizerConfig, parse_config
from seqviz.core.knobs import describe_knobs

GOOD = {"corpus": {"name": "stories", "gap": 3}, "task": {"name": "next_token"}, "model": {"name": "lstm"}}


def test_a_minimal_config_fills_in_every_default():
    config = parse_config(GOOD)
    assert config.training.batch_size == 32
    assert config.corpus.knobs == {"gap": 3}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"training": {"batch_size": 0}}, "training.batch_size"),
        ({"training": {"batch_size": "64"}}, "training.batch_size"),
        ({"training": {"batch_size": 10**9}}, "training.batch_size"),
        ({"training": {"no_such": 1}}, "training.no_such"),
        ({"optimizer": {"learning_rate": float("nan")}}, "optimizer.learning_rate"),
        ({"optimizer": {"learning_rate": 1e9}}, "optimizer.learning_rate"),
        ({"optimizer": {"name": "lion"}}, "optimizer.name"),
        ({"nonsense": 1}, "nonsense"),
        ({"model": {"d_hidden": 3}}, "model.name"),
        ({"version": 99}, "version"),
    ],
)
def test_bad_input_is_one_line_that_names_the_field(changes, named):
    with pytest.raises(ValueError, match=rf"^{re.escape(named)}") as caught:
        parse_config(GOOD | changes)
    assert "\n" not in str(caught.value)


def test_replaced_changes_one_key_and_leaves_the_original_alone():
    config = parse_config(GOOD)
    changed = config.replaced({"optimizer.learning_rate": 0.5, "corpus.gap": 9})
    assert changed.optimizer.learning_rate == 0.5
    assert changed.corpus.knobs["gap"] == 9
    assert config.optimizer.learning_rate == 2e-3
    assert config.corpus.knobs["gap"] == 3


def test_replaced_refuses_a_section_that_is_not_there():
    with pytest.raises(ValueError, match=r"optimiser\.learning_rate: there is no such setting"):
        parse_config(GOOD).replaced({"optimiser.learning_rate": 1.0})


def test_whole_numbers_are_taken_for_real_settings():
    assert parse_config(GOOD | {"training": {"clip_norm": 1}}).training.clip_norm == 1.0


def test_knobs_describe_their_range_unit_and_whether_they_may_change_while_running():
    knobs = {k.key: k for k in describe_knobs(OptimizerConfig, "optimizer")}
    rate = knobs["optimizer.learning_rate"]
    assert (rate.kind, rate.low, rate.high, rate.log, rate.live) == ("float", 1e-7, 1e3, True, True)
    assert knobs["optimizer.name"].choices == ("adamw", "adam", "sgd", "rmsprop")
    assert not knobs["optimizer.name"].live


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e9, "fast", True, None])
def test_a_knob_refuses_what_the_config_would_refuse(value):
    rate = next(k for k in describe_knobs(OptimizerConfig, "optimizer") if k.key.endswith("learning_rate"))
    assert rate.error(value)
    assert rate.error(1e-3) is None
