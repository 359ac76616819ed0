from __future__ import annotations

from pathlib import Path

import pytest

from seqviz.data.corpora import corpora
from seqviz.data.corpora.python_source import PythonSourceConfig, source_files


def read(characters: int = 200_000):
    return corpora.get("python_source")(PythonSourceConfig(characters=characters)).read()


def test_reading_twice_gives_the_same_text_and_hash():
    assert read() == read()


def test_the_cap_is_the_number_of_characters_split_nine_to_one_in_order():
    content = read(100_000)
    assert (len(content.train), len(content.valid)) == (90_000, 10_000)
    assert read(200_000).train.startswith(content.train + content.valid)


def test_only_printable_ascii_and_line_ends_are_left():
    content = read(1_000_000)
    assert set(content.train + content.valid) <= {"\n", *map(chr, range(32, 127))}


def test_every_character_of_the_probe_occurs_in_the_training_text():
    content = read()
    assert set(content.probe) <= set(content.train)


def test_files_come_by_name_without_tests_and_installed_packages(tmp_path: Path):
    for name in ("b.py", "a/z.py", "test/t.py", "site-packages/s.py", "c.txt", "__pycache__/x.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("pass\n")
    assert [p.relative_to(tmp_path).as_posix() for p in source_files(tmp_path)] == ["a/z.py", "b.py"]


def test_a_python_without_source_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    with pytest.raises(ValueError, match="without the source of its standard library"):
        read()
