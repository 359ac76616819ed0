from __future__ import annotations

from seqviz.gui.undo import DEEPEST, KnobEdit, UndoStack


def test_the_newest_edit_comes_back_first():
    stack = UndoStack()
    stack.push(KnobEdit("a", 1, 2))
    stack.push(KnobEdit("b", 3, 4))
    assert stack.pop().key == "b"
    assert stack.pop().key == "a"
    assert stack.pop() is None


def test_an_edit_that_changes_nothing_is_not_kept():
    stack = UndoStack()
    stack.push(KnobEdit("a", 1, 1))
    assert len(stack) == 0


def test_the_stack_forgets_the_oldest_when_it_is_full():
    stack = UndoStack()
    for number in range(DEEPEST + 5):
        stack.push(KnobEdit("a", number, number + 1))
    assert len(stack) == DEEPEST
