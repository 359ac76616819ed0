"""`seqviz screenshot` and the window without a display: pictures of exactly the size asked for, errors in one line.

Each runs in a process of its own, as Qt's platform is chosen once.
"""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from .conftest import program

PNG = b"\x89PNG\r\n\x1a\n"
NO_DISPLAY = {"DISPLAY": None, "WAYLAND_DISPLAY": None, "QT_QPA_PLATFORM": None}


def size_of(picture: Path) -> tuple[int, int]:
    content = picture.read_bytes()
    assert content.startswith(PNG)
    return struct.unpack(">II", content[16:24])


def colours_in(picture: Path) -> int:
    from PySide6.QtGui import QImage

    image = QImage(str(picture))
    points = range(0, min(image.width(), image.height()), 7)
    return len({image.pixel(x, y) for x in points for y in points})


def shot(*arguments: object, home: Path) -> tuple[int, str]:
    run = program("screenshot", *arguments, SEQVIZ_HOME=str(home), QT_QPA_PLATFORM="offscreen")
    return run.returncode, run.stderr


def test_a_preset_after_some_steps_is_pictured_at_the_size_asked_for(preset, tmp_path, home):
    out = tmp_path / "deep" / "window.png"
    status, errors = shot(preset, "--steps", 3, "--size", "900x700", "--out", out, home=home)
    assert status == 0, errors
    assert size_of(out) == (900, 700)
    assert colours_in(out) > 10
    assert not (home / "runs").exists(), "a picture leaves no run behind"


def test_a_stored_run_and_one_panel_of_it_are_pictured(train, tmp_path, home):
    train("--out", tmp_path / "run")
    files = sorted(p.name for p in (tmp_path / "run").iterdir())
    loss = tmp_path / "loss.png"
    status, errors = shot(
        tmp_path / "run", "--panel", "loss", "--size", "500x400", "--theme", "dark", "--out", loss, home=home
    )
    assert status == 0, errors
    assert size_of(loss) == (500, 400)
    assert colours_in(loss) > 3
    assert sorted(p.name for p in (tmp_path / "run").iterdir()) == files, "looking at a run leaves nothing in it"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--panel", "nope"), 'no panel is called "nope"; there is activation_health, attention, '),
        (("--panel", "attention"), "--panel: attention: "),
    ],
)
def test_a_panel_that_cannot_be_shown_is_refused_in_one_line(arguments, words, preset, tmp_path, home):
    status, errors = shot(preset, "--out", tmp_path / "x.png", *arguments, home=home)
    (line,) = errors.splitlines()
    assert status == 2
    assert line.startswith(f"seqviz: {words}")
    assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--out", "x.txt"), "--out: x.txt must be a file that ends in .png"),
        (("--out", "x.png", "--steps", "-1"), "--steps: -1 is below 0"),
        (("--out", "x.png", "--size", "0x0"), "--size: 0x0"),
    ],
)
def test_a_picture_that_cannot_be_is_refused_before_any_work(arguments, words, refused, preset):
    assert refused("screenshot", preset, *arguments).startswith(f"seqviz: {words}")


def test_without_a_display_the_run_is_trained_and_pictured_all_the_same(preset, home):
    run = program("--preset", preset, SEQVIZ_HOME=str(home), **NO_DISPLAY)
    assert run.returncode == 0, run.stderr
    first, folder, picture = run.stdout.splitlines()
    assert first.startswith('no display: training "Tiny"')
    assert "6/6" in run.stderr, "a progress bar"
    (stored,) = (home / "runs").iterdir()
    assert folder.split() == ["run", str(stored)]
    assert picture.split() == ["picture", str(stored / "window.png")]
    assert {"run.toml", "weights.safetensors", "metrics.db", "window.png"} <= {p.name for p in stored.iterdir()}
    assert size_of(stored / "window.png") == (1600, 1000)
    assert colours_in(stored / "window.png") > 10


def test_without_a_display_a_bad_preset_is_one_line(tmp_path, home):
    run = program("--preset", "nope", SEQVIZ_HOME=str(home), **NO_DISPLAY)
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1
    assert not home.exists()


def test_a_race_is_pictured_on_its_page(tmp_path, home, preset):
    race = tmp_path / "race.toml"
    racers = '\n[[racers]]\nmodel = { name = "ngram", order = 2 }\n\n[[racers]]\nmodel = { name = "rnn" }\n'
    race.write_text(Path(preset).read_text(encoding="utf-8") + racers, encoding="utf-8")
    out = tmp_path / "race.png"
    status, errors = shot(race, "--steps", 3, "--size", "1280x800", "--out", out, home=home)
    assert status == 0, errors
    assert size_of(out) == (1280, 800)
    assert colours_in(out) > 10
    status, errors = shot(race, "--steps", 0, "--panel", "loss", "--out", out, home=home)
    assert status == 2
    assert "a race has no panel" in errors


def test_a_twin_is_pictured_beside_the_original(preset, tmp_path, home):
    out = tmp_path / "twin.png"
    code, error = shot(preset, "--out", out, "--twin", "learning_rate=0.1", "--twin-steps", 2, home=home)
    assert code == 0, error
    assert colours_in(out) > 40


@pytest.mark.parametrize(("given", "words"), [("learning_rate", "is not REMEDY=VALUE"), ("nothing=3", "nothing")])
def test_a_twin_that_cannot_be_is_refused_in_one_line(given, words, preset, tmp_path, home):
    code, error = shot(preset, "--out", tmp_path / "x.png", "--twin", given, home=home)
    assert code == 2
    assert words in error
    assert "Traceback" not in error
