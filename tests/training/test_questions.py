"""Questions are answered one after the other, slice by slice; none that fails takes the next with it."""

from __future__ import annotations

from seqviz.core.events import Event, Notice
from seqviz.training.questions import answer_slice


def run_out(*questions):
    asked, refused, told = list(questions), [], list[Event]()
    slices = 0
    while asked:
        answer_slice(asked, refused.append, told.append)
        slices += 1
    return slices, refused, told


def question(said: list[str], name: str, error: Exception | None = None):
    yield
    if error is not None:
        raise error
    said.append(name)


def test_questions_are_answered_in_order_a_slice_at_a_time():
    said: list[str] = []
    slices, refused, told = run_out(question(said, "first"), question(said, "second"))
    assert said == ["first", "second"]
    assert slices == 4
    assert refused == told == []


def test_a_question_that_cannot_be_asked_is_refused_and_the_next_is_answered():
    said: list[str] = []
    _, refused, told = run_out(question(said, "first", ValueError("nothing comes before it")), question(said, "second"))
    assert refused == ["nothing comes before it"]
    assert said == ["second"]
    assert told == []


def test_any_other_error_is_told_with_its_traceback_and_the_next_is_answered():
    said: list[str] = []
    _, refused, told = run_out(question(said, "first", RuntimeError("broken weights")), question(said, "second"))
    (notice,) = told
    assert isinstance(notice, Notice)
    assert notice.level == "error"
    assert "broken weights" in notice.text
    assert "Traceback" in notice.details
    assert refused == []
    assert said == ["second"]
