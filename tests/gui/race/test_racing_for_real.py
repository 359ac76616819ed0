"""The race page with the real trainer on a tiny text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from real_worker import RealWindow, tiny_config

from seqviz.core.config import RunConfig


def tiny_race(**changes) -> RunConfig:
    """A bigram, an RNN and an LSTM of 8 units."""
    config = tiny_config(**changes)
    racers = [
        {"label": "Bigram", "model": {"name": "ngram", "order": 2}},
        {"label": "RNN", "model": {"name": "rnn", "d_hidden": 8, "d_embedding": 4}},
        {"label": "LSTM", "model": {"name": "lstm", "d_hidden": 8, "d_embedding": 4}},
    ]
    return config.replaced({"racers": racers})


@pytest.fixture
def real(qtbot, tmp_path: Path) -> Iterator[RealWindow]:
    made = RealWindow(tmp_path, tiny_race(training__steps=30))
    qtbot.addWidget(made.window)
    made.window.show()
    made.wait(lambda: bool(made.window.race.racers))
    yield made
    made.window.close()
    QApplication.processEvents()


def test_a_race_is_run_to_its_end_by_keys(real, qtbot):
    race = real.window.race
    real.wait(lambda: all(racer.surprisal() is not None for racer in race.racers))
    real.window.activateWindow()
    qtbot.keyClick(real.window, Qt.Key.Key_Space)
    real.wait(lambda: race.state == "finished", 60)  # thirty tiny rounds may be over before anybody looks
    assert [racer.state for racer in race.racers] == ["finished"] * 3
    assert [racer.step for racer in race.racers[1:]] == [30, 30]
    assert all(racer.nats is not None for racer in race.racers)
    assert race.racers[0].parameters > 0
    real.wait(lambda: all(racer.frame.step == racer.step for racer in race.racers[1:]), 30)
    real.wait(lambda: race.racers[2].decay() is not None, 30)


def test_one_step_moves_all_and_reset_brings_the_same_start(real, qtbot):
    race = real.window.race
    real.wait(lambda: all(racer.surprisal() is not None for racer in race.racers))
    before = [racer.surprisal().copy() for racer in race.racers]
    real.window.activateWindow()
    qtbot.keyClick(real.window, Qt.Key.Key_Period)
    real.wait(lambda: race.step == 1 and race.state == "paused")
    qtbot.keyClick(real.window, Qt.Key.Key_R)
    real.wait(lambda: race.step == 0 and race.state == "paused")
    real.wait(lambda: all(racer.surprisal() is not None for racer in race.racers))
    for old, racer in zip(before[1:], race.racers[1:], strict=True):
        assert (old[1:] == racer.surprisal()[1:]).all()


def test_racing_stops_the_single_run(real, qtbot):
    window, race = real.window, real.window.race
    race.config = race.config.replaced({"training.steps": 100_000})
    window.show_one_model()
    real.wait(lambda: real.session.state == "paused")
    real.session.play()
    real.wait(lambda: real.session.state == "running")
    window.show_race()
    race.play()
    real.wait(lambda: race.state in ("running", "finished"))
    assert real.session.state == "paused"


def test_sizes_are_solved_for_all(real):
    race = real.window.race
    race.select(1)
    race.solve_sizes()
    real.wait(lambda: "LSTM" in real.window.race_page.rail.sizes.text(), 30)
    real.wait(lambda: race.state == "paused", 30)
    rnn, lstm = race.racers[1].parameters, race.racers[2].parameters
    assert abs(rnn - lstm) < 0.25 * rnn
    assert race.undo()


def test_a_learning_rate_without_measure_leaves_the_others_racing(qtbot, tmp_path):
    config = tiny_race(training__steps=40)
    racers = list(config.racers)
    racers[1] = racers[1].model_copy(update={"learning_rate": 1000.0})
    broken = config.model_copy(update={"racers": tuple(racers)})
    broken = broken.replaced({"training.clip_norm": 0.0, "optimizer.name": "sgd"})
    real = RealWindow(tmp_path, broken)
    qtbot.addWidget(real.window)
    real.window.show()
    race = real.window.race
    real.wait(lambda: bool(race.racers))
    race.play()
    real.wait(lambda: race.state == "finished", 60)
    assert race.racers[2].state == "finished"
    assert race.racers[1].state in ("diverged", "finished")
    real.window.close()
    QApplication.processEvents()
