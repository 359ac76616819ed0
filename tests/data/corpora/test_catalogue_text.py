from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from seqviz.data.catalogue import CatalogueEntry
from seqviz.data.corpora import corpora
from seqviz.data.corpora.catalogue_text import CatalogueTextConfig

TEXT = "".join(f"line {n} of a known text\n" for n in range(50))


@pytest.fixture(autouse=True)
def entry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CatalogueEntry:
    raw = TEXT.encode()
    known = CatalogueEntry(
        name="known", title="Known Text", description="", kind="text", urls=["http://127.0.0.1/x"], size=len(raw),
        sha256=hashlib.sha256(raw).hexdigest(), licence="none", source="http://127.0.0.1/", suffix=".txt",
    )  # fmt: skip
    monkeypatch.setattr("seqviz.data.corpora.catalogue_text.entries", lambda kind: (known,))
    monkeypatch.setenv("SEQVIZ_HOME", str(tmp_path / "home"))
    return known


def read(**knobs):
    return corpora.get("catalogue_text")(CatalogueTextConfig(**{"entry": "known", **knobs})).read()


def test_a_text_fetched_before_is_read_from_the_cache(tmp_path, entry):
    cache = tmp_path / "home" / "catalogue"
    cache.mkdir(parents=True)
    (cache / entry.file_name).write_text(TEXT)
    content = read()
    assert content.train + content.valid == TEXT
    assert content.sha256 == entry.sha256
    assert content.notices == ()


def test_a_text_never_fetched_is_told_with_how_to_get_it():
    with pytest.raises(ValueError, match=r"Known Text is not on this machine yet; fetch it .* corpus\.path") as error:
        read()
    assert "\n" not in str(error.value)


def test_a_local_copy_needs_no_cache(tmp_path):
    (tmp_path / "mine.txt").write_text(TEXT)
    content = read(path=str(tmp_path / "mine.txt"))
    assert content.train + content.valid == TEXT
    assert content.notices == ()


def test_a_local_file_with_another_content_is_read_with_a_notice(tmp_path):
    (tmp_path / "mine.txt").write_text(TEXT + "more\n")
    assert "SHA-256 differs" in read(path=str(tmp_path / "mine.txt")).notices[0]


def test_an_unknown_entry_lists_the_known_ones():
    with pytest.raises(ValueError, match='no text is called "nothing"; there is known'):
        read(entry="nothing")
