"""Windows of neighbours, drawn words, and what the vectors are asked."""

from __future__ import annotations

import numpy as np
import pytest

from seqviz.data.content import TextContent
from seqviz.data.tasks.word_vectors import WordVectorsConfig, WordVectorsTask, split_words

TEXT = "One red cat, one blue dog; the CAT saw the dog. " * 12


def make(length: int = 8, text: str = TEXT, **knobs: object) -> WordVectorsTask:
    config = WordVectorsConfig(**{"window": 2, "min_count": 2, "subsample": 0.0, **knobs})
    return WordVectorsTask(config, TextContent("", "", text, text), length)


def test_words_are_lower_case_without_punctuation():
    assert split_words("Don't stop: the CAT's 2nd life") == ["don't", "stop", "the", "cat's", "nd", "life"]


def test_the_vocabulary_is_by_frequency_without_rare_words():
    task = make(text=TEXT + "hapax ")
    assert task.labels[:2] == ("cat", "dog") or set(task.labels[:4]) == {"cat", "dog", "one", "the"}
    assert "hapax" not in task.labels
    assert set(task.train_ids.tolist()) == set(range(len(task.labels)))


def test_a_position_s_neighbours_are_the_words_around_it_and_never_itself():
    task = make()
    batch, _ = task.probe("red cat saw the dog")
    words = np.array(task.labels)
    field = batch.inputs["tokens"]
    around = [set(words[field.values[0, t][field.mask[0, t]]]) for t in range(5)]
    assert around == [{"cat", "saw"}, {"red", "saw", "the"}, {"red", "cat", "the", "dog"}, {"cat", "saw", "dog"},
                      {"saw", "the"}]  # fmt: skip
    assert words[batch.targets["tokens"].values[0]].tolist() == ["red", "cat", "saw", "the", "dog"]


def test_training_windows_come_from_the_rng_alone():
    task = make(subsample=1e-2)
    one, other = (task.feeder(False).next(4, np.random.default_rng(3)) for _ in range(2))
    for name in ("tokens", "drawn"):
        assert (one.inputs[name].values == other.inputs[name].values).all()
    assert (one.inputs["tokens"].mask == other.inputs["tokens"].mask).all()


def test_near_neighbours_are_read_more_often_than_far_ones():
    task = make(length=40, window=2)
    mask = task.feeder(False).next(64, np.random.default_rng(0)).inputs["tokens"].mask
    far, near = mask[:, :, 0].mean(), mask[:, :, 1].mean()  # two back, one back
    assert near > 0.95
    assert far == pytest.approx(0.5, abs=0.05)


def test_words_are_drawn_in_proportion_to_their_count_to_the_three_quarters():
    task = make()
    drawn = task.draw(np.random.default_rng(0), (4000,)).ravel()
    counts = np.bincount(task.train_ids, minlength=len(task.labels)) ** 0.75
    found = np.bincount(drawn, minlength=len(task.labels)) / len(drawn)
    np.testing.assert_allclose(found, counts / counts.sum(), atol=0.01)


def test_frequent_words_are_passed_over_with_the_stated_chance():
    task = make(length=60, subsample=0.02, window=10)
    share = np.bincount(task.train_ids) / len(task.train_ids)
    expected = np.minimum(1, np.sqrt(0.02 / share))
    batch = task.feeder(False).next(512, np.random.default_rng(0))
    targets = batch.targets["tokens"]
    for word in range(len(task.labels)):
        assert targets.mask[targets.values == word].mean() == pytest.approx(expected[word], abs=0.05)


def test_validation_is_the_same_each_time_and_every_neighbour_counts():
    task = make()
    one, other = (list(task.evaluation_batches(2)) for _ in range(2))
    assert all((a.inputs["drawn"].values == b.inputs["drawn"].values).all() for a, b in zip(one, other, strict=True))
    assert one[1].inputs["tokens"].mask.all()
    assert [batch.fresh for batch in one][:2] == [True, False]


@pytest.mark.parametrize("length", [4, 7, 5000])
def test_every_validation_word_is_scored_once(length):
    task = make()
    task.context_length = length
    targets = [batch.targets["tokens"].values.ravel() for batch in task.evaluation_batches(2)]
    np.testing.assert_array_equal(np.concatenate(targets), task.valid_ids)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: make(length=5000), "context_length"),
        (lambda: make(min_count=10_000), "min_count"),
        (lambda: make(similarity_file="nowhere.txt"), "task.similarity_file"),
        (lambda: make().probe("quux"), "two words"),
        (lambda: make().feeder(True), "carry_state"),
    ],
)
def test_bad_input_is_refused_in_one_line(call, words):
    with pytest.raises(ValueError, match=words) as refused:
        call()
    assert "\n" not in str(refused.value)


def test_words_without_a_vector_are_named_and_left_out_of_the_probe():
    batch, notice = make().probe("the unheard cat")
    assert batch.rulers["t"].labels == ("the", "cat")
    assert "unheard" in notice


@pytest.mark.parametrize(("known", "told"), [(0, "0 of 3"), (2, "2 of 5"), (3, "")])
def test_too_few_pairs_to_correlate_are_told_of_with_how_many_there_were_and_are_needed(known, told, tmp_path):
    pairs = ["cat dog 9", "red blue 8", "cat red 1"][:known] + ["quux cat 1", "dog quux 2", "foo bar 3"]
    (tmp_path / "pairs.txt").write_text("\n".join(pairs))
    notices = make(similarity_file=str(tmp_path / "pairs.txt")).notices()
    assert [told in notice and "3 are needed" in notice for notice in notices] == ([True] if told else [])


def test_an_analogy_file_of_strangers_is_told_of(tmp_path):
    (tmp_path / "fours.txt").write_text("a b c quux\nfoo bar baz quux\n")
    (notice,) = make(analogy_file=str(tmp_path / "fours.txt")).notices()
    assert "0 of 2 questions" in notice


def test_how_many_questions_were_asked_is_a_whole_number():
    figures = make().figures({"similarity_pairs": 3.0, "analogy_questions": 2.0, "analogy_accuracy": 0.5})
    assert [type(value) for value in figures.values()] == [int, int, float]


def test_a_stored_vocabulary_serves_without_the_corpus():
    task = make()
    again = WordVectorsTask.from_saved(task.config, task.saved_arrays(), 8)
    assert again is not None
    assert again.labels == task.labels
    assert again.probe("the cat")[0].inputs["tokens"].values.shape == (1, 2, 4)
