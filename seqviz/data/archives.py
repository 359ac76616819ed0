"""One text file out of a .gz or .zip, in memory only: nothing is ever written under a name from an archive.

Limits: at most `LARGEST_CONTENT` bytes come out, and at most `LARGEST_RATIO` times the packed size, so that a
small file cannot fill the memory.
"""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

LARGEST_CONTENT = 200_000_000
LARGEST_RATIO = 100
MOST_MEMBERS = 1000
MOST_JOINED = 100_000  # gzip files joined end to end; block-wise packers make thousands

_CHUNK = 1 << 20
_WINDOW = 1 << 16
_GZIP_MAGIC = b"\x1f\x8b"
_ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_ZIP_ENTRY = b"PK\x01\x02"
# What zipfile is known to raise on damaged input besides BadZipFile.
_ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError,
    NotImplementedError, ValueError, OverflowError, IndexError, KeyError,
)  # fmt: skip


def is_archive(raw: bytes) -> bool:
    """True for the first bytes of gzip or zip; file names are not trusted."""
    return raw.startswith((_GZIP_MAGIC, *_ZIP_MAGICS))


def unpacked(raw: bytes, name: str) -> bytes:
    """The one file inside a gzip or zip archive.

    Raises
    ------
    ValueError
        one line that starts with `name`: damaged, several files, encrypted, or larger than the limits.
    """
    return _gunzip(raw, name) if raw.startswith(_GZIP_MAGIC) else _unzip(raw, name)


def _limit(packed: int) -> int:
    return min(LARGEST_CONTENT, packed * LARGEST_RATIO)


def _collected(chunks: Iterator[bytes], limit: int, name: str) -> bytes:
    parts: list[bytes] = []
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > limit:
            raise _TooLarge(
                f"{name}: unpacks to more than {LARGEST_CONTENT // 1_000_000} MB "
                f"or {LARGEST_RATIO} times its size, so it was not read"
            )
        parts.append(chunk)
    return b"".join(parts)


class _TooLarge(ValueError):
    """Kept apart, so that it is not mistaken for one of zipfile's own ValueErrors."""


def _gunzip(raw: bytes, name: str) -> bytes:
    try:
        return _collected(_gzip_chunks(raw), _limit(len(raw)), name)
    except (zlib.error, EOFError):
        raise ValueError(f"{name}: is a damaged or cut off gzip file") from None


def _gzip_chunks(raw: bytes) -> Iterator[bytes]:
    """The content, member after member (gzip files may be joined end to end); zlib checks each CRC."""
    view = memoryview(raw)
    position = 0
    for _ in range(MOST_JOINED):
        stream = zlib.decompressobj(wbits=31)
        while not stream.eof:
            # small windows: the rest behind a member's end is copied, for each member
            pending = stream.unconsumed_tail or view[position : position + _WINDOW]
            if not pending:
                raise EOFError
            if not stream.unconsumed_tail:
                position += len(pending)
            yield stream.decompress(pending, _CHUNK)
        position -= len(stream.unused_data)
        if position == len(raw) or (raw[position] == 0 and not raw[position:].strip(b"\0")):  # tape padding
            return
    raise EOFError


def _unzip(raw: bytes, name: str) -> bytes:
    # Counted before zipfile builds an object for each: a crafted list of millions would fill the memory.
    if raw.count(_ZIP_ENTRY) > MOST_MEMBERS:
        raise ValueError(f"{name}: holds more than {MOST_MEMBERS} files; one text file is expected")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            member = _only_member(archive, name)
            limit = min(_limit(len(raw)), max(member.compress_size, 1) * LARGEST_RATIO)
            with archive.open(member) as file:
                return _collected(iter(lambda: file.read(_CHUNK), b""), limit, name)
    except (_TooLarge, _Refused):
        raise
    except _ZIP_ERRORS:
        raise ValueError(f"{name}: is a damaged zip file") from None


class _Refused(ValueError):
    """Our own refusal of a readable archive."""


def _only_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    members = [m for m in archive.infolist() if not m.is_dir() and not _is_clutter(m.filename)]
    if len(members) != 1:
        raise _Refused(f"{name}: holds {len(members) or 'no'} files; an archive with exactly one text file is expected")
    member = members[0]
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in member.filename or "\0" in member.orig_filename:
        raise _Refused(f"{name}: holds a file with an unsafe path, so it is not unpacked")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise _Refused(f"{name}: holds a link instead of a text file")
    if member.flag_bits & 1:
        raise _Refused(f"{name}: is protected by a password")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # bzip2 and lzma members can blow up a thousandfold within one read
        raise _Refused(f"{name}: uses a compression other than deflate; pack it again as an ordinary zip")
    return member


def _is_clutter(member: str) -> bool:
    """What macOS and Windows add to archives on their own."""
    parts = PurePosixPath(member).parts
    return "__MACOSX" in parts or (bool(parts) and parts[-1] in (".DS_Store", "Thumbs.db", "desktop.ini"))
