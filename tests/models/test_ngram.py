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
from seqviz.models.smoothings import EverySymbol, smoothings

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
@pytest.mark.parametrize(
    ("smoothing", "oracle"),
    [("maximum_likelihood", "MLE"), ("add_delta", "Laplace"), ("stupid_backoff", "StupidBackoff")],
)
def test_scores_equal_those_of_nltk(order: int, smoothing: str, oracle: str) -> None:
    lm = pytest.importorskip("nltk.lm")
    theirs = getattr(lm, oracle)(order=order, vocabulary=lm.Vocabulary(LETTERS))
    grams = [tuple(TEXT[end - n : end]) for n in range(1, order + 1) for end in range(max(n, 2), len(TEXT) + 1)]
    theirs.fit([grams])
    assert len(theirs.vocab) == len(LETTERS) + 1  # nltk counts <UNK> as a symbol: so do we, here
    ours = taught(size=len(LETTERS) + 1, order=order, smoothing=smoothing)
    said = ours.forward(window(IDS), Context()).predictive
    table = ours.smoothing.probabilities(said.contexts, said.available, EverySymbol(len(LETTERS) + 1))
    for t in range(order - 1, len(TEXT) - 1):
        context = list(TEXT[t - order + 2 : t + 1]) if order > 1 else []
        expected = [theirs.score(letter, context) for letter in LETTERS]
        assert table[t, : len(LETTERS)].tolist() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("smoothing", smoothings.names())
@pytest.mark.parametrize("order", [1, 3, 8])
def test_every_context_sums_to_one(smoothing: str, order: int) -> None:
    model = taught(order=order, smoothing=smoothing)
    strange = np.array([0, 1, 2, 3, 4, 5, 5, 5, 5, 4, 3, 0, 0, 0])
    for ids in (IDS, strange):
        sums = model.forward(window(ids), Context()).predictive.log_probs().exp().sum(-1)
        torch.testing.assert_close(sums, torch.ones_like(sums), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("smoothing", smoothings.names())
def test_a_model_that_has_read_nothing_guesses_blindly(smoothing: str) -> None:
    table = build(smoothing=smoothing).forward(window(IDS), Context()).predictive.log_probs()
    torch.testing.assert_close(table, torch.full_like(table, -math.log(len(LETTERS))))
    assert build(smoothing=smoothing).notices() == () or smoothing == "stupid_backoff"


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


def test_stupid_back_off_has_no_bits_but_writes_and_has_a_best_symbol() -> None:
    model, batch = taught(order=3, smoothing="stupid_backoff"), window(IDS)
    said = model.forward(batch, Context()).predictive
    targets = batch.targets["tokens"].values
    assert bool(said.log_prob(targets).isnan().all())
    right, count = said.figures(targets, None)["accuracy"]
    assert 0.5 < right / count < 1
    assert "no distribution" in model.notices()[0]
    log_probs, _ = model.step(torch.tensor([0]), model.initial_state(1))
    assert float(log_probs.exp().sum()) == pytest.approx(1.0)


def test_the_loss_is_scored_without_a_table_of_all_symbols(monkeypatch: pytest.MonkeyPatch) -> None:
    model, batch = taught(order=3), window(IDS)
    expected = model.forward(batch, Context()).predictive.log_probs()
    targets = batch.targets["tokens"].values
    monkeypatch.setattr(EverySymbol, "pick", lambda *_: pytest.fail("the whole table was made"))
    said = model.forward(batch, Context()).predictive
    found = said.log_prob(targets)
    said.figures(targets, None)
    torch.testing.assert_close(found, expected.gather(-1, targets[..., None])[..., 0], rtol=0, atol=0)


def test_figures_tell_how_many_contexts_are_new_and_how_many_targets_count_as_impossible() -> None:
    model = taught(order=3, smoothing="maximum_likelihood")
    batch = window(np.array([LETTERS.index(letter) for letter in "ratmn"]))
    figures = model.forward(batch, Context()).predictive.figures(batch.targets["tokens"].values, None)
    assert figures["unseen_contexts_2"] == (0.0, 4.0)
    assert figures["unseen_contexts_3"] == (1.0, 3.0)  # of ra, at and tm
    assert figures["given_zero"] == (2.0, 4.0)  # at after m and t: m, n


def test_growth_counts_different_grams_and_bytes() -> None:
    model = build(order=3)
    parts = list(batches(IDS, 8, 1))
    sizes = []
    for batch in parts:
        model.observe(batch)
        sizes.append(dict(model.growth()))
    for n in (1, 2, 3):
        grams = {TEXT[end - n : end] for end in range(max(n, 2), len(TEXT) + 1)}
        assert sizes[-1][f"ngrams_{n}"] == len(grams)
    assert 0 < sizes[0]["bytes"] < sizes[-1]["bytes"]


def test_trace_tells_the_chain_of_orders_behind_each_next_symbol() -> None:
    model, probe = taught(order=4), np.array([LETTERS.index(letter) for letter in "ratmn"])
    batch = window(probe)
    arrays = {name: array.values[0] for name, array in model.trace(batch).arrays.items()}
    assert arrays["backoff.count"][3].tolist() == [len(TEXT) - 1, TEXT.count("m"), 0, 0]  # m, tm and atm
    assert arrays["backoff.count"][0].tolist() == [len(TEXT) - 1, TEXT.count("r"), -1, -1]
    assert arrays["backoff.target_count"][0].tolist() == [TEXT[1:].count("a"), TEXT.count("ra"), -1, -1]
    said = model.forward(batch, Context()).predictive.log_prob(batch.targets["tokens"].values)[0].exp()
    torch.testing.assert_close(arrays["backoff.probability"][:, -1], said)
    weight = arrays["backoff.weight"]
    assert bool(((weight.sum(dim=1) > 0.4) & (weight.sum(dim=1) <= 1)).all())
    assert weight[3, 2:].tolist() == [0.0, 0.0]  # what was never seen says nothing
    best = [LETTERS[i] for i in arrays["counts.next_symbol"][0, 1].tolist() if i >= 0]
    assert best == ["a"]  # only a follows r
    assert arrays["counts.next_count"][0, 1, 0] == TEXT.count("ra")


def test_padded_rows_count_as_the_sentences_they_hold() -> None:
    sentences = [[0, 1, 2, 3], [0, 4, 4], [0, 5]]
    width = max(map(len, sentences)) - 1
    tokens, targets = np.zeros((3, width), np.int64), np.zeros((3, width), np.int64)
    mask = np.zeros((3, width), bool)
    one_by_one = build(order=3)
    for row, sentence in enumerate(sentences):
        n = len(sentence) - 1
        tokens[row, :n], targets[row, :n], mask[row, :n] = sentence[:-1], sentence[1:], True
        one_by_one.observe(window(np.array(sentence)))
    together = build(order=3)
    target = Field(torch.from_numpy(targets), ("batch", "t"), torch.from_numpy(mask))
    together.observe(Batch({"tokens": Field(torch.from_numpy(tokens), ("batch", "t"))}, {"tokens": target}))
    for name, value in one_by_one.state_arrays().items():
        if name != "tail":
            assert torch.equal(together.state_arrays()[name], value), name


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


@pytest.mark.parametrize("order", [1, 2, 5])
def test_an_output_sees_one_token_less_than_the_order(order):
    model, tokens = taught(order=order), IDS[:9]
    assert model.receptive_field() == order - 1
    said = model.forward(window(tokens), Context()).predictive.log_probs()[0, -1]  # after tokens 0 to 7
    for place in range(8):
        other = tokens.copy()
        other[place] = (other[place] + 1) % len(LETTERS)
        changed = not torch.equal(model.forward(window(other), Context()).predictive.log_probs()[0, -1], said)
        assert changed <= (8 - place <= order - 1)
