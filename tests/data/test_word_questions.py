"""Spearman's correlation and analogies against scipy, and against what one can see at a glance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqviz.data.word_questions import (
    Analogies,
    Similarities,
    analogy_score,
    ranks,
    read_analogies,
    read_similarities,
    similarity_score,
    spearman,
)

stats = pytest.importorskip("scipy.stats")
NUMBERS = {"king": 0, "queen": 1, "man": 2, "woman": 3, "cat": 4}
QUESTIONS = Path(__file__).resolve().parents[3] / "shared" / "data" / "word2vec_questions" / "questions-words.txt"


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(-3, 3)), min_size=3, max_size=40))
def test_spearman_is_scipy_s_also_with_ties(pairs):
    xs, ys = np.array(pairs, dtype=float).T
    found = spearman(xs, ys)
    if np.ptp(xs) == 0 or np.ptp(ys) == 0:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(stats.spearmanr(xs, ys).statistic, abs=1e-12)
    np.testing.assert_allclose(ranks(xs), stats.rankdata(xs))


@pytest.mark.parametrize("separator", [" ", "\t", ",", ", "])
def test_pairs_are_read_whatever_stands_between_the_words(tmp_path, separator):
    path = tmp_path / "pairs.txt"
    lines = [("Word-1", "Word-2", "Human"), ("King", "queen", "8.5"), ("king", "cat", "1"), ("king", "unheard", "3")]
    path.write_text("\n".join(separator.join(line) for line in lines), encoding="utf-8")
    found = read_similarities(path, NUMBERS)
    assert found.asked == 3
    assert found.pairs.tolist() == [[0, 1], [0, 4]]
    assert found.scores.tolist() == [8.5, 1.0]


def test_a_file_without_scores_is_refused_by_name(tmp_path):
    path = tmp_path / "poem.txt"
    path.write_text("roses are red\nviolets are blue\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"poem\.txt: no line says word, word, score"):
        read_similarities(path, NUMBERS)
    with pytest.raises(ValueError, match=r"poem\.txt: no line holds four words"):
        read_analogies(path, NUMBERS)


def test_the_score_of_similarities_is_the_rank_correlation_of_cosines():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(20, 5))
    pairs, scores = np.column_stack([rng.integers(0, 10, 30), rng.integers(10, 20, 30)]), rng.normal(size=30)
    cosines = [a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in vectors[pairs]]
    expected = stats.spearmanr(cosines, scores).statistic
    assert similarity_score(vectors, Similarities(pairs, scores, 30)) == pytest.approx(expected)


def test_an_analogy_is_answered_by_the_nearest_word_that_was_not_asked():
    vectors = np.array([[1.0, 1.0], [1.0, -1.0], [0.2, 1.0], [0.2, -1.0], [-1.0, 0.0]])
    asked = np.array([[2, 3, 0, 1], [0, 1, 2, 3], [2, 3, 0, 4]])  # the last expects a cat of a king
    assert analogy_score(vectors, Analogies(asked, 3)) == pytest.approx(2 / 3)
    assert np.isnan(analogy_score(vectors, Analogies(np.zeros((0, 4), dtype=np.int64), 5)))


@pytest.mark.skipif(not QUESTIONS.exists(), reason="the question file is not in ../shared/data")
def test_the_questions_of_the_original_program_are_read_whole():
    words = {word.lower() for line in QUESTIONS.read_text().splitlines() if line[0] != ":" for word in line.split()}
    numbers = {word: number for number, word in enumerate(sorted(words))}
    found = read_analogies(QUESTIONS, numbers)
    assert found.asked == 19544
    assert found.words.shape == (19544, 4)
