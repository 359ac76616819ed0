"""Well-known data sets that are fetched when, and only when, the user asks; each checked against its known SHA-256.

One TOML file in assets/catalogue is one entry. What is fetched lands in a cache folder under the entry's own name,
never under a name that a server sends.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import tomllib
from collections.abc import Iterator
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic import Field as PydanticField

from seqviz.core.knobs import first_error
from seqviz.core.paths import assets_root
from seqviz.data.download import Cancelled, DownloadCancelled, DownloadFailed, Progress, download
from seqviz.data.regular_files import open_regular, shown_name

__all__ = [
    "CatalogueEntry",
    "DownloadCancelled",
    "DownloadFailed",
    "cached",
    "entries",
    "fetch",
    "import_local",
    "read_entry",
]

EntryKind = Literal["text", "series"]
Url = Annotated[str, PydanticField(pattern=r"^https?://[^\s]+$")]

_CHUNK = 1 << 16
_LARGEST = 200_000_000


class CatalogueEntry(BaseModel):
    """One data set of one file.

    Attributes
    ----------
    kind
        "text" (to be read with `read_text`) or "series" (a CSV table).
    size, sha256
        of the file exactly as the source gives it.
    licence, source
        what the user is shown before the download: the terms, and the page that has them.
    suffix
        how the cached file's name ends.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    name: str = PydanticField(pattern=r"^[a-z0-9_]{1,60}$")
    title: str = PydanticField(min_length=1, max_length=80)
    description: str
    kind: EntryKind
    urls: list[Url] = PydanticField(min_length=1)
    size: int = PydanticField(ge=1, le=_LARGEST)
    sha256: str = PydanticField(pattern=r"^[0-9a-f]{64}$")
    licence: str = PydanticField(min_length=1)
    source: Url
    suffix: str = PydanticField(pattern=r"^(\.[a-z0-9]{1,8}){1,2}$")

    @property
    def file_name(self) -> str:
        return self.name + self.suffix


def entries(kind: EntryKind | None = None, folder: Path | None = None) -> tuple[CatalogueEntry, ...]:
    """All entries (of one kind), tiny Shakespeare first, the others by title."""
    paths = (folder or assets_root() / "catalogue").glob("*.toml")
    found = [entry for entry in map(read_entry, sorted(paths)) if kind in (None, entry.kind)]
    return tuple(sorted(found, key=lambda entry: (entry.name != "tiny_shakespeare", entry.title)))


def read_entry(path: Path) -> CatalogueEntry:
    """The entry in a TOML file.

    Raises
    ------
    ValueError
        one line that names the file and the field.
    """
    try:
        return CatalogueEntry.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise ValueError(f"{shown_name(path)}: {first_error(error)}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{shown_name(path)}: is not valid TOML ({error})".replace("\n", " ")) from None


def cached(entry: CatalogueEntry, cache_dir: Path) -> Path | None:
    """The entry's file where it was fetched before; its size and SHA-256 are checked each time."""
    path = cache_dir / entry.file_name
    try:
        with os.fdopen(open_regular(path), "rb") as file:
            if os.fstat(file.fileno()).st_size != entry.size:
                return None
            return path if hashlib.file_digest(file, "sha256").hexdigest() == entry.sha256 else None
    except (ValueError, OSError):
        return None


def fetch(
    entry: CatalogueEntry,
    cache_dir: Path,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    timeout: float = 15.0,
) -> Path:
    """The entry's file, downloaded into `cache_dir` unless it is there already.

    `progress` is told (bytes so far, bytes in all) for each piece. `cancelled` is asked before each piece; on a
    server that sends nothing at all it takes effect after `timeout` seconds without a byte at the latest.

    Raises
    ------
    DownloadCancelled
        when `cancelled` said so (a ConnectionError).
    ConnectionError
        one line that names the entry: no answer, not found, cut off.
    ValueError
        one line that names the entry: another size or content than it must have, or the cache cannot be written.
    """
    known = cached(entry, cache_dir)
    if known is not None:
        return known
    for url in entry.urls[:-1]:
        with contextlib.suppress(DownloadFailed, ValueError):  # the next address may do; the last one's failure is told
            return _fetch_from(url, entry, cache_dir, progress, cancelled, timeout)
    return _fetch_from(entry.urls[-1], entry, cache_dir, progress, cancelled, timeout)


def _fetch_from(
    url: str,
    entry: CatalogueEntry,
    cache_dir: Path,
    progress: Progress | None,
    cancelled: Cancelled | None,
    timeout: float,
) -> Path:
    pieces = download(url, entry.title, entry.size, progress, cancelled, timeout)
    with contextlib.closing(pieces):  # closes the connection, also when the content is refused
        return _store(pieces, entry, cache_dir, f"{entry.title}: the download is wrong")


def import_local(entry: CatalogueEntry, path: Path, cache_dir: Path) -> Path:
    """A copy in the cache of a file that the user already has, after the same checks as a download.

    Raises
    ------
    ValueError
        one line that names the file: it cannot be read, or is not the entry's file.
    """
    with os.fdopen(open_regular(path), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size != entry.size:
            raise ValueError(f"{shown_name(path)}: is not {entry.title} ({size} bytes long instead of {entry.size})")
        chunks = iter(partial(file.read, _CHUNK), b"")
        return _store(chunks, entry, cache_dir, f"{shown_name(path)}: is not {entry.title}")


def _store(chunks: Iterator[bytes], entry: CatalogueEntry, cache_dir: Path, complaint: str) -> Path:
    """Write to a temporary file, check size and hash, and only then give it its name; on failure leave nothing."""
    path = cache_dir / entry.file_name
    with _cache_errors(entry):
        cache_dir.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=f".{entry.name}-", suffix=".part", dir=cache_dir)
    try:
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            _write_checked(chunks, file, entry, complaint)
        with _cache_errors(entry):
            os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def _write_checked(chunks: Iterator[bytes], file: FileIO, entry: CatalogueEntry, complaint: str) -> None:
    digest = hashlib.sha256()
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > entry.size:
            raise ValueError(f"{complaint} (longer than {entry.size} bytes)")
        digest.update(chunk)
        rest = memoryview(chunk)
        while rest:  # an unbuffered write may take only a part
            with _cache_errors(entry):
                rest = rest[file.write(rest) :]
    if size != entry.size:
        raise ValueError(f"{complaint} ({size} bytes long instead of {entry.size})")
    if digest.hexdigest() != entry.sha256:
        raise ValueError(f"{complaint} (its SHA-256 is not the known one)")
    with _cache_errors(entry):
        os.fsync(file.fileno())


@contextlib.contextmanager
def _cache_errors(entry: CatalogueEntry) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise ValueError(f"{entry.title}: the cache folder cannot be written ({reason})") from None
