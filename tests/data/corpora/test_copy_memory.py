from __future__ import annotations

import math

import numpy as np
import pytest

from seqviz.data.corpora import corpora
from seqviz.data.corpora.copy_memory import CopyMemoryConfig, copy_rows


def read(**knobs):
    return corpora.get("copy_memory")(CopyMemoryConfig(**{"samples": 50, "delay": 7, **knobs})).read()


def test_one_row_is_ten_symbols_then_blanks_then_eleven_go_marks():
    inputs, targets = copy_rows(np.arange(1, 11)[None] % 8 + 1, delay=4)
    assert inputs[0].tolist() == [2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 0, 0, 0] + [9] * 11
    assert targets[0].tolist() == [0] * 14 + [2, 3, 4, 5, 6, 7, 8, 1, 2, 3]


@pytest.mark.parametrize("delay", [1, 7, 100])
def test_every_row_has_delay_plus_twenty_positions_and_repeats_its_symbols_at_the_end(delay):
    content = read(delay=delay)
    assert content.train_inputs.shape == content.train_targets.shape == (50, delay + 20)
    assert content.valid_inputs.shape == (5, delay + 20)
    assert np.array_equal(content.train_inputs[:, :10], content.train_targets[:, -10:])
    assert set(np.unique(content.train_inputs[:, :10])) <= set(range(1, 9))


@pytest.mark.parametrize(("delay", "published"), [(100, 0.17329), (1000, 0.02039)])
def test_the_memoryless_baseline_is_the_published_one(delay, published):
    ((name, _, nats),) = read(delay=delay).baselines
    assert name == "memoryless"
    assert nats == pytest.approx(published, abs=6e-6)
    assert nats == 10 * math.log(8) / (delay + 20)


def test_the_same_seed_gives_the_same_rows_and_another_seed_others():
    assert read().sha256 == read().sha256 != read(seed=2).sha256


def test_more_training_rows_leave_the_first_ones_and_the_probe_alone():
    assert np.array_equal(read(samples=50).train_inputs, read(samples=80).train_inputs[:50])


def test_ten_typed_digits_become_one_row():
    inputs, targets = read().example("31415 62718")
    assert inputs[:10].tolist() == targets[-10:].tolist() == [3, 1, 4, 1, 5, 6, 2, 7, 1, 8]


@pytest.mark.parametrize("text", ["", "123", "9141562718", "31415627180", "abcdefghij"])
def test_anything_but_ten_digits_from_1_to_8_is_refused_in_one_line(text):
    with pytest.raises(ValueError, match="10 digits from 1 to 8") as error:
        read().example(text)
    assert "\n" not in str(error.value)


def test_a_set_too_large_for_memory_is_refused_before_it_is_made():
    with pytest.raises(ValueError, match="corpus.samples"):
        read(samples=1_000_000, delay=5000)
