from __future__ import annotations

from seqviz.gui.widgets.word_fields import WordFields


def test_typing_a_word_is_told_and_kept(qtbot):
    fields = WordFields(("a", "b"), ("−",))
    qtbot.addWidget(fields)
    fields.set_words(("king", "man"))
    with qtbot.waitSignal(fields.changed):
        fields.fields[1].selectAll()
        qtbot.keyClicks(fields.fields[1], " woman ")
    assert fields.words() == ["king", "woman"]


def test_fields_complete_from_the_vocabulary(qtbot):
    fields = WordFields(("a",), ())
    qtbot.addWidget(fields)
    fields.set_vocabulary(("queen", "question", "king"))
    completer = fields.fields[0].completer()
    completer.setCompletionPrefix("QUE")
    assert completer.completionCount() == 2
