from __future__ import annotations

import pytest
from fake_worker import example_config

from seqviz.core.presets import read_preset
from seqviz.gui.first_start import varied
from seqviz.gui.meanings import family_of
from seqviz.gui.preset_list import load_preset, preset_choices, save_preset


def test_a_saved_experiment_reads_back_equal(tmp_path):
    config = example_config()
    path = save_preset(config, "My LSTM: 2nd try!", tmp_path)
    assert path.name == "my-lstm-2nd-try.toml"
    assert read_preset(path) == config.replaced({"title": "My LSTM: 2nd try!"})


def test_a_taken_name_gets_a_number_and_nothing_is_overwritten(tmp_path):
    first = save_preset(example_config(), "one", tmp_path)
    second = save_preset(example_config("transformer"), "one", tmp_path)
    assert second.name == "one-2.toml"
    assert read_preset(first).model.name == "lstm"


def test_a_title_of_signs_only_still_gets_a_file(tmp_path):
    assert save_preset(example_config(), "../..", tmp_path).parent == tmp_path


def test_a_file_that_is_no_preset_is_left_out_of_the_list(tmp_path):
    (tmp_path / "broken.toml").write_text("not toml at all =")
    save_preset(example_config(), "fine", tmp_path)
    assert [choice.title for choice in preset_choices((tmp_path,))] == ["fine"]


def test_an_unknown_name_is_refused_in_one_line():
    with pytest.raises(ValueError, match='no preset is called "nothing"'):
        load_preset([], "nothing")


def test_the_first_page_shows_one_preset_of_each_family_and_a_race():
    shown = varied(preset_choices((None,)), 8)
    assert [preset.name for preset in shown[:3]] == ["lstm-stories", "rnn-stories", "transformer-text"]
    assert len({family_of(preset.model) for preset in shown[:-1]}) == 7
    assert [bool(preset.racers) for preset in shown] == [False] * 7 + [True]
