from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seqviz.core.batch import Batch, Field
from seqviz.core.interface import Interface, Space
from seqviz.data.tasks.next_token import in_order
from seqviz.models.base import Context
from seqviz.models.ngram import Ngram, NgramConfig

SHAKESPEARE = Path(__file__).resolve().parents[3] / "shared" / "data" / "tinyshakespeare" / "input.txt"
TEXT = "a cat sat on a mat and a rat sat on a hat and that cat ate that rat at a mat"
LETTERS = sorted(set(TEXT))
IDS = np.array([LETTERS.index(letter) for letter in TEXT])


def build(size: int = len(LETTERS), **knobs: Any) -> Ngram:
    space = Space("tokens", size)
    return Ngram(NgramConfig(**knobs), Interface(space, space, "softmax", 64))


def batches(ids: np.ndarray, length: int, batch_size: int) -> Iterator[Batch]:
    for batch in in_order(ids, length, batch_size):
        yield batch.convert(torch.from_numpy)


def taught(ids: np.ndarray = IDS, length: int = 8, batch_size: int = 2, **knobs: Any) -> Ngram:
    model = build(**knobs)
    for batch in batches(ids, length, batch_size):
        model.observe(batch)
    return model


def window(ids: np.ndarray) -> Batch:
    tokens = Field(torch.from_numpy(ids[None, :-1].copy()), ("batch", "t"))
    return Batch({"tokens": tokens}, {"tokens": Field(torch.from_numpy(ids[None, 1:].copy()), ("batch", "t"))})


def mean_loss(model: Ngram, ids: np.ndarray) -> float:
    total, count, state = 0.0, 0, None
    for batch in batches(ids, 64, 32):
        output = model.forward(batch, Context(state=state))
        state = output.state
        losses = -output.predictive.log_prob(batch.targets["tokens"].values)
        total, count = total + float(losses.sum()), count + losses.numel()
    return total / count


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("smoothing", ["maximum_likelihood", "add_delta"])
def test_scores_equal_those_of_nltk(order: int, smoothing: str) -> None:
    lm = pytest.importorskip("nltk.lm")
    make = lm.MLE if smoothing == "maximum_likelihood" else lm.Laplace
    theirs = make(order, vocabulary=lm.Vocabulary(LETTERS))
    grams = [tuple(TEXT[end - n : end]) for n in range(1, order + 1) for end in range(max(n, 2), len(TEXT) + 1)]
    theirs.fit([grams])
    assert len(theirs.vocab) == len(LETTERS) + 1  # nltk counts <UNK> as a symbol: so do we, here
    ours = taught(size=len(LETTERS) + 1, order=order, smoothing=smoothing)
    table = ours.forward(window(IDS), Context()).predictive.log_probs()[0].exp()
    for t in range(order - 1, len(TEXT) - 1):
        context = list(TEXT[t - order + 2 : t + 1]) if order > 1 else []
        expected = [theirs.score(letter, context) for letter in LETTERS]
        assert table[t, : len(LETTERS)].tolist() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("smoothing", ["maximum_likelihood", "add_delta", "kneser_ney"])
@pytest.mark.parametrize("order", [1, 3, 8])
def test_every_context_sums_to_one(smoothing: str, order: int) -> None:
    model = taught(order=order, smoothing=smoothing)
    strange = np.array([0, 1, 2, 3, 4, 5, 5, 5, 5, 4, 3, 0, 0, 0])
    for ids in (IDS, strange):
        sums = model.forward(window(ids), Context()).predictive.log_probs().exp().sum(-1)
        torch.testing.assert_close(sums, torch.ones_like(sums), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("smoothing", ["maximum_likelihood", "add_delta", "kneser_ney"])
def test_a_model_that_has_read_nothing_guesses_blindly(smoothing: str) -> None:
    table = build(smoothing=smoothing).forward(window(IDS), Context()).predictive.log_probs()
    torch.testing.assert_close(table, torch.full_like(table, -math.log(len(LETTERS))))
    assert build(smoothing=smoothing).notices() == ()


def test_maximum_likelihood_loses_infinitely_on_what_it_never_saw_and_kneser_ney_does_not() -> None:
    unseen = np.array([LETTERS.index(letter) for letter in "  t"])
    assert taught(order=2, smoothing="maximum_likelihood").trace(window(unseen)).losses[0, 0].item() == math.inf
    assert math.isfinite(taught(order=2).trace(window(unseen)).losses[0, 0].item())


def test_order_used_and_count_are_those_of_the_longest_context_seen() -> None:
    model = taught(order=4, smoothing="maximum_likelihood")
    probe = np.array([LETTERS.index(letter) for letter in "ratmn"])
    arrays = model.trace(window(probe)).arrays
    assert arrays["backoff.order_used"].values.tolist() == [[2, 3, 4, 2]]  # r, ra, rat; "tm" never was, m was
    assert arrays["counts.context"].values.tolist() == [[TEXT.count(seen) for seen in ("r", "ra", "rat", "m")]]


def test_windows_and_batches_do_not_change_what_is_counted() -> None:
    whole = taught(length=len(IDS) - 1, batch_size=1, order=5).state_arrays()
    for length, batch_size in ((3, 1), (8, 2), (8, 4), (5, 100)):
        model = taught(length=length, batch_size=batch_size, order=5)
        for name, value in model.state_arrays().items():
            assert torch.equal(value, whole[name]), name


def test_looking_between_two_readings_does_not_change_what_is_counted() -> None:
    calm, watched = build(order=4), build(order=4)
    for batch in batches(IDS, 8, 2):
        calm.observe(batch)
        watched.observe(batch)
        watched.trace(window(IDS[:10]))
    expected = calm.forward(window(IDS), Context()).predictive.log_probs()
    assert torch.equal(watched.forward(window(IDS), Context()).predictive.log_probs(), expected)
    saved = calm.state_arrays()
    assert all(torch.equal(value, saved[name]) for name, value in watched.state_arrays().items())


def test_rows_of_random_windows_are_texts_of_their_own() -> None:
    model = build(order=3)
    tokens = Field(torch.tensor([[0, 1], [2, 3]]), ("batch", "t"))
    model.observe(Batch({"tokens": tokens}, {"tokens": Field(torch.tensor([[1, 4], [3, 4]]), ("batch", "t"))}))
    contexts = model.counts.contexts(np.zeros((1, 0), dtype=np.int64), np.array([[0, 1, 2, 3]]))
    assert (contexts[2] >= 0).tolist() == [False, True, False, True]  # 0 1 and 2 3 were read, 1 2 was not


def test_a_saved_model_reads_on_as_if_never_saved() -> None:
    parts = list(batches(IDS, 8, 2))
    first, second = build(order=4), build(order=4)
    for batch in parts[:2]:
        first.observe(batch)
    second.load_arrays(first.state_arrays())
    for batch in parts[2:]:
        second.observe(batch)
    expected = taught(order=4).state_arrays()
    assert all(torch.equal(value, expected[name]) for name, value in second.state_arrays().items())


def test_a_notice_names_the_orders_that_fall_back_to_absolute_discounting() -> None:
    notices = taught(order=2).notices()
    assert len(notices) == 1
    assert "order 1" in notices[0]
    assert taught(order=2, smoothing="add_delta").notices() == ()


@pytest.fixture(scope="module")
def shakespeare() -> tuple[np.ndarray, np.ndarray]:
    if not SHAKESPEARE.is_file():
        pytest.skip("tiny Shakespeare does not lie beside the repository")
    codes = np.frombuffer(SHAKESPEARE.read_bytes(), dtype=np.uint8)
    ids = np.unique(codes, return_inverse=True)[1].astype(np.int64)
    cut = int(0.9 * len(ids))
    return ids[:cut], ids[cut:]


@pytest.mark.parametrize(
    ("knobs", "nats"),
    [
        ({"order": 2}, 2.4835), ({"order": 3}, 2.0381), ({"order": 4}, 1.7190), ({"order": 5}, 1.5611),
        ({"order": 6}, 1.5226), ({"order": 7}, 1.5165), ({"order": 8}, 1.5192),
        ({"order": 2, "smoothing": "add_delta"}, 2.4819),
    ],
)  # fmt: skip
def test_loss_on_tiny_shakespeare_is_the_known_figure(
    shakespeare: tuple[np.ndarray, np.ndarray], knobs: dict[str, Any], nats: float
) -> None:
    train, valid = shakespeare
    model = taught(train, 64, 32, size=65, **knobs)
    assert mean_loss(model, valid) == pytest.approx(nats, abs=0.002)
