"""Hundreds of random actions on the window with the real trainer: nothing breaks, and the window never lies."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from real_worker import RealWindow, tiny_config

from seqviz.core import commands as cm
from seqviz.gui import theme
from seqviz.gui.errors import ErrorReporter
from seqviz.gui.panels.base import panels

ACTIONS, SECONDS = 1500, 14.0
KEYS = (Qt.Key.Key_Space, Qt.Key.Key_Period, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End,
        Qt.Key.Key_P, Qt.Key.Key_F1, Qt.Key.Key_Escape, Qt.Key.Key_Tab)  # fmt: skip
KNOBS = {
    "optimizer.learning_rate": (1e-3, 1e-2, 1e9, float("nan"), -1.0, "much"),
    "training.batch_size": (1, 4, 16, 0),
    "training.clip_norm": (0.0, 1.0, -1.0),
    "model.dropout": (0.0, 0.5, 2.0),
    "sampling.temperature": (0.0, 1.0),
    "sampling.prompt": ("", "The", "☃"),
}
PROBES = ("The cat", "x", "", "日本 ☃", "\U0001f600\U0001f600\U0001f600", "a\tb\n", "The dog ran home. " * 30)
REBUILDS = ({"model.d_hidden": 4}, {"model.d_hidden": 12}, {"model.d_hidden": -1}, {"training.context_length": 8},
            {"task.tokens": "word"}, {"model.colour": "red"}, {"corpus.name": "nothing"})  # fmt: skip
SIZES = ((760, 520), (1000, 700), (1280, 800), (1600, 1000), (2560, 1440))


class Monkey:
    """Random actions from one seed; `tried` are their names, in order."""

    def __init__(self, real: RealWindow, seed: int) -> None:
        self.real, self.window, self.session = real, real.window, real.session
        self.random = random.Random(seed)
        self.tried: list[str] = []
        self._often = (self.press, self.press, self.click, self.hover, self.play, self.step, self.breathe)
        self._seldom = (self.knob, self.probe, self.panel, self.undo, self.resize, self.sample, self.speed)
        self._rarely = (self.reset, self.rebuild, self.architecture, self.page, self.theme, self.present, self.fail)

    weights = (80, 16, 4)  # in percent: what is done often, seldom, rarely

    def act(self) -> None:
        kinds: tuple[Callable[[], None], ...] = self.random.choices(
            (self._often, self._seldom, self._rarely), weights=self.weights
        )[0]
        action = self.random.choice(kinds)
        self.tried.append(action.__name__)
        action()
        QApplication.processEvents()

    def press(self) -> None:
        self.window.activateWindow()  # else shortcuts are not heard
        QTest.keyClick(self.window, self.random.choice(KEYS))

    def click(self) -> None:
        top = self.window.top
        QTest.mouseClick(self.random.choice((top.play, top.step, top.reset)), Qt.MouseButton.LeftButton)

    def hover(self) -> None:
        sheet = self.window.sheet
        at = QPoint(self.random.randrange(sheet.width()), self.random.randrange(sheet.height()))
        target = sheet.childAt(at) or sheet
        QTest.mouseMove(target, target.mapFrom(sheet, at))

    def play(self) -> None:
        self.window.commands.play_or_pause()

    def step(self) -> None:
        self.session.step(self.random.choice((1, 3)))

    def breathe(self) -> None:
        time.sleep(0.004)

    def knob(self) -> None:
        key = self.random.choice(list(KNOBS))
        self.session.set_knob(key, self.random.choice(KNOBS[key]))

    def probe(self) -> None:
        self.session.set_probe(self.random.choice(PROBES))

    def panel(self) -> None:
        board, name = self.window.board, self.random.choice([name for name, _ in panels.items()])
        open_now = name in board.names_open()
        act = self.random.choice((board.close, board.float_panel, lambda n: board.move(n, 1), board.dock))
        (act if open_now else board.open)(name)

    def undo(self) -> None:
        self.window.commands.undo()

    def resize(self) -> None:
        self.window.resize(*self.random.choice(SIZES))

    def sample(self) -> None:
        self.session.sample_now()

    def speed(self) -> None:
        self.session.set_speed(self.random.choice((0.0, 5.0, 100.0)), self.session.state == "running")

    def reset(self) -> None:
        self.window.activateWindow()
        QTest.keyClick(self.window, Qt.Key.Key_R)

    def rebuild(self) -> None:
        self.window.rail._rebuild(self.random.choice(REBUILDS))

    def architecture(self) -> None:
        combo = self.window.rail.architecture
        rows = [i for i in range(combo.count()) if combo.itemData(i)]  # the others name a family
        self.window.rail.switch_architecture(combo.itemData(self.random.choice(rows)))

    def page(self) -> None:
        self.random.choice((self.window.show_own_text, self.window.show_catalogue, self.window._show_views))()

    def theme(self) -> None:
        self.window.choose_theme(self.random.choice(("light", "dark")))

    def present(self) -> None:
        self.window.toggle_presentation()

    def fail(self) -> None:
        self.session.send(cm.InjectFault("backward"))


def check_window(real: RealWindow, before: tuple[str, int]) -> tuple[str, int]:
    """Buttons say what the state allows; within a run the step never falls. Returns (run, step)."""
    session, top, state = real.session, real.window.top, real.session.state
    assert top.play.isEnabled() == (state in ("paused", "running", "finished")), state
    assert top.step.isEnabled() == (state == "paused"), state
    assert top.reset.isEnabled() == (state in ("paused", "running", "finished", "diverged", "failed")), state
    assert (top.play.text() == "Pause") == (state == "running"), state
    assert real.window.actions_list["step"].isEnabled() == top.step.isEnabled()
    assert session.run is not None
    steps = session.history.last_step
    run, last = before
    assert run != session.run.run_id or steps >= last, f"step {last} was followed by {steps}"
    labels = session._labels()
    assert not labels or session.cursor.column < len(labels)
    return session.run.run_id, steps


@pytest.fixture
def errors(qapp: QApplication, caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """What would stand in the log: uncaught exceptions and Qt's warnings."""
    found: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage())

    handler, log = Keep(logging.WARNING), logging.getLogger("seqviz")
    log.addHandler(handler)
    reporter = ErrorReporter(lambda event: None)
    reporter.install()
    yield found
    reporter.remove()
    log.removeHandler(handler)


@pytest.mark.parametrize("seed", [20])
def test_random_actions_break_nothing_and_the_window_tells_the_truth(qtbot, tmp_path: Path, errors, seed):
    real = RealWindow(tmp_path, tiny_config())
    qtbot.addWidget(real.window)
    real.window.resize(1280, 800)
    real.window.show()
    try:
        real.wait_for_run()
        monkey, seen, end = Monkey(real, seed), ("", 0), time.monotonic() + SECONDS
        for _ in range(ACTIONS):
            monkey.act()
            seen = check_window(real, seen)
            assert not errors, f"{errors[0]}\nafter {monkey.tried[-8:]}"
            if time.monotonic() > end:
                break  # a slow machine
        assert len(monkey.tried) > 200
        real.wait(lambda: real.session.state not in ("starting", "preparing"))
    finally:
        theme.set_presentation(False)
        real.window.close()
    assert not real.workers[0].is_alive()
    assert not errors, errors[0]
