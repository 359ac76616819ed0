"""A race without a window: every racer's figures, best first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seqviz.cli import main
from seqviz.core.presets import read_tree

PRESET = """
probe = "the cat sat"
[corpus]
name = "text"
text = "{text}"
[task]
name = "next_token"
[model]
name = "rnn"
[training]
steps = 6
batch_size = 4
context_length = 12
[sampling]
length = 4
[[racers]]
label = "counts"
model = {{ name = "ngram", order = 2 }}
[[racers]]
label = "plain"
model = {{ name = "rnn", d_hidden = 8, d_embedding = 4 }}
[[racers]]
label = "mad"
learning_rate = {rate}
model = {{ name = "rnn", d_hidden = 8, d_embedding = 4, activation = "relu" }}
"""


@pytest.fixture
def write_preset(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQVIZ_HOME", str(tmp_path / "home"))

    def write(rate: float) -> str:
        path = tmp_path / "race.toml"
        text = "the cat sat on the mat and the dog ran home " * 12
        path.write_text(PRESET.format(text=text, rate=rate), encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def preset(write_preset):
    return write_preset(0.01)


def test_every_racer_has_its_figures_and_a_run_folder_of_its_own(preset, tmp_path, capsys):
    assert main(["train", preset, "--out", str(tmp_path / "runs"), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert summary["status"] == "finished"
    assert [racer["label"] for racer in summary["racers"]] == ["counts", "plain", "mad"]
    assert all(racer["valid_loss"] is not None for racer in summary["racers"])
    assert len(list((tmp_path / "runs").iterdir())) == 3


def test_the_table_lists_the_best_first(preset, capsys):
    assert main(["train", preset]) == 0
    heading, *lines = capsys.readouterr().out.splitlines()
    assert "bits/char" in heading
    values = [float(line.split()[1]) for line in lines]
    assert values == sorted(values)


def test_a_racer_that_comes_to_no_end_makes_the_race_fail(write_preset, capsys):
    preset = write_preset(1000.0)
    changes = ["--set", "optimizer.name=sgd", "--set", "training.clip_norm=0", "--set", "training.steps=40"]
    assert main(["train", preset, *changes, "--json"]) == 1
    told = capsys.readouterr()
    summary = json.loads(told.out.splitlines()[-1])
    assert [racer["status"] for racer in summary["racers"]] == ["finished", "finished", "diverged"]
    assert "racer 3" in told.err


def test_one_racer_is_changed_by_its_number(preset, tmp_path, capsys):
    changes = ["--set", "racers.0.model.order=3", "--set", "racers.1.label=small", "--set", "racers.1.model.d_hidden=4"]
    assert main(["train", preset, "--steps", "2", "--out", str(tmp_path / "runs"), "--json", *changes]) == 0
    counts, small, mad = json.loads(capsys.readouterr().out.splitlines()[-1])["racers"]
    assert small["label"] == "small"
    assert small["parameters"] < mad["parameters"]
    assert read_tree(Path(counts["run"]) / "run.toml")["config"]["model"]["order"] == 3


@pytest.mark.parametrize(("change", "told"), [
    ("model.d_hidden=4", "model.d_hidden: in a race every racer has a model of its own; the first one's is racers.0."),
    ("racers.3.model.order=2", "racers.3.model.order: there is no such racer; they are racers.0 to racers.2"),
    ("racers.0=2", "racers.0: a racer has a label, a learning_rate and settings of its model"),
    ("racers.0.model.order=0", "racers.0.model.order: input should be greater than or equal to 1, got 0"),
])  # fmt: skip
def test_a_change_that_no_racer_has_is_refused(preset, capsys, change, told):
    assert main(["train", preset, "--set", change]) == 2
    assert told in capsys.readouterr().err
