from __future__ import annotations

import gzip
import hashlib
import io
import os
import random
import socket
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqviz.data import archives, text_files
from seqviz.data.text_files import LoadedText, read_text, text_from_paste

SONG = "Hello world.\nA second line.\n"


def text_or_refusal(path: Path) -> tuple[LoadedText | None, str]:
    try:
        return read_text(path), ""
    except ValueError as refusal:
        return None, str(refusal)


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


def zipped_link() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        info = zipfile.ZipInfo("link.txt")
        info.create_system = 3
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/hostname")
    return packed.getvalue()


def with_password_flag(raw: bytes) -> bytes:
    changed = bytearray(raw)
    changed[6] |= 1
    changed[raw.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def lying_zip() -> bytes:
    """A bomb that declares its content as 100 bytes long."""
    raw = bytearray(zipped(("bomb.txt", b"a" * 5_000_000)))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = raw.index(signature) + offset
        raw[start : start + 4] = struct.pack("<I", 100)
    return bytes(raw)


NOISE = random.Random(3).randbytes(4000)

GOOD: dict[str, tuple[bytes, str]] = {
    "plain.txt": (SONG.encode(), SONG),
    "two_characters.txt": (b"ab", "ab"),
    "utf8_mark.txt": (b"\xef\xbb\xbf" + SONG.encode(), SONG),
    "utf16_le.txt": (b"\xff\xfe" + "Grüße 🙂".encode("utf-16-le"), "Grüße 🙂"),
    "utf16_be.txt": (b"\xfe\xff" + "Grüße 🙂".encode("utf-16-be"), "Grüße 🙂"),
    "utf32_le.txt": (b"\xff\xfe\0\0" + "Grüße 🙂".encode("utf-32-le"), "Grüße 🙂"),
    "utf32_be.txt": (b"\0\0\xfe\xff" + "Grüße 🙂".encode("utf-32-be"), "Grüße 🙂"),
    "windows.txt": ("Smart “quotes” – naïve €".encode("cp1252"), "Smart “quotes” – naïve €"),
    "dos_lines.txt": (b"one\r\ntwo\r\n", "one\ntwo\n"),
    "old_mac_lines.txt": (b"one\rtwo\r", "one\ntwo\n"),
    "arabic.txt": ("مرحبا بالعالم".encode(), "مرحبا بالعالم"),
    "hebrew_marks.txt": ("\u202eשלום\u202c abc".encode(), "\u202eשלום\u202c abc"),
    "combining.txt": ("e\u0301a\u0308".encode(), "e\u0301a\u0308"),
    "emoji_family.txt": ("👩‍👩‍👧‍👦 ok".encode(), "👩‍👩‍👧‍👦 ok"),
    "one_long_line.txt": (b"x" * 500_000 + b"y" * 500_000, "x" * 500_000 + "y" * 500_000),
    "form_feed.txt": (b"page one\x0cpage two", "page one\x0cpage two"),
    "no_suffix": (SONG.encode(), SONG),
    "packed.txt.gz": (gzip.compress(SONG.encode()), SONG),
    "joined.gz": (gzip.compress(b"one\n") + gzip.compress(b"two\n"), "one\ntwo\n"),
    "padded.gz": (gzip.compress(SONG.encode()) + bytes(512), SONG),
    "gzip_without_suffix.txt": (gzip.compress(SONG.encode()), SONG),
    "packed.zip": (zipped(("deep/inside/song.txt", SONG.encode())), SONG),
    "stored.zip": (zipped(("song.txt", SONG.encode()), method=zipfile.ZIP_STORED), SONG),
    "mac.zip": (
        zipped(("song.txt", SONG.encode()), ("__MACOSX/._song.txt", b"\0"), (".DS_Store", b"\0")),
        SONG,
    ),
    "folder_entry.zip": (zipped(("poems/", b""), ("poems/song.txt", SONG.encode())), SONG),
    "windows_in_zip.zip": (zipped(("a.txt", "café".encode("cp1252"))), "café"),
}

BAD: dict[str, tuple[bytes, str]] = {
    "empty.txt": (b"", "is empty"),
    "only_mark.txt": (b"\xef\xbb\xbf", "is empty"),
    "one_character.txt": (b"x", "single character"),
    "one_emoji.txt": ("🙂".encode(), "single character"),
    "one_after_line_ends.txt": (b"\r\n", "single character"),
    "blank.txt": (b"  \n\t\n ", "white space"),
    "zero_byte.txt": (b"abc\0def", "binary"),
    "all_zero.txt": (bytes(1000), "binary"),
    "image.png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + NOISE, "binary"),
    "program": (b"\x7fELF\x02\x01\x01" + bytes(9) + NOISE, "binary"),
    "noise.txt": (NOISE.replace(b"\0", b"\1"), "neither UTF-8 nor Windows-1252"),
    "control.txt": (bytes(range(1, 128)) * 10, "binary"),
    "utf16_without_mark.txt": ("hello".encode("utf-16-le"), "UTF-16 without its mark"),
    "utf16_with_zero.txt": (b"\xff\xfe" + "a\0b".encode("utf-16-le"), "binary"),
    "utf16_odd.txt": (b"\xff\xfe" + b"a\0b", "marked as UTF-16"),
    "utf32_beyond.txt": (b"\xff\xfe\0\0" + b"\xff\xff\xff\x7f", "marked as UTF-32"),
    "utf8_mark_then_latin.txt": (b"\xef\xbb\xbf" + b"caf\xe9 au lait", "marked as UTF-8"),
    "shift_jis.txt": ("日本語、テキスト。".encode("shift_jis"), "neither UTF-8 nor Windows-1252"),
    "cut_off.gz": (gzip.compress(NOISE)[:-20], "damaged or cut off"),
    "wrong_crc.gz": (gzip.compress(SONG.encode())[:-8] + bytes(8), "damaged or cut off"),
    "trailing.gz": (gzip.compress(SONG.encode()) + b"rubbish", "damaged or cut off"),
    "only_magic.gz": (b"\x1f\x8b", "damaged or cut off"),
    "no_gzip.gz": (SONG.encode(), "named like an archive"),
    "no_zip.zip": (SONG.encode(), "named like an archive"),
    "empty_inside.gz": (gzip.compress(b""), "is empty"),
    "bomb.gz": (gzip.compress(b"a" * 5_000_000), "100 times"),
    "bomb.zip": (zipped(("a.txt", b"a" * 5_000_000)), "100 times"),
    "two_files.zip": (zipped(("a.txt", b"a"), ("b.txt", b"b")), "holds 2 files"),
    "no_files.zip": (zipped(), "holds no files"),
    "many.zip": (zipped(*((f"{i}.txt", b"") for i in range(1001))), "more than 1000 files"),
    "climbing.zip": (zipped(("../../escape.txt", SONG.encode())), "unsafe path"),
    "absolute.zip": (zipped(("/escape.txt", SONG.encode())), "unsafe path"),
    "drive.zip": (zipped(("C:\\escape.txt", SONG.encode())), "unsafe path"),
    "link.zip": (zipped_link(), "link"),
    "secret.zip": (with_password_flag(zipped(("a.txt", SONG.encode()))), "password"),
    "bzip2.zip": (
        zipped(("a.txt", SONG.encode()), method=zipfile.ZIP_BZIP2),
        "compression other than deflate",
    ),
    "lzma.zip": (zipped(("a.txt", SONG.encode()), method=zipfile.ZIP_LZMA), "compression other than deflate"),
    "lying.zip": (lying_zip(), "damaged zip"),
    "cut_off.zip": (zipped(("a.txt", NOISE))[:-30], "damaged zip"),
    "nested.zip": (zipped(("inner.zip", zipped(("a.txt", SONG.encode())))), "binary"),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_readable_file_gives_its_text_and_the_hash_of_its_bytes(tmp_path: Path, name: str) -> None:
    raw, text = GOOD[name]
    path = tmp_path / name
    path.write_bytes(raw)
    loaded = read_text(path)
    assert loaded.text == text
    assert loaded.sha256 == hashlib.sha256(raw).hexdigest()


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_one_line_that_names_it(tmp_path: Path, name: str) -> None:
    raw, reason = BAD[name]
    path = tmp_path / name
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=reason) as refusal:
        read_text(path)
    assert str(refusal.value).startswith(f"{name}: ")
    assert "\n" not in str(refusal.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == [name]


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def make_dangling_link(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere")


def make_link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def make_link_to_pipe(path: Path) -> None:
    os.mkfifo(path.parent / "pipe")
    path.symlink_to(path.parent / "pipe")


@pytest.mark.timeout(5)
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX file kinds")
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (Path.mkdir, "is a folder"),
        (make_pipe, "is a pipe"),
        (make_link_to_pipe, "is a pipe"),
        (make_socket, "is a socket"),
        (make_dangling_link, "cannot be opened"),
        (make_link_to_itself, "cannot be opened"),
        (lambda path: None, "cannot be opened"),
    ],
)
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, make: Callable[[Path], None], reason: str) -> None:
    path = tmp_path / "thing"
    make(path)
    with pytest.raises(ValueError, match=f"^thing: {reason}"):
        read_text(path)


@pytest.mark.timeout(5)
@pytest.mark.parametrize("device", ["zero", "null", "tty"])
def test_a_device_is_refused(device: str) -> None:
    path = Path("/dev") / device
    if not path.exists():
        pytest.skip("no such device here")
    with pytest.raises(ValueError, match=rf"^{device}: (is a device|cannot be opened)"):
        read_text(path)


def test_a_name_with_a_zero_byte_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no valid file name"):
        read_text(tmp_path / "a\0b")


def test_a_name_with_a_line_break_cannot_break_the_message(tmp_path: Path) -> None:
    path = tmp_path / "two\nlines.txt"
    path.write_bytes(b"")
    with pytest.raises(ValueError, match=r"^two\?lines.txt: is empty$"):
        read_text(path)


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "locked.txt"
    path.write_text(SONG)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(ValueError, match=r"locked.txt: cannot be opened \(permission denied\)"):
        read_text(path)


def test_a_file_over_200_mb_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(text_files.LARGEST_FILE + 1)
    with pytest.raises(ValueError, match=r"huge.txt: is 200.0 MB long, at most 200.0 MB"):
        read_text(path)


def test_a_file_that_grows_while_it_is_read_stays_under_the_cap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "growing.txt"
    path.write_text(SONG)
    real = os.fstat

    class Small:
        def __init__(self, info: os.stat_result) -> None:
            self.st_mode, self.st_size = info.st_mode, 3

    monkeypatch.setattr("seqviz.data.regular_files.os.fstat", lambda fd: Small(real(fd)))
    monkeypatch.setattr(text_files, "LARGEST_FILE", 10)
    with pytest.raises(ValueError, match="growing.txt: is longer than 10 bytes"):
        read_text(path)


def test_the_descriptor_is_closed_after_success_and_after_refusal(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    good.write_text(SONG)
    bad.write_bytes(b"\0\0")
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    for _ in range(20):
        read_text(good)
        for path in (bad, tmp_path):
            with pytest.raises(ValueError, match="is a"):
                read_text(path)
    if before:
        assert len(os.listdir("/proc/self/fd")) == before


def test_a_very_long_line_is_read_with_a_notice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_files, "LONGEST_LINE", 1_000_000)
    path = tmp_path / "long.txt"
    path.write_text("a\n" + "x" * 1_000_001 + "\nb")
    assert read_text(path).notices == ("It has a line of more than 1 million characters.",)
    path.write_text("a\n" + "x" * 1_000_000 + "\n" + "y" * 1_000_000)
    assert read_text(path).notices == ()


@pytest.mark.parametrize(
    ("raw", "text", "notice"),
    [
        (b"one\r\ntwo", "one\ntwo", "Line ends"),
        (b"caf\xe9", "café", "Windows-1252"),
        (b"ok \xed\xa0\x80 end", "ok \ufffd end", "1 lone surrogate"),
        (b"\xff\xfea\0\x00\xd8b\0", "a\ufffdb", "1 lone surrogate"),
        ("größer als über Äpfel".encode() + b"\xc3", "größer als über Äpfel\ufffd", "1 damaged byte"),
    ],
)
def test_whatever_was_changed_is_told(tmp_path: Path, raw: bytes, text: str, notice: str) -> None:
    path = tmp_path / "odd.txt"
    path.write_bytes(raw)
    loaded = read_text(path)
    assert loaded.text == text
    assert len(loaded.notices) == 1
    assert notice in loaded.notices[0]


def test_surrogate_pairs_written_as_utf8_become_the_character_they_mean(tmp_path: Path) -> None:
    path = tmp_path / "cesu.txt"
    path.write_bytes("a\ud83d\ude42b".encode("utf-8", "surrogatepass"))
    assert read_text(path).text == "a🙂b"


def test_a_clean_file_has_no_notice(tmp_path: Path) -> None:
    path = tmp_path / "clean.txt"
    path.write_text(SONG)
    assert read_text(path).notices == ()
    assert read_text(path).encoding == "utf-8"


def test_gzip_content_stops_at_the_cap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "LARGEST_CONTENT", 3000)
    path = tmp_path / "big.gz"
    path.write_bytes(gzip.compress(NOISE.hex().encode()))
    with pytest.raises(ValueError, match=r"big.gz: unpacks to more than"):
        read_text(path)


@pytest.mark.timeout(20)
def test_a_gzip_of_many_empty_parts_is_refused_quickly(tmp_path: Path) -> None:
    path = tmp_path / "parts.gz"
    path.write_bytes(gzip.compress(b"") * (archives.MOST_JOINED + 1))
    with pytest.raises(ValueError, match=r"parts.gz: "):
        read_text(path)


def test_pasted_text_passes_the_same_checks() -> None:
    loaded = text_from_paste("one\r\ntwo\ud800")
    assert loaded.text == "one\ntwo\ufffd"
    assert len(loaded.notices) == 2
    assert text_from_paste("ab").sha256 == hashlib.sha256(b"ab").hexdigest()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("x", "single character"),
        (" \n ", "white space"),
        ("a\0b", "binary"),
        ("\ufeff", "empty"),
    ],
)
def test_a_bad_paste_is_refused_in_one_line(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^the pasted text: .*{reason}") as refusal:
        text_from_paste(text)
    assert "\n" not in str(refusal.value)


def test_a_paste_over_the_cap_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_files, "LARGEST_FILE", 5)
    with pytest.raises(ValueError, match="the pasted text: is 6 bytes long"):
        text_from_paste("äöü")


SEEDS = [raw for raw, _ in (*GOOD.values(), *BAD.values()) if len(raw) < 10_000]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Bytes near to readable files: a known file with bytes changed, cut out or put in."""
    raw = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(raw)))
        drop = draw(st.integers(0, 8))
        raw[at : at + drop] = draw(st.binary(max_size=8))
    return bytes(raw)


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.one_of(st.binary(max_size=200), damaged()))
def test_any_bytes_give_a_clean_text_or_a_one_line_refusal(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "fuzz.bin"
    path.write_bytes(raw)
    loaded, refusal = text_or_refusal(path)
    if loaded is None:
        assert refusal.startswith("fuzz.bin: ")
        assert "\n" not in refusal
        return
    assert len(loaded.text) >= 2
    assert not set("\0\r") & set(loaded.text)
    loaded.text.encode("utf-8")  # raises on a lone surrogate


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=2).filter(lambda t: not t.isspace()))
@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-32"])
def test_marked_text_of_any_script_comes_back_unchanged(tmp_path: Path, codec: str, text: str) -> None:
    path = tmp_path / "script.txt"
    path.write_bytes(text.encode(codec))
    assert read_text(path).text == text


def test_a_zip_with_one_flipped_bit_gives_its_text_or_a_refusal(tmp_path: Path) -> None:
    path = tmp_path / "flip.zip"
    raw = zipped(("a.txt", SONG.encode()))
    for position in range(len(raw)):
        for bit in (1, 128):
            changed = bytearray(raw)
            changed[position] ^= bit
            path.write_bytes(changed)
            loaded, refusal = text_or_refusal(path)
            assert loaded.text == SONG if loaded else refusal.startswith("flip.zip: ")


def test_a_notice_of_a_foreign_encoding_names_the_file(tmp_path):
    path = tmp_path / "kater.txt"
    path.write_bytes("Der Kater saß.\n".encode("cp1252") * 9)
    (notice,) = read_text(path).notices
    assert notice.startswith("kater.txt: is not UTF-8")
