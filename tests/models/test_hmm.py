from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from seqviz.core.batch import Batch, Field
from seqviz.core.interface import Interface, Needs, Space, reason_against
from seqviz.data.tasks.next_token import in_order
from seqviz.models.base import Context
from seqviz.models.forward_backward import Parameters
from seqviz.models.hmm import HiddenMarkovModel, HmmConfig

TRUTH = Parameters(
    np.array([0.5, 0.5]), np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([[0.7, 0.2, 0.1], [0.05, 0.15, 0.8]])
)


def walk(length: int, seed: int = 0) -> np.ndarray:
    """Symbols (length,) of the true model."""
    rng = np.random.default_rng(seed)
    state, symbols = 0, []
    for _ in range(length):
        symbols.append(rng.choice(3, p=TRUTH.emission[state]))
        state = rng.choice(2, p=TRUTH.transition[state])
    return np.array(symbols, dtype=np.int64)


def build(seed: int = 0, symbols: int = 3, **knobs: Any) -> HiddenMarkovModel:
    torch.manual_seed(seed)
    space = Space("tokens", symbols)
    return HiddenMarkovModel(HmmConfig(**knobs), Interface(space, space, "softmax", 32))


def batches(ids: np.ndarray, length: int = 32, size: int = 8) -> list[Batch]:
    return [batch.convert(torch.from_numpy) for batch in in_order(ids, length, size)]


def taught(ids: np.ndarray, **knobs: Any) -> HiddenMarkovModel:
    model = build(**knobs)
    again = True
    while again:
        for batch in batches(ids):
            model.observe(batch)
        again = model.end_of_pass()
    return model


def losses(model: HiddenMarkovModel, parts: list[Batch]) -> torch.Tensor:
    found, state = [], None
    for batch in parts:
        output = model.forward(batch, Context(state=state))
        state = output.state
        found.append(-output.predictive.log_prob(batch.targets["tokens"].values).reshape(-1))
    return torch.cat(found)


@pytest.fixture(scope="module")
def learned() -> HiddenMarkovModel:
    return taught(walk(6000), n_states=2, passes=120, pseudo_count=0.0)


def test_baum_welch_finds_the_model_that_wrote_the_text(learned):
    found = learned.parameters
    order = np.argsort(-found.emission[:, 0])
    np.testing.assert_allclose(found.transition[order][:, order], TRUTH.transition, atol=0.05)
    np.testing.assert_allclose(found.emission[order], TRUTH.emission, atol=0.04)


def test_the_likelihood_of_the_training_text_never_falls(learned):
    assert len(learned.likelihoods) == 120
    assert min(np.diff(learned.likelihoods)) > -1e-12
    assert learned.likelihoods[-1] > learned.likelihoods[0] + 0.05


def test_nothing_moves_before_the_end_of_a_pass():
    model, ids = build(n_states=3), walk(200)
    before = model.parameters.transition.copy()
    for batch in batches(ids):
        model.observe(batch)
    assert np.array_equal(model.parameters.transition, before)
    assert model.end_of_pass()
    assert not np.array_equal(model.parameters.transition, before)


def test_a_pass_over_nothing_asks_for_no_other():
    assert not build().end_of_pass()


def test_every_token_but_the_texts_last_is_counted_once():
    model = build(n_states=3)
    for batch in batches(walk(101)):
        model.observe(batch)
    arrays = model.state_arrays()
    assert float(arrays["expected.emission"].sum()) == pytest.approx(100)
    assert float(arrays["expected.start"].sum()) == pytest.approx(4)  # windows of 32, 32, 32 and 4
    assert float(arrays["expected.transition"].sum()) == pytest.approx(96)


def test_rows_of_their_own_are_counted_with_their_last_target():
    tokens = torch.tensor([[0, 1, 2], [2, 1, 0]])
    batch = Batch({"tokens": Field(tokens, ("batch", "t"))}, {"tokens": Field(tokens.roll(-1, 1), ("batch", "t"))})
    model = build(n_states=2)
    model.observe(batch)
    assert float(model.state_arrays()["expected.emission"].sum()) == pytest.approx(8)


def test_what_is_masked_as_a_target_is_not_learned():
    ids = walk(41)
    model, plain = build(n_states=2, pseudo_count=0.0), batches(ids, 20, 2)[0]
    hidden = torch.ones(2, 20, dtype=torch.bool)
    hidden[:, 4:] = False
    other = plain.inputs["tokens"].values.clone()
    other[:, 6:] = 2 - other[:, 6:]
    found = []
    for tokens in (plain.inputs["tokens"].values, other):
        target = Field(plain.targets["tokens"].values, ("batch", "t"), hidden)
        model.observe(replace(plain, inputs={"tokens": Field(tokens, ("batch", "t"))}, targets={"tokens": target}))
        found.append(model.state_arrays()["expected.emission"].clone())
    torch.testing.assert_close(found[1], 2 * found[0])
    assert float(found[0].sum()) == pytest.approx(10)  # the first five of each row


def test_validation_reads_the_text_through_whatever_its_windows(learned):
    ids = walk(500, seed=9)
    whole = losses(learned, batches(ids, 499, 1))
    torch.testing.assert_close(losses(learned, batches(ids, 20, 4)), whole, rtol=1e-10, atol=1e-12)


def test_windows_by_themselves_know_nothing_of_what_came_before(learned):
    batch = batches(walk(500, seed=9), 20, 4)[1]  # not the first of the text, no state: as in the quick estimate
    alone = replace(batch, in_order=False)
    said = learned.forward(batch, Context()).predictive.log_probs()
    assert torch.equal(said, learned.forward(alone, Context()).predictive.log_probs())


def test_what_is_foretold_adds_up_to_one_and_misses_the_truth_by_little(learned):
    ids = walk(4000, seed=5)
    said = learned.forward(batches(ids, 64, 4)[0], Context()).predictive.log_probs()
    torch.testing.assert_close(said.exp().sum(-1), torch.ones(4, 64, dtype=torch.float64))
    truth = build(n_states=2)
    truth.parameters = TRUTH
    best = float(losses(truth, batches(ids)).mean())
    assert best <= float(losses(learned, batches(ids)).mean()) < best + 0.01


def test_that_nothing_was_learned_is_said_until_a_pass_is_over():
    model = build(n_states=2)
    assert "drawn at random" in model.notices()[0]
    model.observe(batches(walk(400))[0])
    assert "drawn at random" in model.notices()[0]
    model.end_of_pass()
    assert model.notices() == ()


def test_many_states_are_read_in_smaller_pieces():
    """Beliefs of 50,000 symbols in 512 states would take gigabytes."""
    model = build(n_states=512)
    for batch in batches(walk(6000), 64, 8):
        model.observe(batch)
        assert sum(tokens.size for tokens, _, _ in model._unread) * 512 < 800_000


def test_a_symbol_never_seen_is_impossible_only_without_pseudo_counts():
    ids = walk(400)
    strict, lenient = (taught(ids, symbols=4, n_states=2, passes=3, pseudo_count=p) for p in (0.0, 0.01))
    assert "1 symbols have probability 0" in strict.notices()[0]
    assert lenient.notices() == ()
    last = batches(np.array([0, 1, 3]))
    assert losses(strict, last)[1] == math.inf
    assert float(losses(lenient, last)[1]) < 20


def test_the_same_seed_builds_the_same_model():
    assert np.array_equal(build(3).parameters.emission, build(3).parameters.emission)
    assert not np.array_equal(build(3).parameters.emission, build(4).parameters.emission)


def test_a_saved_model_goes_on_in_the_middle_of_a_pass():
    ids = walk(900)
    whole = taught(ids, n_states=3, passes=2)
    first = build(n_states=3, passes=2)
    for batch in batches(ids)[:2]:
        first.observe(batch)
    second = build(seed=8, n_states=3, passes=2)
    second.load_arrays(first.state_arrays())
    for batch in batches(ids)[2:]:
        second.observe(batch)
    second.end_of_pass()
    for batch in batches(ids):
        second.observe(batch)
    assert not second.end_of_pass()
    for name, value in whole.state_arrays().items():
        torch.testing.assert_close(second.state_arrays()[name], value)


def test_beliefs_of_a_trace_agree_where_nothing_comes_later(learned):
    batch = batches(walk(31, seed=2), 30, 1)[0]
    arrays = learned.trace(batch).arrays
    filtered, smoothed = (arrays[f"belief.{name}"].values[0] for name in ("filtered", "smoothed"))
    torch.testing.assert_close(filtered[-1], smoothed[-1])
    assert not torch.allclose(filtered[3], smoothed[3], atol=1e-3)
    torch.testing.assert_close(smoothed.sum(1), torch.ones(30, dtype=torch.float64))
    torch.testing.assert_close(arrays["belief.predicted"].values[0, 1], filtered[0] @ arrays["hmm.transition"].values)


def test_back_pointers_lead_along_the_best_path(learned):
    arrays = learned.trace(batches(walk(31, seed=2), 30, 1)[0]).arrays
    path, back = arrays["viterbi.state"].values[0], arrays["viterbi.back"].values[0]
    assert int(path[-1]) == int(arrays["viterbi.score"].values[0, -1].argmax())
    assert [int(back[t, path[t]]) for t in range(1, 30)] == path[:-1].tolist()


def test_zero_states_are_refused():
    with pytest.raises(ValueError, match="n_states"):
        HmmConfig(n_states=0)


def test_it_is_offered_for_next_tokens_and_for_nothing_else():
    offers = HiddenMarkovModel.offers
    assert reason_against(offers, Needs("chain", "tokens", "softmax", causal=True, next_token=True)) is None
    assert "next token" in (reason_against(offers, Needs("chain", "tokens", "softmax", causal=False)) or "")
