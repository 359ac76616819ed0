"""Presets are read with care: whatever the bytes, either a config or one line that names the file (R8)."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqviz.core.config import RunConfig, parse_config
from seqviz.core.presets import find_preset, list_presets, parse_toml, read_preset, to_toml

PRESETS = list_presets()


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
def test_hostile_files_are_refused_in_a_tenth_of_a_second(content, tmp_path):
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
    try:
        assert isinstance(read_preset(path), RunConfig)
    except ValueError as error:
        assert "any.toml" in str(error)
        assert "\n" not in str(error)


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
    try:
        assert isinstance(parse_config(tree), RunConfig)
    except ValueError as error:
        assert "\n" not in str(error)
