from __future__ import annotations

import numpy as np
import pytest

from seqviz.data.corpora import corpora
from seqviz.data.corpora.adding import AddingConfig


def read(**knobs):
    return corpora.get("adding")(AddingConfig(**{"samples": 2000, "length": 31, **knobs})).read()


def test_exactly_two_numbers_are_marked_one_in_each_half():
    markers = read().train_inputs[:, :, 1]
    assert set(np.unique(markers)) == {0.0, 1.0}
    assert np.all(markers[:, :15].sum(axis=1) == 1)
    assert np.all(markers[:, 15:].sum(axis=1) == 1)


def test_the_target_is_the_sum_of_the_marked_numbers():
    content = read()
    sums = (content.train_inputs[:, :, 0] * content.train_inputs[:, :, 1]).sum(axis=1)
    np.testing.assert_allclose(content.train_targets, sums, rtol=1e-6)


def test_always_answering_one_costs_the_stated_constant_error():
    content = read(samples=50_000, length=4)
    assert np.mean((content.train_targets - 1) ** 2) == pytest.approx(content.constant_error, abs=0.003)
    assert content.constant_error == pytest.approx(1 / 6)


def test_arrays_are_float32_and_reproducible():
    content = read()
    assert content.train_inputs.dtype == content.train_targets.dtype == np.float32
    assert content.valid_inputs.shape == (200, 31, 2)
    assert content.sha256 == read().sha256 != read(seed=3).sha256


def test_any_text_seeds_one_row_and_the_marked_labels_carry_a_plus():
    example = read().example
    vectors, value, labels = example("hello")
    assert np.array_equal(vectors, example("hello")[0])
    assert not np.array_equal(vectors, example("hello!")[0])
    assert value == pytest.approx(float((vectors[:, 0] * vectors[:, 1]).sum()))
    assert [label.startswith("+") for label in labels] == (vectors[:, 1] == 1).tolist()


def test_a_set_too_large_for_memory_is_refused_before_it_is_made():
    with pytest.raises(ValueError, match="corpus.samples"):
        read(samples=1_000_000, length=5000)
