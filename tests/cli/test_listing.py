"""`seqviz list`: everything there is to choose from, for people and for programs."""

from __future__ import annotations

import json

import pytest

from seqviz.core.presets import list_presets


@pytest.fixture
def rows(command):
    def read(what):
        status, out, err = command("list", what, "--json")
        assert (status, err) == (0, "")
        found = json.loads(out.splitlines()[-1])
        assert list(found) == [what]
        return {row["name"]: row for row in found[what]}

    return read


def test_architectures_come_with_knobs_ranges_and_what_they_serve(rows):
    found = rows("architectures")
    assert {"rnn", "lstm", "gru", "transformer", "ngram"} <= set(found)
    knobs = {knob["key"]: knob for knob in found["lstm"]["knobs"]}
    assert (knobs["model.d_hidden"]["kind"], knobs["model.d_hidden"]["low"]) == ("int", 1)
    assert knobs["model.dropout"]["live"] is True
    assert "next_token" in found["lstm"]["serves"]
    assert "next_token" not in found["kalman"]["serves"]


def test_corpora_say_which_tasks_can_be_asked_of_them(rows):
    found = rows("corpora")
    assert {"text", "stories", "python_source", "reference_prose", "copy_memory", "adding"} <= set(found)
    assert {"next_token", "fill_in"} <= set(found["stories"]["serves"])
    assert "labelling" not in found["stories"]["serves"]


def test_tasks_and_panels_have_a_title_and_a_line(rows):
    for what in ("tasks", "panels"):
        found = rows(what)
        assert len(found) >= 6
        assert all(row["title"] and row["summary"] for row in found.values())
    assert rows("panels")["loss"]["place"]


def test_presets_are_those_of_the_program_and_of_the_user(rows, preset, home):
    (home / "presets").mkdir(parents=True)
    (home / "presets" / "mine.toml").write_text(preset.read_text())
    found = rows("presets")
    assert {p.name for p in list_presets()} < set(found)
    assert found["mine"]["title"] == "Tiny"
    assert found["lstm-stories"]["model"] == "lstm"


def test_a_broken_preset_of_the_user_is_told_and_left_out(command, home):
    (home / "presets").mkdir(parents=True)
    (home / "presets" / "broken.toml").write_text("model = ")
    status, out, err = command("list", "presets")
    assert status == 0
    assert "lstm-stories" in out
    assert err.startswith("seqviz: broken.toml: ")


@pytest.mark.parametrize("what", ["architectures", "corpora", "tasks", "presets", "panels"])
def test_for_people_each_thing_has_a_line_of_its_own(what, command, rows):
    status, out, _ = command("list", what)
    assert status == 0
    starts = {line.split()[0] for line in out.splitlines()}
    assert set(rows(what)) <= starts


def test_a_race_is_listed_with_its_racers_instead_of_a_model(rows):
    found = rows("presets")
    race = next(row for row in found.values() if "racers" in row)
    assert race["model"] is None
    assert len(race["racers"]) >= 2
    assert all(racer["label"] and racer["model"] in rows("architectures") for racer in race["racers"])
    assert found["lstm-stories"]["model"] == "lstm"
    assert "racers" not in found["lstm-stories"]
