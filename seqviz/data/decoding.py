"""Bytes to text: which encoding, what was damaged, what had to be changed. Everything that changes is said.

Order: a byte order mark decides (UTF-8, UTF-16, UTF-32); else strict UTF-8; else UTF-8 with a few damaged
bytes; else Windows-1252. Zero bytes and many control characters mean a binary file, which is refused.
"""

from __future__ import annotations

import codecs
import re

_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f]")  # without the white space, backspace and escape of terminals
HIGHEST_CONTROL_SHARE = 0.01

# UTF-32 first: its little-endian mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
REPLACEMENT = "\ufffd"


def decoded(raw: bytes, name: str) -> tuple[str, str, list[str]]:
    """Text, encoding and notices of the bytes of a file.

    Raises
    ------
    ValueError
        one line that starts with `name`: binary, or in an encoding that cannot be told.
    """
    for mark, codec, title in _MARKS:
        if raw.startswith(mark):
            try:
                return raw[len(mark) :].decode(codec, "surrogatepass"), codec, []
            except UnicodeDecodeError as error:
                raise ValueError(
                    f"{name}: is marked as {title}, but byte {error.start + len(mark)} is not; save as UTF-8"
                ) from None
    if b"\0" in raw:
        raise ValueError(f"{name}: holds zero bytes, so it is a binary file, not text (or UTF-16 without its mark)")
    try:
        return raw.decode("utf-8", "surrogatepass"), "utf-8", []
    except UnicodeDecodeError:
        return _not_utf8(raw, name)


def _not_utf8(raw: bytes, name: str) -> tuple[str, str, list[str]]:
    patched = raw.decode("utf-8", "replace")
    damaged = patched.count(REPLACEMENT)
    foreign = sum(map(len, re.findall("[^\x00-\x7f]+", patched))) - damaged
    if foreign > 2 * damaged:  # Windows-1252 text hardly ever forms valid UTF-8 sequences by chance
        return patched, "utf-8", [f"{name}: {_counted(damaged, 'damaged byte sequence')} became {REPLACEMENT}."]
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError:
        raise ValueError(f"{name}: is neither UTF-8 nor Windows-1252 text; save it as UTF-8") from None
    return text, "cp1252", [f"{name}: is not UTF-8, so it was read as Windows-1252 (Western European)."]


def cleaned(text: str, name: str) -> tuple[str, list[str]]:
    r"""Text without lone surrogates, with "\n" as its only line end; and notices of what changed.

    Raises
    ------
    ValueError
        one line that starts with `name`: zero characters or too many control characters for a text.
    """
    if "\0" in text:
        raise ValueError(f"{name}: holds zero characters, so it is a binary file, not text")
    if len(_CONTROL.findall(text)) > HIGHEST_CONTROL_SHARE * len(text):
        raise ValueError(f"{name}: looks like a binary file (more than 1 % control characters), not text")
    notices = []
    text, mended = _without_surrogates(text)
    if mended:
        notices.append(f"{_counted(mended, 'lone surrogate')} became {REPLACEMENT}.")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        notices.append("Line ends were changed to the Unix form (\\n).")
    return text, notices


def _without_surrogates(text: str) -> tuple[str, int]:
    if not _LONE_SURROGATE.search(text):
        return text, 0
    joined = _PAIR.sub(lambda pair: pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le"), text)
    return _LONE_SURROGATE.subn(REPLACEMENT, joined)


def _counted(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"
