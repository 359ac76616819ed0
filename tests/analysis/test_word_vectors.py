from __future__ import annotations

import pytest
import torch

from seqviz.analysis import Subject
from seqviz.analysis.itemised import gradient_sites
from seqviz.analysis.word_vectors import MATRIX, MOST_SYMBOLS, WordVectors
from seqviz.core.interface import Interface, Space
from tests.analysis.small_models import RECURRENT, SMALL, VOCAB, build, text_batch
from tests.models.sample_batches import bag

ALL = frozenset({"*"})


def company(size: int) -> Interface:
    return Interface(Space("tokens", size), Space("tokens", size), "negative_sampling", 6, "bag")


@pytest.mark.parametrize("name", [*RECURRENT, "transformer"])
def test_every_symbol_has_the_row_that_the_net_reads_for_it(name):
    model, batch = build(name, **SMALL), text_batch()
    found = WordVectors().compute(Subject(model, batch), ALL)[MATRIX]
    assert found.axes == ("symbol", "dim")
    assert len(found.values) == VOCAB
    read = Subject(model, batch).trace.arrays["embedding"].values[0]
    torch.testing.assert_close(found.values[batch.inputs["tokens"].values[0]], read)


def test_of_a_large_vocabulary_come_the_first_words():
    size = MOST_SYMBOLS + 5
    model = build("word2vec", company(size), d_embedding=3)
    batch = bag(company(size), 1, torch.Generator().manual_seed(0))
    found = WordVectors().compute(Subject(model, batch), ALL)[MATRIX].values
    assert torch.equal(found, model.embedding.weight.detach()[:MOST_SYMBOLS])


def test_nets_that_read_other_things_than_they_tell_are_not_served():
    labels = Interface(Space("tokens", VOCAB), Space("tokens", 2), "softmax", 8)
    assert not WordVectors().serves(build("gru", labels, **SMALL))
    assert not WordVectors().serves(build("ngram", order=2))


def test_a_bag_has_no_way_back_to_map():
    assert gradient_sites(build("word2vec", company(9), d_embedding=3)) == ()
    assert gradient_sites(build("gru", **SMALL)) != ()
