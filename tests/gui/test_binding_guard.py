"""PySide6 6.12.0 on Python 3.11 loses references to None and True and aborts: refuse it before it does."""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject, Signal

from seqviz.gui.history import History
from seqviz.gui.panels.base import Snapshot


class Emitter(QObject):
    said = Signal()


def test_a_hundred_emits_lose_no_reference_to_true():
    emitter, before = Emitter(), sys.getrefcount(True)
    for _ in range(100):
        emitter.said.emit()
    assert sys.getrefcount(True) > before - 50


def test_a_hundred_void_calls_lose_no_reference_to_none():
    thing, before = QObject(), sys.getrefcount(None)
    for number in range(100):
        thing.setObjectName(str(number))
    assert sys.getrefcount(None) > before - 50


def test_three_hundred_frames_are_painted_without_an_abort(opened):
    opened.learn(5)
    before = sys.getrefcount(None)
    for _ in range(50):
        for frame in opened.window.board.frames():
            frame.panel.present(opened.session.snapshot())
            frame.panel.repaint()
    assert sys.getrefcount(None) > before - 1000
    assert isinstance(opened.session.snapshot(), Snapshot)
    assert isinstance(opened.session.history, History)
