from __future__ import annotations

import numpy as np
import pytest

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor
from seqviz.gui.panels.trellis import TrellisPanel
from tests.gui.panels.hmm_frames import TRANSITION, arrays, run
from tests.gui.panels.sheet_frames import N, colour_at, hover, lay_out, picture, run_of, snapshot_of


@pytest.fixture
def panel(qtbot) -> TrellisPanel:
    made = TrellisPanel()
    qtbot.addWidget(made)
    lay_out(made, width=N * 24 + 100)
    return made


def shown(panel: TrellisPanel, column: int = 5, told: bool = False) -> TrellisPanel:
    panel.present(snapshot_of(arrays(told), Cursor(column), run(told)))
    return panel


def test_belief_is_shade_and_the_path_runs_through_it(panel):
    shown(panel, 10)
    panel.choose("best path", "hidden")
    image, corner = picture(panel), 4 / 24
    at = panel.centre(4, 1)  # t = 4 is in state 1
    bright, dark = colour_at(image, at.x() - 24 * corner, at.y() - 20), colour_at(image, at.x(), panel.centre(4, 0).y())
    assert bright != dark
    panel.choose("best path", "shown")
    assert colour_at(picture(panel), at.x(), at.y()) == "#000000"


def test_ways_into_the_state_at_the_cursor_carry_their_transition_probabilities(panel):
    shown(panel, 5)  # path: state 2 at t = 5, state 1 at t = 4
    assert panel.edges()[0] == (1, pytest.approx(0.2))
    assert sorted(dict(panel.edges())) == [0, 1, 2]
    for before, p in panel.edges():
        assert p == pytest.approx(float(TRANSITION[before, 2]))


def test_nothing_leads_into_the_first_token(panel):
    assert shown(panel, 0).edges() == []
    picture(panel)


def test_the_mouse_chooses_another_state(panel):
    shown(panel, 5)
    assert panel.state == 2
    heard = []
    panel.header_changed.connect(lambda: heard.append(panel.reading()))
    at = panel.centre(5, 0)
    hover(panel, at.x(), at.y())
    assert panel.state == 0
    assert heard[-1].startswith("State 0 at ")
    panel.leaveEvent(None)
    assert panel.state == 2


def test_reading_names_the_state_by_what_it_emits(panel):
    assert "vowels: e, a, o" in shown(panel, 6).reading()
    assert "**80 %**" in panel.reading()
    assert "space" in shown(panel, 5).reading()


def test_smoothed_belief_is_asked_for_when_chosen_and_says_what_it_uses(panel):
    shown(panel, 5)
    told = []
    panel.wants_changed.connect(lambda: told.append(panel.current_wants()))
    panel.choose("belief", "smoothed")
    assert "belief.smoothed" in told[-1]
    assert "whole probe" in panel.subtitle()
    assert panel.explain(Cursor(5)).key_number == "0.10"
    assert "g_t" in panel.explain(Cursor(5)).formula


def test_card_gives_the_numbers_of_the_formula(panel):
    quantities = {q.name: q.value for q in shown(panel, 5).explain(Cursor(5)).quantities}
    assert quantities["state"].startswith("s2")
    assert quantities["A, from state 1"] == "0.20"
    assert "B, it emits a" in quantities
    assert panel.explain(Cursor(5)).key_number == "0.80"


def test_tags_stand_for_themselves(panel):
    shown(panel, 4, told=True)
    assert panel.label(1) == "NOUN"
    assert "The best path is in NOUN" in panel.reading()
    picture(panel)


@pytest.mark.parametrize("states", [1, 60])
def test_one_state_and_very_many_are_drawn(panel, states):
    belief = np.full((N, states), 1 / states, dtype=np.float32)
    path = np.arange(N) % states
    panel.present(snapshot_of({"belief.filtered": belief, "viterbi.state": path}, Cursor(3), run()))
    picture(panel)
    assert panel.n_states == states


@pytest.mark.parametrize("name", ["light", "dark"])
def test_both_themes_draw(panel, name):
    theme.set_theme(name)
    picture(shown(panel))
    theme.set_theme("light")


def test_models_without_a_best_path_are_refused_with_the_reason():
    assert TrellisPanel.reason_unserved(run()) is None
    assert "trellis" in (TrellisPanel.reason_unserved(run_of(provides=("layers.0.hidden_state",))) or "")


def test_what_is_shown_can_be_taken_along(panel):
    assert shown(panel).export()["viterbi.state"].tolist() == (np.arange(N) % 3).tolist()
    panel.clear()
    assert panel.export() == {}
    picture(panel)
