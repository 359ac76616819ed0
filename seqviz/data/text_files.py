r"""A user's own text, from a file or pasted, read with every limit checked: bad input costs one sentence.

What comes back is ready for a tokenizer: no byte order mark, "\n" line ends, no zero characters, no lone
surrogates.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from seqviz.data.archives import is_archive, unpacked
from seqviz.data.decoding import cleaned, decoded
from seqviz.data.regular_files import read_regular, shown_name, shown_size

LARGEST_FILE = 200_000_000
LONGEST_LINE = 10_000_000
PASTED = "the pasted text"


@dataclass(frozen=True)
class LoadedText:
    """A text that passed all checks.

    Attributes
    ----------
    text
        at least 2 characters, not only white space.
    encoding
        what the bytes were: "utf-8", "utf-16-le", "cp1252" ...
    notices
        what was changed or is odd, one sentence each, for the user to see.
    sha256
        of the raw bytes: the file as it lies on disk (packed where it is packed), a pasted text as UTF-8.
    """

    text: str
    encoding: str
    notices: tuple[str, ...]
    sha256: str


def read_text(path: Path) -> LoadedText:
    """The text of a plain, .gz or .zip file (one text file inside).

    Raises
    ------
    ValueError
        one line that starts with the file's name: missing, no regular file, over 200 MB, empty, binary,
        of unknown encoding, a damaged or suspicious archive, or a single character.
    """
    name = shown_name(path)
    raw = read_regular(path, LARGEST_FILE)
    sha256 = hashlib.sha256(raw).hexdigest()
    if is_archive(raw):
        raw = unpacked(raw, name)
    elif path.suffix.lower() in (".gz", ".zip"):
        raise ValueError(f"{name}: is named like an archive but is not one")
    if not raw:
        raise ValueError(f"{name}: is empty")
    text, encoding, notices = decoded(raw, name)
    return _checked(text, encoding, notices, sha256, name)


def text_from_paste(text: str) -> LoadedText:
    """A pasted text after the same checks as a file.

    Raises
    ------
    ValueError
        one line: empty, over 200 MB, a single character, or not text.
    """
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) > LARGEST_FILE:
        raise ValueError(f"{PASTED}: is {shown_size(len(raw))} long, at most {shown_size(LARGEST_FILE)} can be read")
    return _checked(text.removeprefix("\ufeff"), "utf-8", [], hashlib.sha256(raw).hexdigest(), PASTED)


def _checked(text: str, encoding: str, notices: list[str], sha256: str, name: str) -> LoadedText:
    if not text:
        raise ValueError(f"{name}: is empty")
    text, changes = cleaned(text, name)
    if len(text) < 2:
        raise ValueError(f"{name}: holds a single character; at least 2 are needed to predict one from another")
    if text.isspace():
        raise ValueError(f"{name}: holds nothing but white space")
    if _has_long_line(text):
        changes.append(f"It has a line of more than {LONGEST_LINE // 1_000_000} million characters.")
    return LoadedText(text, encoding, tuple(notices + changes), sha256)


def _has_long_line(text: str) -> bool:
    """True where some line is longer than `LONGEST_LINE`; looks at a few places only, not at every line."""
    start = 0
    while len(text) - start > LONGEST_LINE:
        end = text.rfind("\n", start, start + LONGEST_LINE + 1)
        if end < 0:
            return True
        start = end + 1
    return False
