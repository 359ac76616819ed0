from __future__ import annotations

import numpy as np
import pytest

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor, Snapshot
from seqviz.gui.panels.word_order import SHUFFLED, WRITTEN, WordOrderPanel, likeliest
from tests.gui.panels.sheet_frames import colour_at, picture, run_of, snapshot_of

TEXT = tuple("abcd")  # the vocabulary is a .. h


def arrays(moves: bool = True, kind: str = "swapped") -> dict[str, np.ndarray]:
    written, other = np.full((4, 8), 0.05, np.float32), np.full((4, 8), 0.05, np.float32)
    written[:, 3], other[:, 6 if moves else 3] = 0.65, 0.65
    read = np.tile(np.arange(4), (4, 1))
    read[2, :2] = [1, 0]
    read[3, :3] = [0, 2, 1]
    return {
        WRITTEN: written,
        f"order.{kind}.probabilities": other,
        f"order.{kind}.difference": np.abs(written - other).sum(axis=1) / 2,
        f"order.{kind}.tokens": read,
    }


def snapshot(column: int = 2, moves: bool = True, kind: str = "swapped") -> Snapshot:
    return snapshot_of(arrays(moves, kind), Cursor(column), run_of("lstm", ("order.*",)), TEXT)


@pytest.fixture
def panel(qtbot) -> WordOrderPanel:
    made = WordOrderPanel()
    qtbot.addWidget(made)
    made.resize(500, 260)
    return made


def test_both_orders_are_shown_up_to_the_cursor(panel):
    panel.present(snapshot(2))
    assert panel.sequences() == (["a", "b", "c"], ["b", "a", "c"])
    panel.present(snapshot(3))
    assert panel.sequences() == (["a", "b", "c", "d"], ["a", "c", "b", "d"])
    picture(panel)


def test_the_reading_says_how_much_probability_moves(panel):
    panel.present(snapshot(2))
    assert panel.reading() == "**60 %** of the probability moves: order matters here"
    panel.present(snapshot(2, moves=False))
    assert panel.reading() == "**0 %** of the probability moves: both orders are one to this model"
    panel.present(snapshot(0))
    assert "too little stands before" in panel.reading()


def test_bars_stand_back_to_back_and_the_true_one_is_ink(panel):
    panel.present(snapshot(2))
    image, ink = picture(panel), theme.theme().ink.name()
    top = 2 * theme.px(19) + theme.px(6) + theme.px(16) + 2 + theme.px(8)
    half = (500 - theme.px(74)) / 2
    assert colour_at(image, half - 20, top) == ink  # d, the true one: 0.65 as written
    assert colour_at(image, half + theme.px(74) + 20, top) != ink  # 0.05 when swapped
    assert colour_at(image, half + theme.px(74) + 80, top + theme.px(21)) == theme.theme().track.name()  # g


def test_the_likeliest_of_either_order_come_first():
    assert likeliest(np.array([0.6, 0.1, 0.3]), np.array([0.1, 0.8, 0.1]), 2) == [1, 0]


def test_another_order_is_traced_only_when_it_is_chosen(panel, qtbot):
    panel.present(snapshot(2))
    assert panel.current_wants() == frozenset({WRITTEN, "order.swapped.*"})
    with qtbot.waitSignal(panel.wants_changed):
        panel.choose("order", SHUFFLED)
    assert panel.current_wants() == frozenset({WRITTEN, "order.shuffled.*"})
    assert panel.reading() == ""  # not there yet
    panel.present(snapshot(2, kind="shuffled"))
    assert panel.reading().startswith("**60 %**")
    assert "shuffled" in panel.subtitle()


def test_the_card_gives_both_first_choices_and_the_share_that_moves(panel):
    panel.present(snapshot(2))
    card = panel.explain(Cursor(2))
    assert [q.value for q in card.quantities] == ["d 0.65", "g 0.65"]
    assert card.key_number == "60 %"
    assert set(panel.export()) == {WRITTEN, "order.swapped.probabilities", "order.swapped.difference"}


def test_without_a_frame_or_with_one_of_another_probe_it_is_a_ghost(panel):
    panel.clear()
    assert panel.reading() == ""
    picture(panel)
    panel.present(snapshot_of(arrays(), Cursor(2), run_of("lstm", ("order.*",)), tuple("abcdef")))
    assert not panel.ready()
    picture(panel)


def test_it_says_which_run_cannot_be_asked():
    assert WordOrderPanel.reason_unserved(run_of("counting", ("losses",))) is not None
    assert WordOrderPanel.reason_unserved(run_of("lstm", ("order.swapped.tokens",))) is None


def test_it_stands_in_the_layout_of_a_bag_and_of_no_other_net():
    assert WordOrderPanel.shown_at_first(run_of(provides=("bag.vector", "order.written")))
    assert not WordOrderPanel.shown_at_first(run_of(provides=("order.written",)))
