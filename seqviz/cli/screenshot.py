"""`seqviz screenshot`: the real window, trained for some steps in its own thread, as a picture."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqviz.cli.choosing import chosen_config

if TYPE_CHECKING:
    from seqviz.core.events import Pulse
    from seqviz.gui.main_window import MainWindow

QUIET = 1.2  # seconds without a new frame once the trainer is done: every view has settled
LONG_QUIET = 8.0  # the same where it has not said so: dear views take their time on a loaded machine
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
        view = View(options.panel, options.room, changes_of(options.twin), options.twin_steps)
        picture_of(options.source, options.steps, options.out, options.theme, size, view)
    except OSError as error:
        raise ValueError(
            f"--out: {options.out} cannot be written ({error.strerror or 'no picture was made'})"
        ) from None
    print(options.out)
    return 0


@dataclass(frozen=True)
class View:
    """What of the window: a panel alone, a room of the laboratory, a twin (remedies by name) and its further steps."""

    panel: str | None = None
    room: str | None = None
    twin: Mapping[str, Any] = field(default_factory=dict)
    twin_steps: int = 100


def changes_of(given: list[str]) -> dict[str, Any]:
    """`forget_bias=3` as the remedy's name and its value.

    Raises
    ------
    ValueError
        one line: no equals sign.
    """
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (equals and name and value):
            raise ValueError(f"--twin: {text} is not REMEDY=VALUE, such as forget_bias=3")
        try:
            found[name.strip()] = json.loads(value)
        except ValueError:
            found[name.strip()] = value.strip()
    return found


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
    view: View | None = None,
) -> None:
    """A picture of the window after `steps` steps of a preset, or of a stored run.

    `size`: of the window in pixels (default 1600 x 1000); of the panel where only a panel is asked for, which is
    else as large as it stands in the window.

    Raises
    ------
    ValueError
        unknown preset, run or panel; or a run that failed on the way.
    OSError
        the picture cannot be written.
    """
    view = view or View()
    panel = view.panel
    folder = Path(source) if Path(source).is_dir() else None
    config = None if folder is not None else chosen_config(source)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from seqviz.cli.joining import start_worker_without_storage
    from seqviz.gui import app as gui
    from seqviz.gui import theme
    from seqviz.gui.lab.rooms import room_named
    from seqviz.gui.layout_store import LayoutStore
    from seqviz.gui.panels.base import panels

    if view.room is not None:
        room_named(view.room)
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
        _come_to(window, folder, steps, view)
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


def _come_to(window: MainWindow, folder: Path | None, steps: int, view: View) -> None:
    """The window shows the run at the step asked for, and every view has settled."""
    failures: list[str] = []
    window.session.rejected.connect(failures.append)
    window.race.rejected.connect(failures.append)
    if window.race.config is not None:
        _come_through_race(window, steps, view.panel, failures)
        return
    rest = Rest(window)
    if folder is not None:
        window.session.open_run(folder)
    _wait(lambda: window.session.run is not None, failures)
    if view.room is not None:
        window.show_room(view.room)
    if view.panel is not None:
        _open(window, view.panel)
    if steps:
        window.session.step(steps)
        _wait(lambda: window.session.history.last_step >= steps or _ended(window), failures)
    for frame in window.board.frames():
        frame.panel.measure()
    if view.twin:
        _put_twin_beside(window, view, failures)
    _wait(rest.reached, failures)


def _put_twin_beside(window: MainWindow, view: View, failures: list[str]) -> None:
    """Original and twin stand in their room, trained on together, with both maps."""
    pair = window.pair
    pair.rejected.connect(failures.append)
    window.show_room("twin")
    _wait(lambda: bool(pair.switches), failures)
    for remedy, value in view.twin.items():
        pair.flip(remedy, value)
    _wait(lambda: len(pair.racers) == 2 and pair.changes == dict(view.twin), failures)
    end = pair.step + view.twin_steps
    if view.twin_steps:
        pair.step_on(view.twin_steps)
    _wait(lambda: (pair.step >= end and pair.state != "running") or not any(not r.out for r in pair.racers), failures)
    began = time.monotonic()
    _wait(lambda: all(r.looked_through for r in pair.racers) or time.monotonic() - began > LONGEST_LOOK, failures)


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


class Rest:
    """Tells when the trainer has nothing left to look at: its last word is then a pulse at no speed."""

    def __init__(self, window: MainWindow) -> None:
        self._session = window.session
        self._rested_at, self._seen = -1, (0, 0)  # ids of the frame that was the last, of what has come
        self._latest = time.monotonic()
        self._session.pulse.connect(self._hear)

    def _hear(self, pulse: Pulse) -> None:
        if pulse.steps_per_second == 0 and not pulse.awaiting:
            self._rested_at = id(self._session.snapshot().frame)

    def reached(self) -> bool:
        """Whether the run stands still and nothing has come for a while: shortly, where the trainer said it is done."""
        told = self._session.snapshot()
        seen = (id(told.frame), id(told.history.diagnosed))
        if seen != self._seen:
            self._seen, self._latest = seen, time.monotonic()
        wait = QUIET if self._rested_at == seen[0] else LONG_QUIET
        return self._session.state != "running" and time.monotonic() - self._latest > wait


def _open(window: MainWindow, name: str) -> None:
    from seqviz.gui.panels.base import panels

    run = window.session.run
    reason = None if run is None else panels.get(name).reason_unserved(run)
    if reason is not None:
        raise ValueError(f"--panel: {name}: {reason}")
    window.board.open(name)
