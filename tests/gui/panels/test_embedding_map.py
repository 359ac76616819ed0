"""The map of words, by keys and mouse, and what it leaves behind when it closes."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from PySide6.QtCore import Qt

from seqviz.core.batch import Ruler
from seqviz.core.events import Frame, RunStarted
from seqviz.core.units import Unit
from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor, Snapshot
from seqviz.gui.panels.embedding_map import FOUR, MATRIX, PCA, TSNE, EmbeddingMapPanel

WORDS = ("king", "queen", "man", "woman", "she", "he", "nurse", "pilot", *(f"word{i}" for i in range(42)))
RUN = RunStarted(
    "r", "", {"model": {"name": "word2vec"}}, "word2vec", "convolution", Unit("nats/word", 1.0, "word"), WORDS, (), (),
    "", 1, "", (MATRIX, "company.vector"), "cpu", 1,
)  # fmt: skip
PROBE = ("king", "nurse", "queen")


def vectors(count: int = len(WORDS)) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, 8)).astype(np.float32)


def snapshot(step: int = 0, column: int = 0, matrix: np.ndarray | None = None, run: RunStarted = RUN) -> Snapshot:
    arrays = {MATRIX: vectors(len(run.vocabulary)) if matrix is None else matrix}
    frame = Frame(step, "r", arrays, {}, {"t": Ruler(PROBE, "word")}, {MATRIX: step})
    return Snapshot(run, frame, cursor=Cursor(column))


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "t-sne"]


@pytest.fixture
def panel(qtbot) -> EmbeddingMapPanel:
    made = EmbeddingMapPanel()
    qtbot.addWidget(made)
    made.resize(760, 560)
    made.show()
    return made


def test_the_word_at_the_cursor_is_looked_at_with_its_nearest(panel):
    panel.present(snapshot(column=1))
    assert panel.word == WORDS.index("nurse")
    assert panel.reading().startswith("Nearest to “nurse”: **")
    panel.present(snapshot(column=2))
    assert panel.word == WORDS.index("queen")
    assert panel.explain(Cursor(2)).quantities[0].value == "queen"


def test_a_click_on_the_map_picks_a_word_until_the_cursor_moves(panel, qtbot):
    panel.present(snapshot())
    word = WORDS.index("word7")
    at = panel.map.place_of(word)
    panel.map.zoom_about(at, 40.0)
    qtbot.mouseClick(panel.map, Qt.MouseButton.LeftButton, pos=panel.map.place_of(word).toPoint())
    assert panel.word == word
    panel.present(snapshot(step=1))
    assert panel.word == word
    panel.present(snapshot(step=1, column=1))
    assert panel.word == WORDS.index("nurse")


def test_a_word_of_the_probe_takes_the_cursor_along(panel, qtbot):
    panel.present(snapshot())
    with qtbot.waitSignal(panel.cursor_moved) as told:
        panel.pick(WORDS.index("queen"))
    assert told.args[0].column == 2


def test_what_moves_leaves_a_trail(panel):
    chance = np.random.default_rng(1)
    panel.present(snapshot())
    still = panel.grab().toImage()
    for step in range(1, 5):
        panel.present(snapshot(step, matrix=vectors() + chance.normal(size=(len(WORDS), 8)).astype(np.float32) * 0.5))
    assert panel.grab().toImage() != still
    assert len(panel._planes.trails()) == 5


def test_the_same_matrix_is_not_worked_out_twice(panel):
    one = snapshot()
    panel.present(one)
    before = panel._planes.now
    panel.present(Snapshot(RUN, one.frame, cursor=Cursor(2)))
    assert panel._planes.now is before


def test_in_the_plane_of_an_analogy_its_arrows_are_parallel(panel):
    matrix = vectors() * 0.3
    royal, female = np.eye(8, dtype=np.float32)[:2] * 3
    matrix[:4] = [royal, royal + female, matrix[4] * 0 + 0.5, matrix[4] * 0 + 0.5 + female]
    panel.present(snapshot(matrix=matrix))
    panel.choose("map", FOUR)
    assert "bold words" in panel.note.text()
    king, queen, man, woman = panel._planes.now.points[:4]
    one, other = king - man, queen - woman
    assert one @ other / (np.linalg.norm(one) * np.linalg.norm(other)) > 0.9
    assert sum(panel._planes.now.shares) > 0.9
    panel.questions.terms.set_words(("king", "nobody", "woman"))
    assert "no analogy is asked" in panel.note.text()
    assert sum(panel._planes.now.shares) < 0.9


def test_t_sne_runs_aside_and_says_what_it_does_not_mean(panel, qtbot):
    panel.present(snapshot(step=30))
    panel.switch.setFocus()
    qtbot.keyClick(panel.switch, Qt.Key.Key_Right)
    assert panel.kind == FOUR
    qtbot.keyClick(panel.switch, Qt.Key.Key_Right)
    assert panel.kind == TSNE
    qtbot.waitUntil(lambda: not threads(), timeout=20_000)
    qtbot.waitUntil(lambda: panel.again.isVisible())
    assert "mean nothing" in panel.note.text()
    assert "step 30" in panel.note.text()
    assert panel.export()["points"].shape == (len(WORDS), 2)
    qtbot.keyClick(panel.switch, Qt.Key.Key_Left)
    assert panel.kind == FOUR
    assert not panel.again.isVisible()


@pytest.mark.parametrize("leave", ["hide", "clear", "pca", "close"])
def test_t_sne_leaves_no_thread_and_no_timer(panel, qtbot, leave, monkeypatch):
    monkeypatch.setattr("seqviz.gui.tsne_job.STEPS", 10**7)
    panel.present(snapshot())
    panel.choose("map", TSNE)
    panel._job._steps = 10**7
    assert threads() or panel._job.newest()[1] > 0
    {"hide": panel.hide, "clear": panel.clear, "pca": lambda: panel.choose("map", PCA), "close": panel.close}[leave]()
    assert not threads()
    assert not panel._timer.isActive()


def test_another_run_forgets_the_map(panel):
    panel.present(snapshot())
    panel.clear()
    assert panel.word is None
    assert panel.reading() == ""
    assert panel.export() == {}
    panel.grab()


def test_a_narrow_panel_shows_the_map_alone(panel, qtbot):
    panel.present(snapshot())
    assert panel.column.isVisible()
    panel.resize(400, 400)
    assert not panel.column.isVisible()
    qtbot.waitUntil(lambda: panel.map.width() > 360)


def test_two_thousand_words_in_both_themes(panel):
    run = RunStarted(**{**RUN.__dict__, "vocabulary": tuple(f"w{i}" for i in range(3000))})
    panel.present(snapshot(matrix=vectors(2000), run=run))
    assert panel.subtitle() == "the first 2\u2009000 vectors of 8 numbers"
    light = panel.grab().toImage()
    theme.set_theme("dark")
    assert panel.grab().toImage() != light


def test_it_is_shown_at_first_where_vectors_are_what_is_learned():
    assert EmbeddingMapPanel.shown_at_first(RUN)
    lstm = RunStarted(**{**RUN.__dict__, "provides": (MATRIX,), "config": {"model": {"name": "lstm"}}})
    assert not EmbeddingMapPanel.shown_at_first(lstm)
    assert EmbeddingMapPanel.reason_unserved(lstm) is None
    assert EmbeddingMapPanel.reason_unserved(RunStarted(**{**RUN.__dict__, "provides": ()})) is not None
