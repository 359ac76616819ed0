"""The text of a row of a batch, whatever it is made of."""

from __future__ import annotations

import numpy as np
import pytest

from seqviz.core.batch import Batch, Field
from seqviz.core.halt_words import around
from seqviz.training.builder import build
from seqviz.training.excerpts import excerpt


@pytest.fixture
def task(make_config):
    return build(make_config()).task


def test_tokens_are_told_by_their_labels_without_the_padding(task):
    ids = np.array([[0, 1, 2, 0], [3, 4, 5, 6]])
    there = np.array([[True, True, True, False], [True] * 4])
    batch = Batch({"tokens": Field(ids, ("batch", "t"), there)}, {})
    assert excerpt(task, batch, 0) == tuple(task.labels[:3])
    assert excerpt(task, batch, 1) == tuple(task.labels[3:7])
    assert excerpt(task, batch, 2) == ()
    assert excerpt(task, batch, -1) == ()


def test_of_two_texts_the_one_along_the_asked_axis_is_told_and_the_first_where_there_is_none(task):
    source, target = np.array([[0, 1, 2]]), np.array([[5, 4]])
    batch = Batch({"tokens": Field(source, ("batch", "source"))}, {"tokens": Field(target, ("batch", "target"))})
    assert excerpt(task, batch, 0, "source") == tuple(task.labels[i] for i in (0, 1, 2))
    assert excerpt(task, batch, 0, "target") == tuple(task.labels[i] for i in (5, 4))
    assert excerpt(task, batch, 0, "t") == tuple(task.labels[i] for i in (0, 1, 2))


def test_numbers_are_told_with_two_figures(task):
    batch = Batch({"vectors": Field(np.array([[[0.314, 0.0], [0.5, 1.0]]], np.float32), ("batch", "t", "dim"))}, {})
    assert excerpt(task, batch, 0) == ("0.31,0", "0.5,1")


def test_the_position_stands_between_marks_in_as_much_text_as_fits():
    assert around(tuple("France"), 2) == "Fr›a‹nce"
    assert around(("the", "cat", "ran"), 1) == "the ›cat‹ ran"
    assert around(tuple("abcdefg"), 3, reach=1) == "…c›d‹e…"
    assert around(tuple("a\nb"), 0) == "›a‹↵b"
    assert around((), 0) == ""
    assert around(tuple("ab"), -1) == ""
