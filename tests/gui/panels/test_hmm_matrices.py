from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor
from seqviz.gui.panels.hmm_matrices import HmmMatricesPanel
from tests.gui.panels.hmm_frames import VOCABULARY, arrays, run
from tests.gui.panels.sheet_frames import run_of, snapshot_of


@pytest.fixture
def panel(qtbot) -> HmmMatricesPanel:
    made = HmmMatricesPanel()
    qtbot.addWidget(made)
    made.resize(500, 200)
    return made


def shown(panel: HmmMatricesPanel, column: int = 5, told: bool = False) -> HmmMatricesPanel:
    panel.present(snapshot_of(arrays(told), Cursor(column), run(told)))
    return panel


def hover(panel: HmmMatricesPanel, x: float, y: float) -> None:
    at, none = QPointF(x, y), Qt.MouseButton.NoButton
    event = QMouseEvent(QEvent.Type.MouseMove, at, panel.mapToGlobal(at), none, none, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(panel, event)


def test_the_row_of_the_best_path_at_the_cursor_is_looked_at(panel):
    assert shown(panel, 6).state == 0
    assert panel.reading() == "State 0 emits vowels: e, a, o (**99 %**)"
    assert shown(panel, 5).state == 2


def test_the_mouse_reads_single_cells(panel):
    shown(panel, 5)
    area = panel.transition_area()
    hover(panel, area.left() + 0.5 * area.width(), area.top() + 2)
    assert panel.reading() == "From state 0 to state 1: **70 %**"
    emitted = panel.emission_area()
    hover(panel, emitted.left() + 2, emitted.bottom() - 2)
    symbol = panel.symbols_shown()[0, 0]
    expected = "space" if VOCABULARY[symbol] == " " else VOCABULARY[symbol]
    assert f"State 2 emits {expected}" in panel.reading()
    QApplication.sendEvent(panel, QEvent(QEvent.Type.Leave))
    assert "State 2 emits space" in panel.reading()


def test_a_narrow_panel_lists_each_states_own_likeliest_symbols(panel):
    shown(panel)
    assert not panel.ranked()
    assert len(panel.symbols_shown()) == 1
    panel.resize(200, 200)
    assert panel.ranked()
    first = [VOCABULARY[i] for i in panel.symbols_shown()[:, 0]]
    assert first[0] == "e"
    assert first[2] == " "
    panel.grab()


def test_card_tells_how_long_a_state_stays(panel):
    explained = shown(panel, 5).explain(Cursor(5))
    assert explained.key_number == "2"  # it leaves in half of the cases
    quantities = {q.name: q.value for q in explained.quantities}
    assert quantities["next state 2"] == "50 %"
    assert quantities["passes of EM"] == "2"
    assert quantities["training, nats per symbol"] == "2.500"


def test_tags_have_names_and_no_emissions(panel):
    shown(panel, 4, told=True)
    assert panel.reading() == "After NOUN comes ADJ in **50 %**"
    assert "known" in panel.explain(Cursor(4)).sentence
    panel.grab()


def test_the_picture_follows_the_cursor_only_when_the_state_changes(panel):
    shown(panel, 5)
    heard = []
    panel.header_changed.connect(lambda: heard.append(1))
    snapshot = snapshot_of(arrays(), Cursor(5), run())
    panel.present(snapshot)
    before = len(heard)
    panel.present(type(snapshot)(snapshot.run, snapshot.frame, snapshot.history, Cursor(8)))  # state 2 again
    assert len(heard) == before
    panel.present(type(snapshot)(snapshot.run, snapshot.frame, snapshot.history, Cursor(9)))
    assert len(heard) == before + 1


@pytest.mark.parametrize("states", [1, 60])
@pytest.mark.parametrize("width", [180, 900])
def test_one_state_and_very_many_are_drawn(panel, states, width):
    panel.resize(width, 150)
    found = {
        "hmm.transition": np.full((states, states), 1 / states, dtype=np.float32),
        "hmm.emission": np.full((states, 9), 1 / 9, dtype=np.float32),
    }
    panel.present(snapshot_of(found, Cursor(0), run()))
    panel.grab()
    assert panel.n_states == states


@pytest.mark.parametrize("name", ["light", "dark"])
def test_empty_and_full_are_drawn_in_both_themes(panel, name):
    theme.set_theme(name)
    panel.grab()
    empty = panel.grab().toImage()
    assert shown(panel).grab().toImage() != empty
    panel.clear()
    assert panel.reading() == ""
    assert panel.export() == {}
    theme.set_theme("light")


def test_models_without_transitions_are_refused_with_the_reason():
    assert HmmMatricesPanel.reason_unserved(run()) is None
    assert HmmMatricesPanel.reason_unserved(run_of(provides=("layers.0.hidden_state",))) is not None
