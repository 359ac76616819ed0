from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from seqviz.data.corpora.conllu import Conllu, ConlluConfig, as_typed, sentences

EWT = Path(__file__).resolve().parents[4] / "shared" / "data" / "ud_english_ewt"


def line(number: str, word: str, tag: str) -> str:
    return "\t".join((number, word, "_", tag, *"______"))


TRAIN = "\n".join(
    ("# text = They don't", line("1", "They", "PRON"), line("2-3", "don't", "_"), line("2", "do", "AUX"),
     line("3", "n't", "PART"), line("3.1", "go", "VERB"), "", "# next", line("1", "Stop", "VERB"), "")
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "xx-ud-train.conllu.gz").write_bytes(gzip.compress(TRAIN.encode()))
    (tmp_path / "xx-ud-dev.conllu").write_text(line("1", "Go", "VERB") + "\n")
    return tmp_path


def read(folder: Path):
    return Conllu(ConlluConfig(path=str(folder))).read()


def test_words_are_the_numbered_lines_and_a_blank_line_ends_a_sentence():
    assert sentences(TRAIN) == ((("They", "do", "n't"), ("PRON", "AUX", "PART")), (("Stop",), ("VERB",)))


def test_a_last_sentence_needs_no_blank_line_behind_it():
    assert sentences(line("1", "Go", "VERB")) == ((("Go",), ("VERB",)),)


def test_a_folder_is_read_packed_or_plain_and_needs_no_test_file(folder):
    content = read(folder)
    assert (len(content.train), len(content.valid), len(content.test)) == (2, 1, 0)
    assert content.tags == ("AUX", "PART", "PRON", "VERB")
    assert content.probe == "Go/VERB"


def test_a_test_file_is_read_where_there_is_one(folder):
    (folder / "xx-ud-test.conllu").write_text(line("1", "Run", "VERB") + "\n")
    assert read(folder).test == ((("Run",), ("VERB",)),)


def test_its_hash_tells_other_text_apart(folder):
    before = read(folder).sha256
    (folder / "xx-ud-dev.conllu").write_text(line("1", "Went", "VERB") + "\n")
    assert read(folder).sha256 != before


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "xx-ud-dev.conllu").unlink(), "no file .* dev.conllu"),
        (lambda folder: (folder / "yy-dev.conllu").write_text(TRAIN), "2 files"),
        (lambda folder: (folder / "xx-ud-dev.conllu").write_text("one two three\n"), "line 1 .* has 1 fields"),
        (lambda folder: (folder / "xx-ud-dev.conllu").write_text("# nothing\n"), "no sentence"),
        (lambda folder: (folder / "xx-ud-dev.conllu").write_text(""), "is empty"),
    ],
)
def test_a_folder_that_is_no_treebank_is_refused_in_one_line(folder, spoil, message):
    spoil(folder)
    with pytest.raises(ValueError, match=f"corpus.path: .*{message}") as error:
        read(folder)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("path", ["", "/no/such/folder"])
def test_a_folder_must_be_named_and_be_there(path):
    with pytest.raises(ValueError, match=r"corpus\.path"):
        Conllu(ConlluConfig(path=path)).read()


def test_a_sentence_is_typed_with_its_tags():
    assert as_typed((("They", "go"), ("PRON", "VERB"))) == "They/PRON go/VERB"


def test_english_ewt_has_the_known_sizes():
    if not EWT.is_dir():
        pytest.skip("the English EWT treebank does not lie beside the repository")
    content = read(EWT)
    assert (len(content.train), len(content.valid), len(content.test)) == (12544, 2001, 2077)
    assert sum(len(words) for words, _ in content.test) == 25094
    assert len(content.tags) == 17
