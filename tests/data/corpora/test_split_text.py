from __future__ import annotations

from pathlib import Path

import pytest

from seqviz.data.corpora.split_text import SplitText, SplitTextConfig


def write(folder: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        (folder / name).write_text(f" the cat number {number} sat down on the mat \n a dog <unk> \n")
    return folder


def read(path: Path) -> object:
    return SplitText(SplitTextConfig(path=str(path))).read()


def test_the_three_parts_of_a_folder_are_kept_apart(tmp_path: Path) -> None:
    content = read(write(tmp_path, "ptb.test.txt", "ptb.train.txt", "ptb.valid.txt", "README"))
    assert [t.split()[3] for t in (content.train, content.valid, content.test)] == ["1", "2", "0"]  # type: ignore[attr-defined]
    assert content.probe == "the cat number 2 sat down on the mat"  # type: ignore[attr-defined]
    assert "train 2, valid 2, test 2" in content.summary  # type: ignore[attr-defined]


def test_one_of_the_files_names_its_split(tmp_path: Path) -> None:
    write(tmp_path, "a.train.txt", "a.valid.txt", "b.train.txt", "b.valid.txt")
    with pytest.raises(ValueError, match=r"several splits; name one of a\.train\.txt, b\.train\.txt"):
        read(tmp_path)
    content = read(tmp_path / "b.valid.txt")
    assert content.train.split()[3] == "2"  # type: ignore[attr-defined]
    assert content.test == ""  # type: ignore[attr-defined]


def test_names_without_a_prefix_are_a_split_too(tmp_path: Path) -> None:
    assert read(write(tmp_path, "train.txt", "valid.txt")) is not None


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "holds no NAME.train.txt with a NAME.valid.txt beside it"),
        (("ptb.train.txt", "ptb.test.txt"), "there is ptb.test.txt, ptb.train.txt"),
    ],
)
def test_a_folder_without_the_files_is_refused_in_one_sentence(
    tmp_path: Path, names: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        read(write(tmp_path, *names))


def test_no_folder_no_name_and_another_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no folder nowhere"):
        read(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="name the folder"):
        SplitText(SplitTextConfig()).read()
    write(tmp_path, "notes.txt")
    with pytest.raises(ValueError, match=r"notes\.txt is not named like"):
        read(tmp_path / "notes.txt")


def test_another_text_has_another_hash(tmp_path: Path) -> None:
    first = read(write(tmp_path, "a.train.txt", "a.valid.txt")).sha256  # type: ignore[attr-defined]
    (tmp_path / "a.valid.txt").write_text("something else entirely\n")
    assert read(tmp_path).sha256 != first  # type: ignore[attr-defined]
