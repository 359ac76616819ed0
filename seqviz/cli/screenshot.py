"""`seqviz screenshot`: the real window, trained for some steps in its own thread, as a picture."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from seqviz.cli.choosing import chosen_config

if TYPE_CHECKING:
    from seqviz.gui.main_window import MainWindow

QUIET = 1.2  # seconds without a new frame: every view has settled
LONG_QUIET = 3.0  # of a run that was opened: means over windows, never made yet, come before other views
WINDOW = (1600, 1000)  # pixels
LONGEST_LOOK = 90.0  # seconds for the dear views of a race
LONGEST = 1800.0  # seconds before giving up


def screenshot(options: argparse.Namespace) -> int:
    """Take the picture that was asked for."""
    size = None if options.size is None else _size(options.size)
    if options.steps < 0:
        raise ValueError(f"--steps: {options.steps} is below 0")
    if options.out.suffix.lower() != ".png" or options.out.is_dir():
        raise ValueError(f"--out: {options.out.name} must be a file that ends in .png")
    try:
        picture_of(options.source, options.steps, options.out, options.theme, size, options.panel, options.room)
    except OSError as error:
        raise ValueError(
            f"--out: {options.out} cannot be written ({error.strerror or 'no picture was made'})"
        ) from None
    print(options.out)
    return 0


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise ValueError(f"--size: {text} is not WIDTHxHEIGHT, such as 1600x1000") from None
    if not (200 <= width <= 10_000 and 200 <= height <= 10_000):
        raise ValueError(f"--size: {text} is not between 200 and 10000 each way")
    return width, height


def picture_of(
    source: str,
    steps: int,
    out: Path,
    theme_name: str,
    size: tuple[int, int] | None = None,
    panel: str | None = None,
    room: str | None = None,
) -> None:
    """A picture of the window after `steps` steps of a preset, or of a stored run; `room` of the laboratory.

    `size`: of the window in pixels (default 1600 x 1000); of the panel where only a panel is asked for, which is
    else as large as it stands in the window.

    Raises
    ------
    ValueError
        unknown preset, run or panel; or a run that failed on the way.
    OSError
        the picture cannot be written.
    """
    folder = Path(source) if Path(source).is_dir() else None
    config = None if folder is not None else chosen_config(source)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from seqviz.cli.joining import start_worker_without_storage
    from seqviz.gui import app as gui
    from seqviz.gui import theme
    from seqviz.gui.lab.rooms import room_named
    from seqviz.gui.layout_store import LayoutStore
    from seqviz.gui.panels.base import panels

    if room is not None:
        room_named(room)
    if panel is not None:
        panels.get(panel)  # an unknown name is refused with the names there are
    gui.make_application()
    theme.set_theme(theme_name)
    layouts = tempfile.TemporaryDirectory()  # the user's own layout neither shows nor changes
    store = LayoutStore(Path(layouts.name))
    window = gui.build_window(start_worker_without_storage, config, source, store=store)
    window.resize(*(WINDOW if panel is not None else size or WINDOW))
    window.show()
    try:
        _come_to(window, folder, steps, panel, room)
        if panel is None:
            gui.screenshot(window, out, size or WINDOW)
        elif size is None:
            gui.panel_screenshot(window, panel, out)
        else:
            window.board.float_panel(panel)
            gui.screenshot(window.board.frame(panel).window(), out, size)
    finally:
        window.close()
        gui.settle(50)
        layouts.cleanup()


def _come_to(window: MainWindow, folder: Path | None, steps: int, panel: str | None, room: str | None) -> None:
    """The window shows the run at the step asked for, and every view has settled."""
    failures: list[str] = []
    window.session.rejected.connect(failures.append)
    window.race.rejected.connect(failures.append)
    if window.race.config is not None:
        _come_through_race(window, steps, panel, failures)
        return
    if folder is not None:
        window.session.open_run(folder)
    _wait(lambda: window.session.run is not None, failures)
    if room is not None:
        window.show_room(room)
    if panel is not None:
        _open(window, panel)
    if steps:
        window.session.step(steps)
        _wait(lambda: window.session.history.last_step >= steps or _ended(window), failures)
    for frame in window.board.frames():
        frame.panel.measure()
    _settle(window, failures, QUIET if folder is None else LONG_QUIET)


def _come_through_race(window: MainWindow, steps: int, panel: str | None, failures: list[str]) -> None:
    """The race page shows every racer at the step asked for, and every view has settled."""
    if panel is not None:
        raise ValueError(f"--panel: a race has no panel {panel}; leave it away for the whole page")
    race = window.race
    _wait(lambda: bool(race.racers), failures)
    if steps:
        race.step_on(steps)
        _wait(lambda: race.state == "running" or race.step >= steps, failures)
        _wait(lambda: race.state in ("paused", "finished"), failures)
    latest, began = [time.monotonic()], time.monotonic()
    seen: list[list[int]] = [[]]

    def quiet() -> bool:
        frames = [id(racer.frame) for racer in race.racers]
        if frames != seen[0]:
            seen[0], latest[0] = frames, time.monotonic()
        whole = all(racer.looked_through for racer in race.racers) or time.monotonic() - began > LONGEST_LOOK
        return whole and time.monotonic() - latest[0] > QUIET

    _wait(quiet, failures)


def _ended(window: MainWindow) -> bool:
    return window.session.state in ("finished", "diverged", "failed")


def _wait(condition: Callable[[], bool], failures: list[str]) -> None:
    from seqviz.gui.app import settle

    end = time.monotonic() + LONGEST
    while not condition():
        settle(20)
        if failures:
            raise ValueError(failures[0])
        if time.monotonic() > end:
            raise ValueError(f"the picture was not ready after {LONGEST:g} seconds")


def _settle(window: MainWindow, failures: list[str], longest: float) -> None:
    """Until no new frame has come for a while and the run stands still."""
    latest = [time.monotonic()]
    seen = [0]

    def quiet() -> bool:
        frame = window.session.snapshot().frame
        if id(frame) != seen[0]:
            seen[0], latest[0] = id(frame), time.monotonic()
        return window.session.state != "running" and time.monotonic() - latest[0] > longest

    _wait(quiet, failures)


def _open(window: MainWindow, name: str) -> None:
    from seqviz.gui.panels.base import panels

    run = window.session.run
    reason = None if run is None else panels.get(name).reason_unserved(run)
    if reason is not None:
        raise ValueError(f"--panel: {name}: {reason}")
    window.board.open(name)
