from __future__ import annotations

import numpy as np
import pytest

from seqviz.gui.panels.hmm_states import by_frequency, in_words, kind_of, long_run, state_label, state_word

LETTERS = tuple(" ,1aeFtx")


def shares(**given: float) -> np.ndarray:
    names = {"space": " ", "comma": ",", "one": "1"}
    found = {names.get(name, name): p for name, p in given.items()}
    return np.array([found.get(letter, 0.0) for letter in LETTERS])


@pytest.mark.parametrize(
    ("emission", "words", "share"),
    [
        (shares(a=0.5, e=0.3, t=0.2), "vowels: a, e, t", 0.8),
        (shares(t=0.5, x=0.4, a=0.1), "consonants: t, x, a", 0.9),
        (shares(space=1.0), "space", 1.0),
        (shares(t=0.5, a=0.5), "a, t", 1.0),
        (shares(comma=0.35, a=0.35, t=0.3), "comma, a", 0.7),
    ],
)
def test_a_state_is_named_by_what_it_emits(emission, words, share):
    found, reached = in_words(emission, LETTERS)
    assert (found, reached) == (words, pytest.approx(share))


def test_codes_and_words_have_no_kinds():
    assert kind_of(np.array([0.9, 0.1]), ("1", "2")) == ("", 0.0)
    assert kind_of(np.array([0.9, 0.1]), ("cat", "dog")) == ("", 0.0)


def test_symbols_that_hardly_occur_are_not_named():
    assert state_label(shares(t=0.97, a=0.03), LETTERS) == "t"
    assert state_label(shares(space=0.6, comma=0.4), LETTERS) == "· ,"


def test_states_without_emissions_are_the_output_symbols():
    assert state_word(1, None, ("ADJ", "NOUN"), 2) == "NOUN"
    assert state_word(1, np.eye(2), ("a", "b"), 2) == "state 1"


def test_the_long_run_is_left_alone_by_another_step():
    transition = np.array([[0.9, 0.1], [0.3, 0.7]])
    found = long_run(transition)
    np.testing.assert_allclose(found, [0.75, 0.25], atol=1e-6)
    np.testing.assert_allclose(long_run(np.array([[0.0, 1.0], [1.0, 0.0]])), [0.5, 0.5], atol=1e-6)
    np.testing.assert_array_equal(by_frequency(transition, np.array([[0.1, 0.9], [0.9, 0.1]])), [1, 0])
