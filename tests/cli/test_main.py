"""Bad usage costs one line that names what is wrong, exit status 2, and nothing on disk."""

from __future__ import annotations

import gzip
import re

import pytest

from seqviz.cli import main

BAD_SETTINGS = {
    "model.d_hiden=3": "model.d_hiden: there is no such setting",
    "nothing=3": "nothing: there is no such setting",
    "a.b.c=3": "a.b.c: there is no such setting",
    "model=gru": "model: is a group of settings; set one of them, such as model.name",
    "model.name=gpt9": 'model.name: no architecture is called "gpt9"',
    "model.name=kalman": "model.name: Kalman filter cannot do next token",
    "task.name=regression": "task.name: regression cannot be asked of",
    "model.d_hidden=nan": "model.d_hidden: ",
    "model.d_hidden=1e9": "model.d_hidden: ",
    "model.d_hidden=1000000000": "model.d_hidden: ",
    "model.d_hidden=0": "model.d_hidden: ",
    "optimizer.learning_rate=nan": "optimizer.learning_rate: ",
    "optimizer.learning_rate=inf": "optimizer.learning_rate: ",
    "optimizer.learning_rate=1e9": "optimizer.learning_rate: ",
    "training.device=tpu": "training.device: ",
    "training.context_length=4000": "training.context_length: 4000 is longer than the corpus",
    "sampling.temperature=-1": "sampling.temperature: ",
    "x": "--set x: write it as key=value",
    "=3": "--set =3: write it as key=value",
}
BAD_TEXTS = {
    "empty.txt": (b"", "is empty"),
    "one.txt": (b"a", "a single character"),
    "blank.txt": (b"\n" * 300, "nothing but white space"),
    "three.txt": (b"abc", "too few"),
    "same.txt": (b"a" * 5000, "one symbol"),
    "picture.txt": (b"\x89PNG\0\0" + bytes(range(256)), "binary"),
    "wide.txt": (("The cat. " * 99).encode("utf-16-le"), "UTF-16"),
    "cut.gz": (gzip.compress(b"The cat saw a dog. " * 99)[:-9], "damaged"),
}


@pytest.mark.parametrize(("setting", "words"), BAD_SETTINGS.items())
def test_a_bad_setting_is_refused_by_its_name(setting, words, refused, preset, home):
    assert refused("train", preset, "--set", setting).startswith(f"seqviz: {words}")
    assert not home.exists()


@pytest.mark.parametrize("name", BAD_TEXTS)
def test_a_text_that_cannot_be_learned_from_is_refused(name, refused, preset, tmp_path, home):
    content, words = BAD_TEXTS[name]
    (tmp_path / name).write_bytes(content)
    line = refused("train", preset, "--set", f"corpus.path={tmp_path / name}")
    assert line.startswith("seqviz: corpus")
    assert words in line
    assert not home.exists()


def test_a_folder_and_a_missing_file_are_no_text(refused, preset, tmp_path):
    assert "corpus.path: " in refused("train", preset, "--set", f"corpus.path={tmp_path}")
    assert "gone.txt" in refused("train", preset, "--set", f"corpus.path={tmp_path / 'gone.txt'}")


def test_a_vocabulary_of_one_is_refused(refused, preset, tmp_path):
    (tmp_path / "hi.txt").write_text(" hi" * 400)
    line = refused("train", preset, "--set", f"corpus.path={tmp_path / 'hi.txt'}", "--set", "task.tokens=word")
    assert "nothing to predict" in line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train"], "PRESET"),
        (["frobnicate"], "frobnicate"),
        (["list", "cars"], "cars"),
        (["train", "lstm-stories", "--steps", "many"], "--steps"),
        (["train", "lstm-stories", "--steps", "-3"], "training.steps"),
        (["train", "lstm-stories", "--seed", "-3"], "training.seed"),
        (["train", "lstm-stories", "--colour", "red"], "--colour"),
        (["train", "nope"], 'no preset is called "nope"; there is .*lstm-stories'),
        (["train", "nope.toml"], "nope.toml: there is no such file"),
        (["--preset", "nope"], "nope"),
        (["trace", "lstm-stories"], "--out"),
        (["trace", "lstm-stories", "--out", "x.zip"], "x.zip must end in .npz"),
        (["sample", "nowhere"], "nowhere: is no run folder"),
        (["screenshot", "lstm-stories", "--out", "x.png", "--size", "wide"], "--size: wide"),
        (["screenshot", "lstm-stories", "--out", "x.png", "--size", "9x9"], "--size: 9x9"),
        (["bench", "--only", "nothing"], "nothing"),
    ],
)
def test_bad_usage_costs_one_line(arguments, words, refused, monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    line = refused(*arguments)
    assert re.search(words, line)


def test_help_is_no_mistake(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert "screenshot" in capsys.readouterr().out


def test_memory_that_runs_out_is_one_line(command, preset, monkeypatch):
    def build(config):
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: you tried")

    monkeypatch.setattr("seqviz.training.builder.build", build)
    assert command("train", preset) == (1, "", "seqviz: out of memory: try a smaller batch or fewer units\n")
