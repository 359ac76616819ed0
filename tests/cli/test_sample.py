"""`seqviz sample`: a stored run goes on writing, with what it was given and without its text file."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def run(train, tmp_path):
    train("--steps", 40, "--set", "optimizer.learning_rate=0.02", "--out", tmp_path / "run")
    return tmp_path / "run"


def test_the_text_begins_with_the_prompt_and_has_the_length_asked_for(command, run):
    status, out, err = command("sample", run, "--prompt", "The cat", "--length", 21)
    assert (status, err) == (0, "")
    assert out.startswith("The cat")
    assert len(out.removesuffix("\n")) == len("The cat") + 21


def test_the_same_seed_writes_the_same_and_another_seed_another(command, run):
    def written(seed):
        return command("sample", run, "--length", 60, "--temperature", 1, "--seed", seed)[1]

    assert written(1) == written(1)
    assert written(1) != written(2)


def test_temperature_zero_and_top_k_one_take_the_likeliest_whatever_the_seed(command, run):
    coldest = {command("sample", run, "--temperature", 0, "--length", 40, "--seed", seed)[1] for seed in (1, 2)}
    single = {command("sample", run, "--top-k", 1, "--length", 40, "--seed", seed)[1] for seed in (1, 2)}
    assert len(coldest) == 1
    assert coldest == single


def test_unseen_characters_are_replaced_and_named(command, run):
    status, out, err = command("sample", run, "--prompt", "The €", "--length", 5)
    assert status == 0
    assert out.startswith("The  ")  # a space for it: the prompt as the model read it
    assert err == "seqviz: sampling.prompt: not in the vocabulary and replaced: €\n"


@pytest.mark.parametrize(
    ("option", "value", "field"),
    [("--length", 0, "length"), ("--temperature", -1, "temperature"), ("--temperature", "nan", "temperature"),
     ("--top-p", 0, "top_p"), ("--top-k", -1, "top_k"), ("--seed", -1, "seed")],
)  # fmt: skip
def test_settings_out_of_range_are_refused_by_name(option, value, field, refused, run):
    assert refused("sample", run, option, value).startswith(f"seqviz: sampling.{field}: ")


def test_a_run_whose_text_has_vanished_writes_the_same_and_says_so(command, run, text_file):
    before = command("sample", run, "--prompt", "The")[1]
    text_file.unlink()
    status, out, err = command("sample", run, "--prompt", "The")
    assert (status, out) == (0, before)
    assert "cannot be read again" in err
    assert len(err.splitlines()) == 1


def test_a_run_whose_text_has_changed_keeps_its_own_vocabulary(command, run, text_file):
    before = command("sample", run, "--prompt", "The")[1]
    text_file.write_text("Quite another text, with other symbols: 0123456789. " * 40)
    status, out, err = command("sample", run, "--prompt", "The")
    assert (status, out) == (0, before)
    assert "has changed since this run learned from it" in err


def test_a_run_that_writes_no_text_says_so(command, refused, tmp_path):
    out = tmp_path / "copy"
    few = ("--set", "corpus.samples=40", "--set", "training.valid_batches=1")
    assert command("train", "copy-memory-rnn", "--steps", 1, "--out", out, *few)[0] == 0
    assert refused("sample", out) == "seqviz: copy: this run does not write text"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("weights.safetensors", b"\x08\0\0\0\0\0\0\0{}", "weights.safetensors"),
        ("run.toml", b"config = 3", "run.toml"),
        ("run.toml", b"[config]\nversion = 1", "run.toml"),
        ("run.toml", b"\xff\xfe", "run.toml"),
        ("metrics.db", b"nothing of the kind" * 99, "metrics.db"),
        ("files/tokenizer.json", b"\xff\xfe", "files"),
    ],
)
def test_a_damaged_run_costs_one_line_that_names_the_file(name, content, words, refused, run):
    (run / name).write_bytes(content)
    assert words in refused("sample", run)


def test_a_damaged_tokenizer_costs_one_line_when_it_is_needed(refused, run, text_file):
    text_file.unlink()
    for content in ("", "{}", "[]", json.dumps({"kind": "char", "version": 1})):
        (run / "files" / "tokenizer.json").write_text(content)
        assert refused("sample", run)


def test_weights_of_another_size_are_refused(refused, run):
    text = (run / "run.toml").read_text()
    assert "d_hidden = 8" in text
    (run / "run.toml").write_text(text.replace("d_hidden = 8", "d_hidden = 9"))
    assert "do not fit" in refused("sample", run)
