"""`seqviz train`: what it prints, what it keeps, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
from pathlib import Path

import pytest

from seqviz.cli import train as train_module
from seqviz.core.events import StepMetrics
from seqviz.core.units import perplexity
from seqviz.runs.folders import open_run

from .conftest import program

TIMES = {"run", "seconds", "tokens_per_second"}
EXPLODING = ("model.name=rnn", "model.activation=relu", "optimizer.name=sgd", "optimizer.learning_rate=1000",
             "training.clip_norm=0", "training.steps=60")  # fmt: skip


def test_the_summary_has_the_figures_of_the_run(train):
    summary = train("--steps", 5, "--seed", 3)
    assert summary["status"] == "finished"
    assert summary["steps"] == 5
    assert summary["tokens"] == 5 * 4 * 16
    assert summary["parameters"] > 0
    assert summary["seconds"] > 0
    assert summary["tokens_per_second"] > 0
    assert 0 < summary["train_loss"] < 10
    assert summary["bits_per_character"] == pytest.approx(summary["valid_loss"] / 0.6931471805599453)
    assert summary["valid_perplexity_per_character"] == pytest.approx(2.0 ** summary["bits_per_character"])
    assert summary["valid_perplexity"] == pytest.approx(perplexity(summary["valid_loss"]))
    assert len(summary["corpus_sha256"]) == 64
    assert {"valid_rule", "threads", "device", "versions"} <= set(summary)


def test_the_same_seed_gives_the_same_numbers_and_another_others(train):
    first, second, other = train("--seed", 3), train("--seed", 3), train("--seed", 4)
    assert {k: v for k, v in first.items() if k not in TIMES} == {k: v for k, v in second.items() if k not in TIMES}
    assert first["run"] != second["run"]
    assert other["train_loss"] != first["train_loss"]


def test_the_run_folder_says_what_was_trained(train, tmp_path):
    summary = train("--steps", 4, "--set", "model.d_hidden=5", "--out", tmp_path / "run")
    assert summary["run"] == str(tmp_path / "run")
    run = open_run(tmp_path / "run")
    assert run.config.model.knobs["d_hidden"] == 5
    assert run.config.training.steps == 4
    assert run.step == 4
    losses = [event.loss for event in run.events if isinstance(event, StepMetrics)]
    assert len(losses) == 4
    assert losses[-1] == pytest.approx(summary["train_loss"])
    assert run.about["corpus_sha256"] == summary["corpus_sha256"]


def test_without_json_the_figures_are_lines_for_people(command, preset):
    status, out, err = command("train", preset)
    assert (status, err) == (0, "")
    assert "valid_loss" in out
    assert "bits_per_character" in out


def test_a_diverged_run_ends_with_status_1_and_one_line(command, preset):
    changes = [word for change in EXPLODING for word in ("--set", change)]
    status, out, err = command("train", preset, "--json", *changes)
    summary = json.loads(out.splitlines()[-1])
    assert (status, summary["status"]) == (1, "diverged")
    (line,) = err.splitlines()
    assert line.startswith(f"seqviz: diverged at step {summary['steps'] + 1}: not a number in ")
    assert open_run(Path(summary["run"])).step == summary["steps"]


def test_a_run_that_meets_a_condition_halts_with_status_0_and_says_where(command, preset):
    status, out, err = command("train", preset, "--json", "--stop-when", "grad_norm=0", "--stop-when", "nan")
    summary = json.loads(out.splitlines()[-1])
    assert (status, summary["status"], summary["steps"]) == (0, "halted", 0)
    (line,) = err.splitlines()
    assert line.startswith("seqviz: halted: gradient norm ")
    assert "at step 1, above the limit 0. Worst in " in line
    assert "position " in line


def test_a_condition_that_is_not_met_changes_nothing(train):
    plain, guarded = train(), train("--stop-when", "grad_norm=1e6", "--stop-when", "itemised_gradient@3=0")
    assert {k: v for k, v in plain.items() if k not in TIMES} == {k: v for k, v in guarded.items() if k not in TIMES}


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("nonsense=1", "no breakpoint is called"),
        ("grad_norm=much", "NAME=LIMIT"),
        ("attention_entropy=1", "LSTM cannot"),
    ],
)
def test_a_condition_that_cannot_be_is_refused(refused, preset, condition, words):
    assert words in refused("train", preset, "--stop-when", condition)


def test_an_out_folder_that_holds_something_is_left_alone(refused, preset, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    assert "is not an empty folder" in refused("train", preset, "--out", tmp_path / "mine")
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_an_out_folder_that_cannot_be_made_is_refused_before_training(refused, preset, text_file):
    assert refused("train", preset, "--out", text_file / "run").startswith("seqviz: --out: ")


def test_ctrl_c_stops_between_two_steps_and_leaves_a_run_that_can_be_read(command, preset, monkeypatch):
    advance = train_module._advance

    def press(bar, event, hear):
        advance(bar, event, hear)
        if event.step == 7:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(train_module, "_advance", press)
    before = signal.getsignal(signal.SIGINT)
    status, out, err = command("train", preset, "--steps", 100_000, "--json")
    summary = json.loads(out.splitlines()[-1])
    assert (status, summary["status"], summary["steps"]) == (1, "stopped", 7)
    assert err == f"seqviz: stopped at step 7; its run is in {summary['run']}\n"
    assert signal.getsignal(signal.SIGINT) is before
    assert command("sample", summary["run"])[0] == 0


def test_ctrl_c_before_anything_is_trained_is_one_line(command, preset, monkeypatch):
    def build(config):
        raise KeyboardInterrupt

    monkeypatch.setattr("seqviz.training.builder.build", build)
    assert command("train", preset) == (1, "", "seqviz: stopped\n")


def test_a_run_ends_when_its_seconds_are_used(train):
    summary = train("--steps", 0, "--set", "training.seconds=0.3")
    assert summary["status"] == "finished"
    assert 0.3 <= summary["seconds"] < 3


def test_epochs_are_turned_into_steps(train):
    windows = 2016 / (4 * 16)
    summary = train("--steps", 0, "--set", "training.epochs=0.5")
    assert summary["steps"] == pytest.approx(windows / 2, abs=1)


def test_a_prompt_that_the_model_cannot_write_is_told_once(command, preset):
    status, _, err = command("train", preset, "--set", "sampling.prompt=Zoë", "--set", "sampling.every=1")
    assert status == 0
    assert err.count("sampling.prompt: not in the vocabulary and replaced: Z ë") == 1


@pytest.mark.parametrize(
    "setting",
    ["model.d_hidden=1", "training.batch_size=1", "training.context_length=2", "model.n_layers=16",
     "model.dropout=0.95", "sampling.temperature=0", "sampling.top_k=1", "training.carry_state=true",
     "task.tokens=word", "task.tokens=bpe", "training.seed=0", "sampling.length=1", "training.clip_value=0.001"],
)  # fmt: skip
def test_the_edges_of_the_knobs_train(setting, train):
    assert train("--set", setting, "--steps", 2)["status"] == "finished"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("utf16.txt", "The cat sat.\n".encode("utf-16") + ("The cat sat.\n" * 99).encode("utf-16-le")),
        ("windows.txt", "Der Kater saß.\r\n".encode("cp1252") * 99),
        ("emoji.txt", "😀 hi 👨‍👩‍👧 there 🎉\n".encode() * 99),
    ],
)
def test_texts_of_all_kinds_train(name, content, train, tmp_path):
    (tmp_path / name).write_bytes(content)
    summary = train("--set", f"corpus.path={tmp_path / name}")
    assert summary["status"] == "finished"


def test_training_touches_no_network_and_writes_below_its_home_only(train, monkeypatch, tmp_path, home):
    def no_network(*_: object, **__: object):
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket, "socket", no_network)
    monkeypatch.setattr(socket, "create_connection", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.rglob("*"))
    summary = train()
    written = set(tmp_path.rglob("*")) - before
    assert summary["run"].startswith(str(home))
    assert all(p == home or home in p.parents for p in written)


def test_a_pipe_with_few_letters_gets_question_marks_not_a_crash(preset, tmp_path, home):
    (tmp_path / "cats.txt").write_text("Die Kätzchen schlafen 😀.\n" * 99, encoding="utf-8")
    run = program("train", preset, "--out", tmp_path / "run", SEQVIZ_HOME=str(home), PYTHONIOENCODING="ascii")
    assert run.returncode == 0, run.stderr
    written = program("sample", tmp_path / "run", "--prompt", "Kätzchen", PYTHONIOENCODING="ascii")
    assert written.returncode == 0, written.stderr
    assert written.stdout.startswith("K?tzchen")


def test_a_run_can_be_read_however_early_it_was_cut_off(command, preset, monkeypatch, tmp_path):
    def cut(bar, event, hear):
        if event.step == 3:
            raise SystemError("power cut")

    monkeypatch.setattr(train_module, "_advance", cut)
    with pytest.raises(SystemError):
        command("train", preset, "--out", tmp_path / "run")
    assert open_run(tmp_path / "run").step == 1
    assert command("sample", tmp_path / "run")[0] == 0


def test_a_home_that_cannot_be_written_costs_one_line_and_no_figures(command, preset, home):
    home.write_text("a file where a folder should be")
    status, out, err = command("train", preset, "--json")
    summary = json.loads(out.splitlines()[-1])
    assert (status, summary["status"], summary["run"]) == (0, "finished", None)
    (line,) = err.splitlines()
    assert line.startswith("seqviz: the run cannot be stored (")
    assert home.read_text() == "a file where a folder should be"
