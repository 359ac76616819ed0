"""What every remedy keeps to, on every architecture that learns by gradient."""

from __future__ import annotations

import pytest

from seqviz.models.base import architectures
from seqviz.training.builder import complete
from seqviz.training.remedies import remedies, switches


def other_value(switch):
    """Another value that the switch allows."""
    if switch.kind == "toggle":
        return not switch.value
    if switch.kind == "choice":
        return next(option for option in reversed(switch.options) if option != switch.value)
    return switch.low if type(switch.value) is int else (switch.low + switch.high) / 2


def chains(make_config):
    """A run of each architecture that can read the words of this test."""
    for name, cls in architectures.items():
        if cls.learns_by != "gradient":
            continue
        try:
            yield complete(make_config(name))
        except ValueError:
            continue


def test_every_switch_is_plain_data_that_the_window_can_show(make_config):
    seen = set()
    for config in chains(make_config):
        for switch in switches(config):
            seen.add(switch.name)
            assert switch.title
            assert switch.help
            if switch.kind == "choice":
                assert switch.value in switch.options
                assert len(set(switch.options)) == len(switch.options) > 1
            elif switch.kind == "number":
                assert switch.low <= switch.value <= switch.high
            else:
                assert isinstance(switch.value, bool)
    assert seen == set(remedies.names())


def test_an_applied_remedy_is_a_config_that_can_be_built_and_says_the_new_value(make_config):
    for config in chains(make_config):
        for switch in switches(config):
            value = other_value(switch)
            value = round(value) if type(switch.value) is int else value
            remedied = complete(remedies.get(switch.name)().applied(config, value))
            again = remedies.get(switch.name)().offered(remedied)
            assert again is not None, (config.model.name, switch.name)
            assert again.value == value, (config.model.name, switch.name)


def test_the_present_value_changes_nothing(make_config):
    for config in chains(make_config):
        for switch in switches(config):
            assert remedies.get(switch.name)().applied(config, switch.value) == config, (config.model.name, switch.name)


def test_what_can_be_put_into_a_run_under_way_asks_for_no_other_architecture(make_config):
    for config in chains(make_config):
        for switch in switches(config):
            if not switch.from_start:
                value = round(other_value(switch)) if type(switch.value) is int else other_value(switch)
                assert remedies.get(switch.name)().applied(config, value).model.name == config.model.name


def test_numbers_beyond_what_the_slider_spans_stretch_it(make_config):
    config = complete(make_config("rnn", optimizer__learning_rate=50.0, training__context_length=900))
    by_name = {switch.name: switch for switch in switches(config)}
    assert by_name["learning_rate"].high == 50.0
    assert by_name["truncation"].high == 900


@pytest.mark.parametrize("name", list(remedies.names()))
def test_a_value_of_the_wrong_kind_is_refused_with_a_sentence(make_config, name):
    config = next(c for c in chains(make_config) if remedies.get(name)().offered(c) is not None)
    with pytest.raises(ValueError, match=r"\S") as refusal:
        complete(remedies.get(name)().applied(config, ["nonsense"]))
    assert "\n" not in str(refusal.value)
