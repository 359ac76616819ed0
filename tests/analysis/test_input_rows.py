from __future__ import annotations

import pytest
import torch

from seqviz.analysis import Subject
from seqviz.analysis.input_rows import MOST_ROWS, NEIGHBOURS, InputRows, shown_symbols
from seqviz.core.interface import Interface, Space
from tests.analysis.small_models import RECURRENT, SMALL, VOCAB, build, text_batch

ALL = frozenset({"input.*"})


@pytest.mark.parametrize("encoding", ["embedding", "one_hot"])
@pytest.mark.parametrize("name", [*RECURRENT, "transformer", "fixed_window", "bag_of_words"])
def test_each_token_picks_the_row_of_its_symbol(name, encoding):
    subject = Subject(build(name, **SMALL, input_encoding=encoding), text_batch())
    found = InputRows().compute(subject, ALL)
    tokens, matrix = found["input.tokens"].values[0], found["input.matrix"].values
    assert found["input.symbols"].values.tolist() == list(range(VOCAB))
    one_hot = torch.eye(VOCAB, dtype=torch.float64)[tokens]
    torch.testing.assert_close(one_hot @ matrix, matrix[tokens])
    read = subject.trace.arrays["embedding"].values[0]
    expected = one_hot if read.shape[1] == VOCAB else matrix[tokens]  # what enters the net
    torch.testing.assert_close(read, expected)


def test_a_large_vocabulary_sends_the_neighbours_of_what_was_read():
    size = 10 * MOST_ROWS
    found = shown_symbols(torch.tensor([3, 1000, size - 1]), size).tolist()
    assert found[: 4 + NEIGHBOURS] == list(range(4 + NEIGHBOURS))
    assert found[-1] == size - 1
    assert 1000 - NEIGHBOURS in found
    assert 1000 + NEIGHBOURS + 1 not in found
    assert len(found) == (4 + NEIGHBOURS) + (2 * NEIGHBOURS + 1) + (NEIGHBOURS + 1)


def test_numbers_and_counters_have_no_rows():
    assert not InputRows().serves(build("ngram", order=2))
    numbers = Interface(Space("vectors", 2), Space("vectors", 1), "gaussian", 6)
    assert not InputRows().serves(build("gru", numbers, **SMALL))


def test_nothing_is_computed_that_nobody_wants():
    subject = Subject(build("gru", **SMALL), text_batch())
    assert InputRows().compute(subject, frozenset({"losses"})) == {}
