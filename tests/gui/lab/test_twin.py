"""Original and twin with the real trainer: a switch makes the pair, keys drive it, the run itself is left alone."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent
from real_worker import opened_real


@pytest.fixture
def lab(qtbot, tmp_path):
    with opened_real(qtbot, tmp_path, training__steps=500, training__valid_every=5) as made:
        made.window.show_room("twin")
        qtbot.waitUntil(lambda: bool(made.window.pair.switches), timeout=10_000)
        yield made


def flip_with_keys(qtbot, lab, remedy: str) -> None:
    """One press of an arrow key on the switch's slider."""
    row = lab.window.board.frame("remedies").panel.switches.row(remedy)
    row.setFocus()
    qtbot.keyClick(row, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: len(lab.window.pair.racers) == 2, timeout=20_000)


def train_pair(qtbot, lab, steps: int) -> None:
    pair = lab.window.pair
    for step in range(pair.step + 1, pair.step + steps + 1):
        qtbot.keyClick(lab.window, Qt.Key.Key_T, Qt.KeyboardModifier.ShiftModifier)
        qtbot.waitUntil(lambda step=step: pair.step == step and pair.state == "paused", timeout=10_000)


def test_a_flipped_switch_puts_a_twin_beside_the_run_at_its_step(qtbot, lab):
    lab.session.step(7)
    qtbot.waitUntil(lambda: lab.session.history.last_step == 7, timeout=10_000)
    flip_with_keys(qtbot, lab, "learning_rate")
    pair = lab.window.pair
    assert pair.made.step == 7
    assert [racer.label for racer in pair.racers] == ["original", "twin"]
    rates = [racer.run.config["optimizer"]["learning_rate"] for racer in pair.racers]
    assert rates[0] == lab.session.config.optimizer.learning_rate < rates[1]


def test_a_step_of_both_leaves_the_run_where_it_stands(qtbot, lab):
    flip_with_keys(qtbot, lab, "learning_rate")
    train_pair(qtbot, lab, 3)
    assert [racer.step for racer in lab.window.pair.racers] == [3, 3]
    assert lab.session.history.last_step == 0
    losses = [racer.history.series["loss"].values for racer in lab.window.pair.racers]
    assert losses[0][0] == losses[1][0]  # the same weights and the same batch
    assert losses[0][-1] != losses[1][-1]


def test_t_trains_both_and_holds_both(qtbot, lab):
    flip_with_keys(qtbot, lab, "learning_rate")
    pair = lab.window.pair
    qtbot.keyClick(lab.window, Qt.Key.Key_T)
    qtbot.waitUntil(lambda: pair.step > 5, timeout=20_000)
    qtbot.keyClick(lab.window, Qt.Key.Key_T)
    qtbot.waitUntil(lambda: pair.state == "paused", timeout=10_000)


def test_both_maps_show_what_the_trainer_measured_and_the_cell_under_the_mouse(qtbot, lab):
    flip_with_keys(qtbot, lab, "learning_rate")
    train_pair(qtbot, lab, 2)
    panel = lab.window.board.frame("twin").panel
    qtbot.waitUntil(
        lambda: len(panel.maps.values) == 2 and all(v is not None for v in panel.maps.values), timeout=15_000
    )
    geometry = panel.maps.geometry_of(1)
    at = QPointF(geometry.grid.centre_of(2), geometry.centre_y(5))
    none = Qt.MouseButton.NoButton
    event = QMouseEvent(
        QMouseEvent.Type.MouseMove, at, panel.maps.mapToGlobal(at), none, none, Qt.KeyboardModifier.NoModifier
    )
    panel.maps.mouseMoveEvent(event)
    assert panel.maps.cell == (5, 2)
    rows = {q.name: q.value for q in panel.explain(lab.session.cursor).quantities}
    assert "t = 5" in rows["at"]
    assert "twin, of the diagonal" in rows
    diagonal = np.nanmean(np.diag(panel.maps.values[1]))
    assert diagonal == pytest.approx(1.0, rel=1e-3)


def test_closing_the_pair_leaves_no_trace_of_it(qtbot, lab):
    flip_with_keys(qtbot, lab, "learning_rate")
    panel = lab.window.board.frame("twin").panel
    qtbot.mouseClick(panel.end, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not lab.window.pair.racers, timeout=5_000)
    row = lab.window.board.frame("remedies").panel.switches.row("learning_rate")
    assert row.value() == lab.session.config.optimizer.learning_rate
    assert panel.reading() == ""
    lab.session.step(2)
    qtbot.waitUntil(lambda: lab.session.history.last_step == 2, timeout=10_000)


def test_what_needs_new_weights_sends_both_to_step_0(qtbot, lab):
    lab.session.step(4)
    qtbot.waitUntil(lambda: lab.session.history.last_step == 4, timeout=10_000)
    lab.window.pair.flip("forget_bias", 3.0)
    qtbot.waitUntil(lambda: len(lab.window.pair.racers) == 2, timeout=20_000)
    assert lab.window.pair.made.step == 0
    panel = lab.window.board.frame("twin").panel
    assert "both from step 0" in panel.words.text()


def test_another_run_on_the_first_page_closes_the_pair(qtbot, lab):
    flip_with_keys(qtbot, lab, "learning_rate")
    lab.session.reset()
    qtbot.waitUntil(lambda: not lab.window.pair.racers, timeout=10_000)
    qtbot.waitUntil(lambda: lab.session.state == "paused", timeout=10_000)


def test_before_there_is_a_pair_it_names_the_key_that_trains_both(lab):
    words = lab.window.board.frame("twin").panel.learning.empty_words()
    assert "Press T" in words
    assert "Space" not in words  # that trains the run of the first page


def test_a_slider_that_is_drawn_makes_a_pair_at_its_first_tick_and_one_when_it_rests(qtbot, lab):
    pair, made = lab.window.pair, []
    pair.pair_made.connect(lambda: made.append(dict(pair.made.changes)))
    for tick in range(1, 13):
        pair.flip("forget_bias", 1 + tick / 4)
        lab.run_on(0.02)
        assert pair.changes == {"forget_bias": 1 + tick / 4}  # what came meanwhile takes no tick back
    qtbot.waitUntil(lambda: bool(made) and made[-1] == {"forget_bias": 4.0}, timeout=10_000)
    assert len(made) == 2
    lab.run_on(0.4)
    assert len(made) == 2


def test_a_closed_pair_is_not_made_again_by_the_tick_before(lab):
    pair = lab.window.pair
    pair.flip("forget_bias", 2.0)
    pair.flip("forget_bias", 2.5)
    pair.leave()
    lab.run_on(0.6)
    assert not pair.racers
    assert pair.made is None
