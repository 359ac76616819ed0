"""The next token panel, fed with canned frames."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from seqviz.core.batch import Ruler
from seqviz.core.events import Frame, RunStarted
from seqviz.gui.history import History
from seqviz.gui.panels.base import Cursor, Snapshot
from seqviz.gui.panels.next_token import NextTokenPanel, bars_of, context_of, entropy_bits

MakeRun = Callable[..., RunStarted]
MakeFrame = Callable[..., Frame]


@pytest.fixture
def panel(qtbot: QtBot) -> NextTokenPanel:
    made = NextTokenPanel()
    qtbot.addWidget(made)
    made.resize(300, 190)
    made.show()
    return made


def test_the_true_next_character_is_in_ink_with_a_pointer(
    panel: NextTokenPanel, make_run: MakeRun, make_frame: MakeFrame
) -> None:
    panel.present(Snapshot(make_run(), make_frame("acab"), History(), Cursor(0)))
    assert [(b.label, b.text) for b in panel.bars.bars[:2]] == [("b", "0.50"), ("c", "0.30")]
    assert [b.label for b in panel.bars.bars if b.chosen and b.pointer] == ["c"]


def test_a_true_character_out_of_the_best_takes_the_last_bar() -> None:
    row = np.array([0.4, 0.3, 0.2, 0.09, 0.01])
    bars = bars_of(row, "abcde", true=4, most=3)
    assert [(b.label, b.chosen) for b in bars] == [("a", False), ("b", False), ("e", True)]


def test_the_cursor_chooses_the_row(panel: NextTokenPanel, make_run: MakeRun, make_frame: MakeFrame) -> None:
    frame, run = make_frame("bead·cab"), make_run()
    panel.present(Snapshot(run, frame, History(), Cursor(3)))
    assert panel.subtitle() == "after “bead”"
    assert panel.reading().endswith("“·”: choice 3 of 10")
    panel.present(Snapshot(run, frame, History(), Cursor(6)))
    assert panel.reading() == "**50 %** for the true one, “b”: its first choice"


def test_after_the_last_character_there_is_no_true_one(
    panel: NextTokenPanel, make_run: MakeRun, make_frame: MakeFrame
) -> None:
    panel.present(Snapshot(make_run(), make_frame("ab"), History(), Cursor(99)))
    assert not any(bar.chosen for bar in panel.bars.bars)
    assert panel.reading() == "**50 %** for its first choice"


def test_spaces_and_line_ends_are_visible_marks() -> None:
    bars = bars_of(np.array([0.5, 0.3, 0.2]), (" ", "\n", "the "), true=None)
    assert [b.label for b in bars] == ["·", "↵", "the·"]


def test_a_long_context_begins_at_a_whole_word() -> None:
    labels = tuple("I·speak·fluent·F")
    assert context_of(labels, len(labels) - 1) == "…fluent F"


def test_a_context_of_words_is_spaced() -> None:
    assert context_of(("so", "I", "speak"), 2) == "so I speak"


def test_entropy_of_a_fair_choice_is_its_bits() -> None:
    assert entropy_bits(np.full(8, 0.125)) == pytest.approx(3.0)
    assert entropy_bits(np.array([1.0, 0.0])) == 0.0


def test_the_card_says_probability_surprisal_and_rank(
    panel: NextTokenPanel, make_run: MakeRun, make_frame: MakeFrame
) -> None:
    panel.present(Snapshot(make_run(), make_frame("acab"), History(), Cursor(2)))
    values = {q.name: q.value for q in panel.explain(Cursor(2)).quantities}
    assert values["true next character"] == "b"
    assert values["its surprisal, −log₂ p"] == "1.00 bits"
    assert values["its rank"] == "1 of 10"


def test_export_is_the_whole_distribution_likeliest_first(
    panel: NextTokenPanel, make_run: MakeRun, make_frame: MakeFrame
) -> None:
    panel.present(Snapshot(make_run(), make_frame("acab"), History(), Cursor(0)))
    arrays = panel.export()
    assert arrays["token"][0] == "b"
    assert arrays["probability"].sum() == pytest.approx(1.0)
    assert arrays["token"][arrays["true"] == 1].tolist() == ["c"]


def test_without_a_frame_a_ghost_stands_there(panel: NextTokenPanel, make_run: MakeRun, make_frame: MakeFrame) -> None:
    panel.present(Snapshot(make_run(), make_frame(), History(), Cursor(0)))
    panel.clear()
    assert not panel.bars.isVisible()
    assert panel.reading() == ""


def test_a_run_that_gives_no_probabilities_is_not_served(make_run: MakeRun) -> None:
    from dataclasses import replace

    assert NextTokenPanel.reason_unserved(make_run()) is None
    assert NextTokenPanel.reason_unserved(replace(make_run(), provides=("belief.mean",))) is not None


def test_the_header_is_told_only_when_its_words_change(
    qtbot: QtBot, panel: NextTokenPanel, make_run: MakeRun, make_frame: MakeFrame
) -> None:
    run, frame = make_run(), make_frame()
    panel.present(Snapshot(run, frame, History(), Cursor(1)))
    with qtbot.assertNotEmitted(panel.header_changed):
        panel.present(Snapshot(run, frame, History(), Cursor(1)))
    with qtbot.waitSignal(panel.header_changed, timeout=1000):
        panel.present(Snapshot(run, frame, History(), Cursor(2)))


def hidden_frame(make_frame: MakeFrame, hidden: tuple[int, ...]) -> Frame:
    """The model fills in hidden places: what it says at a position is about that position."""
    frame = make_frame("acab")
    name = "own_place.probabilities"
    values = frame.arrays["next_token.probabilities"]
    return Frame(1, "r", {name: values}, {}, {"t": Ruler(tuple("acab"), hidden=hidden)}, {name: 1})


def test_what_is_said_of_a_hidden_place_is_compared_with_the_token_there(
    panel: NextTokenPanel, make_run: MakeRun, make_frame: MakeFrame
) -> None:
    panel.present(Snapshot(make_run(), hidden_frame(make_frame, (1,)), History(), Cursor(1)))
    assert [b.label for b in panel.bars.bars if b.chosen] == ["c"]
    assert "in place of c" in panel.subtitle()
    assert "30 %" in panel.reading()


def test_a_place_that_is_shown_is_not_asked_for(
    panel: NextTokenPanel, make_run: MakeRun, make_frame: MakeFrame
) -> None:
    panel.present(Snapshot(make_run(), hidden_frame(make_frame, (1,)), History(), Cursor(0)))
    assert "nothing is asked" in panel.reading()


def test_small_probabilities_are_written_without_an_exponent() -> None:
    row = np.array([0.9, 0.0964, 0.0032, 1e-9, 0.0])
    assert [bar.text for bar in bars_of(row, "abcde", true=None)] == ["0.90", "0.10", "0.0032", "<0.0001", "0.00"]
