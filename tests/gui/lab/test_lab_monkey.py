"""Random actions on the laboratory with the real trainer: rooms, breakpoints, twin, requests, the debugger's keys."""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from real_worker import RealWindow, tiny_config
from test_monkey import Monkey, check_window
from test_monkey import errors as errors

from seqviz.core.lab_commands import BreakpointSetting
from seqviz.gui import theme
from seqviz.gui.lab.rooms import MODEL, ROOMS
from seqviz.gui.panels.base import panels

ACTIONS, SECONDS, FEWEST = 700, 7.0, 100
KEYS = (Qt.Key.Key_Space, Qt.Key.Key_Period, Qt.Key.Key_T, Qt.Key.Key_M, Qt.Key.Key_F8, Qt.Key.Key_F10, Qt.Key.Key_F5,
        Qt.Key.Key_BracketLeft, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Escape, Qt.Key.Key_PageDown)  # fmt: skip
LIMITS = {"grad_norm": (1e-9, 1.0, 1e9, -1.0), "update_ratio": (1e-9, 0.1), "forget_gate": (0.9, 0.0),
          "itemised_gradient": (1e3, 1e-9), "loss_spike": (0.0, 6.0), "nan": (0.0,)}  # fmt: skip
REMEDIES = {"forget_bias": (-1.0, 1.0, 3.0), "learning_rate": (1e-3, 10.0, -1.0), "start": ("identity", "nothing"),
            "clip_norm": (0.0, 0.5), "layer_norm": (True, False), "gates": ("rnn", "gru", "lstm")}  # fmt: skip
PROBES = ("The cat", "x", "a" * 2000, "", "日本 ☃", "The dog ran home, and the cat slept.")


class LabMonkey(Monkey):
    """Random actions from one seed; `tried` are their names, in order."""

    weights = (70, 24, 6)

    def __init__(self, real: RealWindow, seed: int) -> None:
        super().__init__(real, seed)
        self._often = (self.press, self.press, self.play, self.drive, self.breathe, self.page)
        self._seldom = (self.arm, self.flip, self.probe, self.panel, self.suggestion, self.present)
        self._rarely = (self.reset, self.architecture, self.disarm, self.leave, self.undo, self.knob)

    def press(self) -> None:
        self.window.activateWindow()  # else shortcuts are not heard
        target = self.window.presentation if self.window.presenting else self.window
        held = self.random.choice((Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier))
        QTest.keyClick(target, self.random.choice(KEYS), held)

    def drive(self) -> None:
        self.random.choice((self.window.play_pair, self.window.step_pair, self.window.measure))()

    def breathe(self) -> None:
        time.sleep(0.006)

    def page(self) -> None:
        room = self.random.choice((MODEL, *(room.name for room in ROOMS)))
        self.window.show_one_model() if room == MODEL else self.window.show_room(room)

    def arm(self) -> None:
        name = self.random.choice(list(LIMITS))
        setting = BreakpointSetting(name, self.random.choice(LIMITS[name]), self.random.choice((1, 5, 500)))
        self.session.arm(setting, self.random.random() < 0.7)

    def disarm(self) -> None:
        for name in self.session.armed:
            self.session.arm(self.session.breakpoint_settings[name], False)

    def flip(self) -> None:
        for _ in range(self.random.choice((1, 1, 6))):
            remedy = self.random.choice(list(REMEDIES))
            self.window.pair.flip(remedy, self.random.choice(REMEDIES[remedy]))

    def leave(self) -> None:
        self.window.pair.leave()

    def probe(self) -> None:
        self.session.set_probe(self.random.choice(PROBES))

    def panel(self) -> None:
        board, name = self.window.board, self.random.choice([name for name, _ in panels.items()])
        act = self.random.choice((board.close, board.float_panel, board.dock))
        (act if name in board.names_open() else board.open)(name)

    def suggestion(self) -> None:
        """Follow what a panel leads to."""
        frames = self.window.board.frames()
        if frames:
            self.random.choice(frames).panel.view_asked.emit(self.random.choice([name for name, _ in panels.items()]))

    def present(self) -> None:
        self.window.toggle_presentation()

    def reset(self) -> None:
        self.session.reset()

    def architecture(self) -> None:
        self.window.rail.switch_architecture(self.random.choice(("lstm", "rnn", "transformer", "ngram", "tcn")))

    def undo(self) -> None:
        self.window.commands.undo()

    def knob(self) -> None:
        self.session.set_knob("optimizer.learning_rate", self.random.choice((1e-3, 1e9, -1.0)))


def check_pair(real: RealWindow) -> None:
    """What the twin's session says of itself fits together."""
    pair = real.window.pair
    assert len(pair.racers) in (0, 2)
    assert not pair.racers or pair.made is not None
    assert pair.racers or pair.state != "running"


@pytest.mark.parametrize("seed", [4])
def test_random_actions_in_the_laboratory_break_nothing(qtbot, tmp_path: Path, errors, seed):
    real = RealWindow(tmp_path, tiny_config(training__clip_norm=1.0))
    qtbot.addWidget(real.window)
    real.window.resize(1280, 800)
    real.window.show()
    try:
        real.wait_for_run()
        monkey, seen, end = LabMonkey(real, seed), ("", 0), time.monotonic() + SECONDS
        for _ in range(ACTIONS):
            monkey.act()
            seen = check_window(real, seen)
            check_pair(real)
            assert not errors, f"{errors[0]}\nafter {monkey.tried[-8:]}"
            if len(monkey.tried) >= FEWEST and time.monotonic() > end:
                break  # a slow machine
        real.wait(lambda: real.session.state not in ("starting", "preparing"))
    finally:
        real.window.leave_presentation()
        theme.set_presentation(False)
        begun = time.monotonic()
        real.window.close()
    assert time.monotonic() - begun < 5
    assert not real.workers[0].is_alive()
    assert not errors, errors[0]
