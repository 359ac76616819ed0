"""The laboratory's bar: what a room answers, and what of it a run cannot be asked."""

from __future__ import annotations

from seqviz.gui.icon_button import IconButton
from seqviz.gui.lab.bar import LabBar
from seqviz.gui.lab.rooms import room_named


def test_what_is_missing_stands_beside_the_question_and_alone_where_both_do_not_fit(qtbot):
    bar = LabBar()
    qtbot.addWidget(bar)
    room = room_named("backprop")
    bar.show_room(room)
    assert bar.words(2000) == room.question
    bar.show_room(room, "Transformer has no recurrent layer")
    assert bar.words(2000) == f"{room.question} · Transformer has no recurrent layer"
    assert bar.words(260) == "Transformer has no recurrent layer"


def test_a_button_grows_with_its_words(qtbot):
    button = IconButton("play", "Measure", "primary", "Play")
    qtbot.addWidget(button)
    short = button.width()
    button.set_sign("play", "Measuring for long", "wait")
    assert button.width() > short
    button.set_sign("play", "Play", "Measure")
    assert button.width() == short
