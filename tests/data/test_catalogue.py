from __future__ import annotations

import contextlib
import errno
import hashlib
import http.server
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seqviz.data.catalogue import (
    CatalogueEntry,
    DownloadCancelled,
    cached,
    entries,
    fetch,
    import_local,
    read_entry,
)
from seqviz.data.text_files import read_text

CONTENT = bytes(range(32, 127)) * 3000
OTHER = CONTENT[::-1]


class Pages(http.server.BaseHTTPRequestHandler):
    """One address for each way a server can behave."""

    protocol_version = "HTTP/1.1"
    stop = threading.Event()
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.close_connection = True
        answer: Callable[[], None] = getattr(self, "answer_" + self.path.strip("/"))
        with contextlib.suppress(ConnectionError, TimeoutError):  # the client goes away, as it should
            answer()

    def head(self, length: int | None) -> None:
        self.send_response(200)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def answer_good(self) -> None:
        self.head(len(CONTENT))
        self.wfile.write(CONTENT)

    def answer_good_without_length(self) -> None:
        self.head(None)
        self.wfile.write(CONTENT)

    def answer_missing(self) -> None:
        self.send_error(404, "Not Found")

    def answer_broken(self) -> None:
        self.send_error(503, "Come <b>later</b>")

    def answer_truncated(self) -> None:
        self.head(len(CONTENT))
        self.wfile.write(CONTENT[:1000])

    def answer_truncated_without_length(self) -> None:
        self.head(None)
        self.wfile.write(CONTENT[:1000])

    def answer_other_content(self) -> None:
        self.head(len(OTHER))
        self.wfile.write(OTHER)

    def answer_announced_too_long(self) -> None:
        self.head(10**12)
        self.wfile.write(CONTENT)

    def answer_endless(self) -> None:
        self.head(None)
        while not self.stop.is_set():
            self.wfile.write(CONTENT)

    def answer_slow(self) -> None:
        self.head(len(CONTENT))
        for start in range(0, len(CONTENT), 50_000):
            self.wfile.write(CONTENT[start : start + 50_000])
            time.sleep(0.02)

    def answer_drip(self) -> None:
        self.head(len(CONTENT))
        for byte in CONTENT:
            if self.stop.wait(0.02):
                return
            self.wfile.write(bytes([byte]))

    def answer_silent_from_the_start(self) -> None:
        self.stop.wait(10)

    def answer_silent_in_the_middle(self) -> None:
        self.head(len(CONTENT))
        self.wfile.write(CONTENT[:1000])
        self.wfile.flush()
        self.stop.wait(10)

    def answer_rubbish(self) -> None:
        self.wfile.write(b"this is no HTTP at all\r\n\r\n")

    def answer_redirect(self) -> None:
        self.redirect("/good")

    def answer_redirect_to_file(self) -> None:
        self.redirect("file:///etc/hostname")

    def answer_redirect_for_ever(self) -> None:
        self.redirect("/redirect_for_ever")

    def redirect(self, where: str) -> None:
        self.send_response(302)
        self.send_header("Location", where)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class QuietServer(http.server.ThreadingHTTPServer):
    daemon_threads = False  # joined at the end, so that no test leaves a thread behind


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    Pages.stop = threading.Event()
    Pages.asked = []
    with QuietServer(("127.0.0.1", 0), Pages) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        Pages.stop.set()
        running.shutdown()
        thread.join()


def entry_for(*urls: str) -> CatalogueEntry:
    return CatalogueEntry(
        name="sample",
        title="Sample text",
        description="Made for tests.",
        kind="text",
        urls=list(urls),
        size=len(CONTENT),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        licence="public domain",
        source="https://example.org",
        suffix=".txt",
    )


def left_in(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("page", ["good", "good_without_length", "slow", "redirect"])
def test_a_good_answer_lands_in_the_cache_under_the_entrys_name(server: str, tmp_path: Path, page: str) -> None:
    told: list[tuple[int, int]] = []
    path = fetch(entry_for(f"{server}/{page}"), tmp_path / "cache", lambda done, size: told.append((done, size)))
    assert path == tmp_path / "cache" / "sample.txt"
    assert path.read_bytes() == CONTENT
    assert left_in(tmp_path / "cache") == ["sample.txt"]
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_what_is_cached_is_not_asked_for_again(server: str, tmp_path: Path) -> None:
    entry = entry_for(f"{server}/good")
    first = fetch(entry, tmp_path)
    assert fetch(entry, tmp_path) == first
    assert Pages.asked == ["/good"]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("page", "error", "words"),
    [
        ("missing", ConnectionError, "answered 404 Not Found"),
        ("broken", ConnectionError, "answered 503"),
        ("truncated", ConnectionError, "ended after 1000 of 285000 bytes"),
        ("truncated_without_length", ConnectionError, "ended after 1000 of 285000 bytes"),
        ("silent_from_the_start", ConnectionError, r"(sent nothing for|did not answer within) 0.3 s"),
        ("silent_in_the_middle", ConnectionError, "sent nothing for 0.3 s"),
        ("rubbish", ConnectionError, "connection failed"),
        ("redirect_to_file", ConnectionError, "answered 302"),
        ("redirect_for_ever", ConnectionError, "answered 302"),
        ("other_content", ValueError, "SHA-256 is not the known one"),
        ("announced_too_long", ValueError, "offers 1000000000000 bytes instead of 285000"),
        ("endless", ValueError, "longer than 285000 bytes"),
    ],
)
def test_a_bad_answer_is_one_line_and_leaves_nothing_behind(
    server: str, tmp_path: Path, page: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=f"^Sample text: .*{words}") as failure:
        fetch(entry_for(f"{server}/{page}"), tmp_path, timeout=0.3)
    assert "\n" not in str(failure.value)
    assert left_in(tmp_path) == []


def test_a_port_where_nobody_listens_is_a_connection_error(tmp_path: Path) -> None:
    with pytest.raises(ConnectionError, match="^Sample text: the server cannot be reached"):
        fetch(entry_for("http://127.0.0.1:9/x"), tmp_path, timeout=2)


def test_a_local_file_cannot_be_fetched_by_address(tmp_path: Path) -> None:
    entry = entry_for("http://x").model_copy(update={"urls": ["file:///etc/hostname"]})
    with pytest.raises(ConnectionError, match="^Sample text: the server cannot be reached"):
        fetch(entry, tmp_path)


@pytest.mark.timeout(20)
def test_a_dripping_download_stops_soon_after_it_is_cancelled(server: str, tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(DownloadCancelled, match="^Sample text: the download was cancelled$"):
        fetch(entry_for(f"{server}/drip"), tmp_path, cancelled=lambda: time.monotonic() - began > 0.2)
    assert time.monotonic() - began < 5
    assert left_in(tmp_path) == []


def test_a_download_cancelled_before_it_begins_asks_nobody(server: str, tmp_path: Path) -> None:
    with pytest.raises(DownloadCancelled):
        fetch(entry_for(f"{server}/good", f"{server}/good"), tmp_path, cancelled=lambda: True)
    assert Pages.asked == []


def test_a_failing_download_leaves_the_file_of_before_untouched(server: str, tmp_path: Path) -> None:
    (tmp_path / "sample.txt").write_bytes(b"an older file")
    with pytest.raises(ValueError, match="SHA-256"):
        fetch(entry_for(f"{server}/other_content"), tmp_path)
    assert (tmp_path / "sample.txt").read_bytes() == b"an older file"
    assert left_in(tmp_path) == ["sample.txt"]


def test_the_next_address_is_tried_when_one_fails(server: str, tmp_path: Path) -> None:
    path = fetch(entry_for(f"{server}/missing", f"{server}/other_content", f"{server}/good"), tmp_path)
    assert path.read_bytes() == CONTENT
    assert Pages.asked == ["/missing", "/other_content", "/good"]


@pytest.mark.parametrize("step", ["mkdir", "write", "fsync", "replace"])
def test_a_full_disk_is_one_line_and_leaves_nothing_behind(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    class FullFile:
        def __enter__(self) -> FullFile:
            return self

        def __exit__(self, *problem: object) -> None:
            pass

        write = full

    places = {"mkdir": (Path, "mkdir"), "fsync": (os, "fsync"), "replace": (os, "replace")}
    entry = entry_for(f"{server}/good")
    with monkeypatch.context() as patch:
        if step == "write":
            real = os.fdopen
            patch.setattr(os, "fdopen", lambda fd, mode, **kw: FullFile() if mode == "wb" else real(fd, mode, **kw))
        else:
            patch.setattr(*places[step], full)
        with pytest.raises(ValueError, match=r"^Sample text: the cache folder .* \(no space left on device\)$"):
            fetch(entry, tmp_path / "cache")
    assert left_in(tmp_path / "cache") == []


def test_a_short_write_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "own.txt"
    source.write_bytes(CONTENT)
    real = os.fdopen

    class ShortWrites:
        def __init__(self, fd: int) -> None:
            self.file = real(fd, "wb", buffering=0)

        def __enter__(self) -> ShortWrites:
            return self

        def __exit__(self, *problem: object) -> None:
            self.file.close()

        def fileno(self) -> int:
            return self.file.fileno()

        def write(self, data: memoryview) -> int:
            return self.file.write(data[:1000]) or 0

    monkeypatch.setattr(os, "fdopen", lambda fd, mode, **kw: ShortWrites(fd) if mode == "wb" else real(fd, mode, **kw))
    assert import_local(entry_for("http://x"), source, tmp_path / "cache").read_bytes() == CONTENT


def test_a_changed_file_in_the_cache_does_not_count(tmp_path: Path) -> None:
    entry = entry_for("http://x")
    assert cached(entry, tmp_path) is None
    (tmp_path / "sample.txt").write_bytes(CONTENT)
    assert cached(entry, tmp_path) == tmp_path / "sample.txt"
    (tmp_path / "sample.txt").write_bytes(OTHER)
    assert cached(entry, tmp_path) is None
    (tmp_path / "sample.txt").write_bytes(CONTENT[:-1])
    assert cached(entry, tmp_path) is None
    (tmp_path / "sample.txt").unlink()
    (tmp_path / "sample.txt").mkdir()
    assert cached(entry, tmp_path) is None


def test_a_file_that_the_user_has_is_copied_into_the_cache(tmp_path: Path) -> None:
    own = tmp_path / "downloads" / "input (1).txt"
    own.parent.mkdir()
    own.write_bytes(CONTENT)
    entry = entry_for("http://x")
    path = import_local(entry, own, tmp_path / "cache")
    assert path == cached(entry, tmp_path / "cache")
    assert own.read_bytes() == CONTENT


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (CONTENT[:-1], r"is not Sample text \(284999 bytes long instead of 285000\)"),
        (OTHER, r"is not Sample text \(its SHA-256 is not the known one\)"),
        (None, "cannot be opened"),
    ],
)
def test_a_file_that_is_not_the_entry_is_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    own = tmp_path / "mine.txt"
    if content is not None:
        own.write_bytes(content)
    with pytest.raises(ValueError, match=f"^mine.txt: {words}"):
        import_local(entry_for("http://x"), own, tmp_path / "cache")
    assert left_in(tmp_path / "cache") == []


@pytest.mark.timeout(5)
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX pipes")
def test_a_pipe_is_refused_as_local_file_and_in_the_cache(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "sample.txt")
    entry = entry_for("http://x")
    with pytest.raises(ValueError, match="^sample.txt: is a pipe"):
        import_local(entry, tmp_path / "sample.txt", tmp_path / "cache")
    assert cached(entry, tmp_path) is None


def test_the_catalogue_begins_with_tiny_shakespeare() -> None:
    found = entries()
    assert found[0].name == "tiny_shakespeare"
    assert found[0].size == 1_115_394
    assert len({entry.name for entry in found}) == len(found) >= 4
    assert entries("series") == tuple(entry for entry in found if entry.kind == "series") != ()


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_an_entry_is_fetched_over_https_from_a_fixed_version(entry: CatalogueEntry) -> None:
    for url in entry.urls:
        assert url.startswith("https://raw.githubusercontent.com/")
        assert len(url.split("/")[5]) == 40, "a commit, which cannot change, not a branch"
    assert entry.licence
    assert entry.source.startswith("https://")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('name = "tiny_shakespeare"', 'name = "../escape"'), "name"),
        (("size = 1115394", "size = 0"), "size"),
        (("size = 1115394", "size = 300000000"), "size"),
        (("size = 1115394", 'size = "1115394"'), "size"),
        (('sha256 = "86', 'sha256 = "Z6'), "sha256"),
        (('urls = ["https', 'urls = ["ftp'), "urls.0"),
        (('suffix = ".txt"', 'suffix = "/x"'), "suffix"),
        (('kind = "text"', 'kind = "program"'), "kind"),
        (("licence", "license"), "licence"),
        (("size =", "size"), "not valid TOML"),
    ],
)
def test_a_bad_entry_is_refused_by_file_and_field(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    from seqviz.core.paths import assets_root

    good = (assets_root() / "catalogue" / "tiny_shakespeare.toml").read_text(encoding="utf-8")
    path = tmp_path / "bad.toml"
    path.write_text(good.replace(*change, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=f"^bad.toml: .*{words}") as refusal:
        read_entry(path)
    assert "\n" not in str(refusal.value)


def test_an_imported_entry_reads_as_text(tmp_path: Path) -> None:
    own = tmp_path / "own.txt"
    own.write_bytes(CONTENT)
    assert read_text(import_local(entry_for("http://x"), own, tmp_path / "cache")).text == CONTENT.decode()
