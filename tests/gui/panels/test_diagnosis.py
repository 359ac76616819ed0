"""The diagnosis panel, fed with canned verdicts and driven by mouse and keys."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from seqviz.core.lab_commands import MakeTwin
from seqviz.core.lab_events import Diagnosed, Finding, RemediesOffered, RemedySwitch, Suggestion
from seqviz.gui.history import History
from seqviz.gui.lab.finding_card import how_sure
from seqviz.gui.lab.rooms import ROOMS
from seqviz.gui.lab.twin_session import TwinSession
from seqviz.gui.labels import TextLabel
from seqviz.gui.panels.base import Cursor, Snapshot, panels
from seqviz.gui.panels.diagnosis import DiagnosisPanel
from seqviz.gui.session import RunSession

VANISHING = Finding(
    "vanishing", "The gradient vanishes through time", "Nothing arrives where the answer lies.", 0.82,
    (("‖∂ℓₜ/∂hₜ₋₃₀‖ as a share of ‖∂ℓₜ/∂hₜ‖", "0.12 %"), ("1 % horizon", "4 symbols")), "gradient_map",
    (Suggestion("forget_bias", 3.0, "forget bias 3"), Suggestion("learning_rate", 0.001, "learning rate 0.001")),
)  # fmt: skip
CLIPPING = replace(VANISHING, rule="clipping", title="Clipping is always on", confidence=0.55, suggestions=())
ILL = Diagnosed(1200, (VANISHING, CLIPPING), ("Units are dead",), (("Gates are stuck", "RNN has no gates"),))
WELL = Diagnosed(300, (), ("Units are dead", "Gates are stuck"))


def shown(panel: DiagnosisPanel, told: Diagnosed | None) -> None:
    history = History()
    if told is not None:
        history.apply(told)
    panel.present(Snapshot(None, None, history))
    QApplication.processEvents()  # new widgets come on screen with the layout's next turn


def words(panel: DiagnosisPanel) -> list[str]:
    return [label.text() for label in panel.findChildren(TextLabel) if label.isVisible()]


@pytest.fixture
def panel(qtbot) -> DiagnosisPanel:
    made = DiagnosisPanel()
    qtbot.addWidget(made)
    made.resize(400, 700)
    made.show()
    return made


def test_before_the_first_verdict_it_says_what_will_come(panel):
    shown(panel, None)
    assert panel.reading() == ""
    assert any("Ten faults are looked for" in text for text in words(panel))


def test_health_is_told_with_the_step_and_what_was_looked_for(panel):
    shown(panel, WELL)
    assert "✓ Nothing wrong was found at step 300." in words(panel)
    assert "Looked for and not found: units are dead; gates are stuck." in words(panel)
    assert panel.reading() == "**nothing wrong**; 2 faults not found"


def test_a_finding_tells_its_title_sentence_confidence_and_evidence(panel):
    shown(panel, ILL)
    assert [card.finding.rule for card in panel.cards] == ["vanishing", "clipping"]
    told = words(panel)
    assert "The gradient vanishes through time" in told
    assert "very likely, 0.82" in told
    assert "Nothing arrives where the answer lies." in told
    assert [(row.measured, row.number) for row in panel.cards[0].rows] == list(VANISHING.evidence)
    assert panel.reading() == "**2 findings**; 1 fault not found, 1 not judged"


def test_a_click_or_a_key_on_the_evidence_asks_for_the_view_that_shows_it(panel, qtbot):
    shown(panel, ILL)
    row = panel.cards[0].rows[1]
    with qtbot.waitSignal(panel.view_asked) as asked:
        qtbot.mouseClick(row, Qt.MouseButton.LeftButton)
    assert asked.args == ["gradient_map"]
    row.setFocus()
    with qtbot.waitSignal(panel.view_asked):
        qtbot.keyClick(row, Qt.Key.Key_Space)


def test_a_suggestion_of_several_changes_makes_one_twin_with_all_of_them(panel, qtbot):
    sent: list[object] = []
    session = RunSession(lambda mailbox: None)  # type: ignore[arg-type, return-value]
    session.send = sent.append  # type: ignore[method-assign]
    panel.join(session)
    fix = Suggestion("gates", "lstm", "an LSTM with forget bias 3", (("forget_bias", 3.0),))
    shown(panel, replace(ILL, findings=(replace(VANISHING, suggestions=(fix,)),)))
    qtbot.mouseClick(panel.cards[0].buttons[0], Qt.MouseButton.LeftButton)
    assert sent == [MakeTwin({"gates": "lstm", "forget_bias": 3.0})]
    pair = TwinSession.of(session)
    session.remedies_offered.emit(RemediesOffered((RemedySwitch("gates", "gates", "choice", "rnn", ""),)))
    pair.flip("gates", "rnn")  # taken back: so is the forget bias, which this run has not
    assert pair.changes == {}


def test_a_suggestion_makes_the_twin_and_shows_it(panel, qtbot):
    sent: list[object] = []
    session = RunSession(lambda mailbox: None)  # type: ignore[arg-type, return-value]
    session.send = sent.append  # type: ignore[method-assign]
    panel.join(session)
    shown(panel, ILL)
    button = panel.cards[0].buttons[0]
    assert button.text() == "forget bias 3"
    with qtbot.waitSignal(panel.view_asked) as asked:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert sent == [MakeTwin({"forget_bias": 3.0})]
    assert asked.args == ["twin"]
    session.remedies_offered.emit(RemediesOffered((RemedySwitch("learning_rate", "rate", "number", 0.1, ""),)))


def test_what_could_not_be_judged_is_folded_away_with_its_reason_and_stays_open_over_verdicts(panel, qtbot):
    shown(panel, ILL)
    reason = "Gates are stuck: RNN has no gates"
    assert reason not in words(panel)
    fold = panel.folds[-1]
    assert fold.head.text() == "Could not be judged (1)"
    qtbot.mouseClick(fold.head, Qt.MouseButton.LeftButton)
    assert reason in words(panel)
    shown(panel, replace(ILL, step=1300))
    assert reason in words(panel)


def test_the_same_verdict_is_not_laid_out_anew(panel):
    shown(panel, ILL)
    cards = panel.cards
    history = History()
    history.apply(ILL)
    panel.present(Snapshot(None, None, history))
    assert panel.cards is cards
    panel.clear()
    assert panel.cards == []


@pytest.mark.parametrize("width", [260, 400, 700])
def test_evidence_is_as_high_as_its_wrapped_words(panel, qtbot, width):
    panel.resize(width, 700)
    shown(panel, ILL)
    qtbot.wait(30)
    row = panel.cards[0].rows[0]
    assert row.height() >= row.heightForWidth(row.width()) - 1


def test_the_card_and_the_export_hold_the_confidences(panel):
    shown(panel, ILL)
    told = panel.explain(Cursor())
    assert told.key_number == "2"
    assert [quantity.value for quantity in told.quantities] == ["0.82", "0.55"]
    exported = panel.export()
    assert exported["confidence"].tolist() == [0.82, 0.55]
    assert exported["step"].tolist() == [1200, 1200]


def test_a_confidence_is_told_in_words_and_as_a_number():
    assert how_sure(0.97) == "almost certain, 0.97"
    assert how_sure(0.5) == "more likely than not, 0.50"
    assert how_sure(0.2) == "a hint, 0.20"


def test_it_stands_in_every_room_of_the_laboratory_that_has_space_for_it():
    assert set(panels.get("diagnosis").rooms) == {room.name for room in ROOMS} - {"weights"}
