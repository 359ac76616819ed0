"""Every command runs in a home of its own, on a tiny text."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from seqviz.cli import main

ROOT = Path(__file__).resolve().parents[2]
TEXT = "The cat saw a dog. The dog ran home, and the cat slept.\n" * 40
TINY = """
title = "Tiny"
probe = "The cat saw a dog."
[corpus]
name = "text"
path = '{path}'
[task]
name = "next_token"
[model]
name = "lstm"
d_hidden = 8
d_embedding = 4
[training]
steps = 6
batch_size = 4
context_length = 16
threads = 1
[sampling]
prompt = "The"
length = 8
"""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("SEQVIZ_HOME", str(folder))
    return folder


@pytest.fixture
def text_file(tmp_path) -> Path:
    path = tmp_path / "cats.txt"
    path.write_text(TEXT)
    return path


@pytest.fixture
def preset(tmp_path, text_file) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY.format(path=text_file))
    return path


@pytest.fixture
def command(capsys) -> Callable[..., tuple[int, str, str]]:
    """(exit status, stdout, stderr) of one command line."""

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return run


@pytest.fixture
def refused(command) -> Callable[..., str]:
    """The one line with which a command is refused."""

    def run(*arguments: object) -> str:
        status, out, err = command(*arguments)
        assert status == 2
        assert out == ""
        (line,) = err.splitlines()
        return line

    return run


@pytest.fixture
def train(command, preset) -> Callable[..., dict[str, object]]:
    """The summary of `train tiny.toml ... --json`."""

    def run(*arguments: object) -> dict[str, object]:
        status, out, _ = command("train", preset, "--json", *arguments)
        assert status == 0
        return json.loads(out.splitlines()[-1])

    return run


def program(*arguments: object, **environment: str | None) -> subprocess.CompletedProcess[str]:
    """`python main.py ...` in a process of its own; an environment value None takes the variable away."""
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    for name, value in environment.items():
        env.pop(name, None)
        if value is not None:
            env[name] = value
    line = [sys.executable, str(ROOT / "main.py"), *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, encoding="utf-8", env=env, timeout=150, check=False)
