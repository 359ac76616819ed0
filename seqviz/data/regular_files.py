"""Opening files that a user names, never hanging on what is no file, and naming them in messages."""

from __future__ import annotations

import os
import stat
from pathlib import Path

LONGEST_NAME_SHOWN = 80
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)  # a FIFO without a writer would block for ever
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)  # Windows would otherwise translate line ends
)


def shown_name(path: Path) -> str:
    """The name of a file as it may stand in a one-line message: printable, not too long."""
    name = path.name or str(path)
    safe = "".join(c if c.isprintable() else "?" for c in name)
    return safe if len(safe) <= LONGEST_NAME_SHOWN else safe[: LONGEST_NAME_SHOWN - 1] + "…"


def shown_size(size: int) -> str:
    """A number of bytes in decimal units: "12 bytes", "1.1 MB"."""
    for limit, unit in ((1_000_000, "MB"), (1_000, "kB")):
        if size >= limit:
            return f"{size / limit:.1f} {unit}"
    return f"{size} bytes"


def open_regular(path: Path) -> int:
    """A descriptor of a regular file, open for reading; the caller closes it.

    Looked at before opening (opening a device can move it) and again through the descriptor (the name may
    have been given to something else in between).

    Raises
    ------
    ValueError
        one line: it does not exist, may not be read, or is a folder, pipe, socket or device.
    """
    name = shown_name(path)
    if "\0" in str(path):
        raise ValueError(f"{name}: is no valid file name (it holds a zero byte)")
    try:
        _refuse_special(os.stat(path).st_mode, name)
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        raise ValueError(f"{name}: cannot be opened ({(error.strerror or 'unknown error').lower()})") from None
    try:
        _refuse_special(os.fstat(descriptor).st_mode, name)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read_regular(path: Path, limit: int) -> bytes:
    """All bytes of a regular file of at most `limit` bytes.

    Raises
    ------
    ValueError
        one line that names the file: not a readable regular file, or larger than `limit`.
    """
    name = shown_name(path)
    descriptor = open_regular(path)
    with os.fdopen(descriptor, "rb") as file:
        size = os.fstat(descriptor).st_size
        if size > limit:
            raise ValueError(f"{name}: is {shown_size(size)} long, at most {shown_size(limit)} can be read")
        try:
            raw = file.read(limit + 1)  # one more: the file may be growing
        except OSError as error:
            raise ValueError(f"{name}: cannot be read ({(error.strerror or 'unknown error').lower()})") from None
    if len(raw) > limit:
        raise ValueError(f"{name}: is longer than {shown_size(limit)}, the most that can be read")
    return raw


def _refuse_special(mode: int, name: str) -> None:
    kinds = (
        (stat.S_ISDIR, "a folder"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    for is_kind, what in kinds:
        if is_kind(mode):
            raise ValueError(f"{name}: is {what}, not a file")
    if not stat.S_ISREG(mode):
        raise ValueError(f"{name}: is not a regular file")
