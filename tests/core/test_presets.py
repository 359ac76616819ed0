"""Presets are read with care: whatever the bytes, either a config or one line that names the file (R8)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqviz.core.config import RunConfig, parse_config
from seqviz.core.presets import find_preset, list_presets, parse_toml, read_preset, to_toml

PRESETS = list_presets()


def outcome(read: Callable[[Any], RunConfig], given: Any) -> RunConfig | str:
    """The config, or the line that says why there is none."""
    try:
        return read(given)
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("preset", PRESETS, ids=lambda p: p.name)
def test_every_preset_reads_and_says_what_to_watch_for(preset):
    config = read_preset(preset.path)
    assert config.title
    assert config.description
    assert config.watch_for
    assert parse_config(parse_toml(to_toml(config))) == config


def test_there_are_at_least_eight_presets():
    assert len(PRESETS) >= 8


def test_an_unknown_preset_is_named_with_what_there_is():
    with pytest.raises(ValueError, match='no preset is called "nope"; there is .*lstm-stories'):
        find_preset("nope")


@pytest.mark.parametrize(
    "content",
    [
        b"x = " + b"[" * 5000 + b"]" * 5000,
        b"a" + b".a" * 20000 + b" = 1",
        b"\xff\xfe\x00",
        b"a = 1\n" * 20_000,
        b"model = 3",
        b"",
        b"x = 99999999999999999999999999999999",
    ],
)
def test_hostile_files_are_refused_within_half_a_second(content, tmp_path):
    path = tmp_path / "evil.toml"
    path.write_bytes(content)
    began = time.perf_counter()
    with pytest.raises(ValueError, match=r"evil\.toml") as caught:
        read_preset(path)
    assert "\n" not in str(caught.value)
    assert time.perf_counter() - began < 0.5


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400))
def test_any_bytes_give_a_config_or_one_line(content, tmp_path):
    path = tmp_path / "any.toml"
    path.write_bytes(content)
    found = outcome(read_preset, path)
    assert isinstance(found, RunConfig) or ("any.toml" in found and "\n" not in found)


_NEAR = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "corpus", "task", "model", "optimizer", "training", "learning_rate", "steps", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=500, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["corpus", "task", "model", "optimizer", "training", "version", "probe"]), _NEAR)
)
def test_schema_near_nonsense_gives_a_config_or_one_line(tree):
    found = outcome(parse_config, tree)
    assert isinstance(found, RunConfig) or "\n" not in found
