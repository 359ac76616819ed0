"""From what was typed to a config."""

from __future__ import annotations

import pytest

from seqviz.cli.choosing import chosen_config, typed_value


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("1e-3", 1e-3), ("true", True), ('"3"', "3"), ("word", "word"), ("a b", "a b"), ("", ""),
     ("1\ny = 2", "1\ny = 2"), ("[" * 5000, "[" * 5000)],
)  # fmt: skip
def test_values_are_read_as_toml_and_else_as_text(text, value):
    assert typed_value(text) == value
    assert type(typed_value(text)) is type(value)


def test_what_is_text_stays_text_whatever_it_looks_like(preset):
    config = chosen_config(str(preset), ["sampling.prompt=1984", "probe=3.14", "title=true"])
    assert (config.sampling.prompt, config.probe, config.title) == ("1984", "3.14", "true")


def test_later_changes_win_and_options_win_over_changes(preset):
    config = chosen_config(str(preset), ["training.steps=3", "training.steps=4"])
    assert config.training.steps == 4
    assert chosen_config(str(preset), ["training.steps=3"], **{"training.steps": 9}).training.steps == 9


def test_an_equals_sign_may_stand_in_the_value(preset):
    assert chosen_config(str(preset), ["sampling.prompt=a = b"]).sampling.prompt == "a = b"


def test_another_architecture_keeps_the_knobs_that_it_has_too():
    config = chosen_config("agreement-lstm", ["model.name=gru", "model.d_hidden=7"])
    assert config.model.name == "gru"
    assert config.model.knobs == {"d_hidden": 7, "d_embedding": 32}
    assert chosen_config("lstm-stories", ["model.name=ngram"]).model.knobs == {}


def test_words_about_another_experiment_are_not_kept():
    other = chosen_config("lstm-stories", ["model.name=gru"])
    assert (other.title, other.description, other.watch_for) == ("GRU on stories with agreement", "", "")
    assert other.probe
    own = ["corpus.name=text", "corpus.text=some words"]
    assert not chosen_config("lstm-stories", own).probe
    assert chosen_config("lstm-stories").sampling.prompt == "Once"
    assert not chosen_config("lstm-stories", own).sampling.prompt
    assert chosen_config("lstm-stories", [*own, "sampling.prompt=me"]).sampling.prompt == "me"
    assert chosen_config("lstm-stories", ["corpus.name=text", "corpus.text=some words", "probe=me"]).probe == "me"
    assert chosen_config("lstm-stories", ["model.name=lstm", "model.d_hidden=9"]).watch_for


def test_a_preset_of_the_user_wins_over_one_of_the_program(preset, home):
    (home / "presets").mkdir(parents=True)
    (home / "presets" / "lstm-stories.toml").write_text(preset.read_text())
    assert chosen_config("lstm-stories").title == "Tiny"
