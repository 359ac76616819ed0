"""Curvature with the real trainer: asked for by key or button, given up by the same, drawn where it was measured."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import pytest
from PySide6.QtCore import Qt
from real_worker import opened_real

from seqviz.core.lab_commands import Ask


@pytest.fixture
def lab(qtbot, tmp_path):
    with opened_real(qtbot, tmp_path, training__steps=400) as made:
        made.window.show_room("curvature")
        made.session.step(12)
        qtbot.waitUntil(lambda: made.session.history.last_step == 12, timeout=20_000)
        yield made


def panel_of(lab):
    return lab.window.board.frame("curvature").panel


def test_nothing_is_measured_before_it_is_asked_for(qtbot, lab):
    qtbot.wait(300)
    assert not panel_of(lab).ready()
    assert panel_of(lab).reading() == ""
    assert panel_of(lab).export() == {}


def test_m_measures_and_the_picture_says_at_which_step(qtbot, lab):
    qtbot.keyClick(lab.window, Qt.Key.Key_M)
    panel = panel_of(lab)
    qtbot.waitUntil(lambda: "λ" in panel.reading(), timeout=60_000)
    qtbot.waitUntil(lambda: panel.button.text() == "Measure", timeout=5_000)
    assert "step 12" in panel.subtitle()
    arrays = panel.export()
    line = arrays["curvature.line.gradient.loss"]
    middle = int(np.abs(arrays["curvature.line.gradient.distance"]).argmin())
    assert line[middle + 1] < line[middle] < line[middle - 1]  # downhill is to the right
    assert arrays["curvature.slice.path_steps"][0] == 0
    rows = {q.name: q.value for q in panel.explain(lab.session.cursor).quantities}
    assert float(rows["largest eigenvalue λ"]) == pytest.approx(float(arrays["curvature.eigenvalue"][-1]), rel=0.01)


def test_asked_again_meanwhile_it_is_given_up_and_training_goes_on(qtbot, lab, monkeypatch):
    sent = []
    send = lab.session.send
    monkeypatch.setattr(lab.session, "send", lambda command: (sent.append(command), send(command)))
    panel = panel_of(lab)
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    assert panel.button.text() == "Stop"
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    assert panel.button.text() == "Measure"
    assert [c.wants for c in sent if isinstance(c, Ask)] == [frozenset({"curvature.*"}), frozenset()]
    lab.session.step(1)
    qtbot.waitUntil(lambda: lab.session.history.last_step == 13, timeout=10_000)


def test_another_run_frees_the_button(qtbot, lab):
    panel = panel_of(lab)
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    lab.session.reset()
    qtbot.waitUntil(lambda: panel.button.text() == "Measure", timeout=20_000)
    assert not panel.ready() or lab.session.run.step == 0
