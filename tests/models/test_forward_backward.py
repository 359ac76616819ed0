"""The textbook's numbers, every path counted by hand, and hmmlearn."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from seqviz.models.forward_backward import (
    Expected,
    Parameters,
    backward,
    emission_factors,
    filtered,
    logs,
    maximised,
    viterbi,
)

EXACT = {"rtol": 0, "atol": 1e-12}

# Wikipedia, "Viterbi algorithm": Healthy and Fever; normal, cold, dizzy
CLINIC = Parameters(
    np.array([0.6, 0.4]), np.array([[0.7, 0.3], [0.4, 0.6]]), np.array([[0.5, 0.4, 0.1], [0.1, 0.3, 0.6]])
)
VISITS = np.array([[0, 1, 2]])
# Russell and Norvig, the umbrella world: rain and no rain; umbrella, none. Rain before the first day is a coin toss
UMBRELLA = Parameters(np.array([0.5, 0.5]), np.array([[0.7, 0.3], [0.3, 0.7]]), np.array([[0.9, 0.1], [0.2, 0.8]]))
DAYS = np.array([[0, 0, 1, 0, 0]])
# Jurafsky and Martin, ice cream: hot and cold; 1, 2, 3 scoops
ICE = Parameters(np.array([0.8, 0.2]), np.array([[0.6, 0.4], [0.5, 0.5]]), np.array([[0.2, 0.4, 0.4], [0.5, 0.4, 0.1]]))


def random_parameters(states: int = 3, symbols: int = 4, seed: int = 0) -> Parameters:
    rng = np.random.default_rng(seed)
    ones = np.ones
    return Parameters(
        rng.dirichlet(ones(states)), rng.dirichlet(ones(states), states), rng.dirichlet(ones(symbols), states)
    )


def start_of(parameters: Parameters, rows: int = 1) -> np.ndarray:
    return np.tile(parameters.start, (rows, 1))


def read(parameters: Parameters, tokens: np.ndarray):
    factors = emission_factors(parameters.emission, tokens)
    return filtered(start_of(parameters, len(tokens)), parameters.transition, factors)


def smooth(parameters: Parameters, tokens: np.ndarray) -> np.ndarray:
    beliefs = read(parameters, tokens)
    return beliefs.filtered * backward(parameters.transition, beliefs)


def best(parameters: Parameters, tokens: np.ndarray):
    factors = logs(emission_factors(parameters.emission, tokens))
    return viterbi(logs(parameters.start), logs(parameters.transition), factors)


def every_path(parameters: Parameters, tokens: np.ndarray) -> dict[tuple[int, ...], float]:
    """Probability of each path together with the text (T,)."""
    found = {}
    for path in itertools.product(range(len(parameters.start)), repeat=len(tokens)):
        p = parameters.start[path[0]] * parameters.emission[path[0], tokens[0]]
        for t in range(1, len(tokens)):
            p *= parameters.transition[path[t - 1], path[t]] * parameters.emission[path[t], tokens[t]]
        found[path] = float(p)
    return found


def test_the_clinic_patient_was_healthy_twice_and_then_feverish():
    found = best(CLINIC, VISITS)
    assert found.states.tolist() == [[0, 0, 1]]
    np.testing.assert_allclose(np.exp(found.scores[-1].max()), 0.01512, **EXACT)
    np.testing.assert_allclose(read(CLINIC, VISITS).shares.prod(), 0.03628, **EXACT)


def test_the_umbrella_world_is_filtered_and_smoothed_as_in_the_textbook():
    rain = read(UMBRELLA, DAYS).filtered[:, 0, 0]
    np.testing.assert_allclose(rain, [0.8182, 0.8834, 0.1907, 0.7308, 0.8673], atol=5e-5)
    np.testing.assert_allclose(rain[:2], [9 / 11, 621 / 703], **EXACT)
    before = smooth(UMBRELLA, DAYS)[:, 0, 0]
    np.testing.assert_allclose(before, [0.8673, 0.8204, 0.3075, 0.8204, 0.8673], atol=5e-5)
    # rain the day before the first umbrella: one day earlier, nothing seen
    unseen = np.ones_like(DAYS, dtype=bool)
    longer, known = np.concatenate([[[0]], DAYS], axis=1), np.concatenate([[[False]], unseen], axis=1)
    beliefs = filtered(
        start_of(UMBRELLA), UMBRELLA.transition, emission_factors(UMBRELLA.emission, longer, known.astype(bool))
    )
    whole = (beliefs.filtered * backward(UMBRELLA.transition, beliefs))[:, 0, 0]
    np.testing.assert_allclose(whole, [0.6469, 0.8673, 0.8204, 0.3075, 0.8204, 0.8673], atol=5e-5)


def test_three_one_three_scoops_are_as_likely_as_in_the_textbook():
    np.testing.assert_allclose(read(ICE, np.array([[2, 0, 2]])).shares.prod(), 0.028562, **EXACT)


@pytest.mark.parametrize("length", [1, 2, 4, 6])
def test_beliefs_and_best_path_equal_a_count_of_every_path(length):
    parameters = random_parameters()
    tokens = np.random.default_rng(length).integers(0, 4, length)
    paths = every_path(parameters, tokens)
    total = sum(paths.values())
    np.testing.assert_allclose(read(parameters, tokens[None]).shares.prod(), total, rtol=1e-12)
    expected = np.zeros((length, 3))
    for path, p in paths.items():
        expected[np.arange(length), list(path)] += p / total
    np.testing.assert_allclose(smooth(parameters, tokens[None])[:, 0], expected, rtol=1e-12)
    found = best(parameters, tokens[None])
    assert tuple(found.states[0]) == max(paths, key=paths.__getitem__)
    np.testing.assert_allclose(found.scores[-1].max(), np.log(max(paths.values())), rtol=1e-12)


@pytest.fixture
def oracle():
    hmm = pytest.importorskip("hmmlearn.hmm")

    def make(parameters: Parameters, n_iter: int = 1):
        states, symbols = parameters.emission.shape
        model = hmm.CategoricalHMM(states, n_features=symbols, init_params="", n_iter=n_iter, tol=-np.inf)
        model.startprob_, model.transmat_, model.emissionprob_ = (p.copy() for p in parameters)
        return model

    return make


def test_score_decode_and_posterior_equal_those_of_hmmlearn(oracle):
    parameters = random_parameters(5, 7, seed=3)
    tokens = np.random.default_rng(4).integers(0, 7, 300)
    model = oracle(parameters)
    np.testing.assert_allclose(
        np.log(read(parameters, tokens[None]).shares).sum(), model.score(tokens[:, None]), rtol=1e-12
    )
    np.testing.assert_allclose(
        smooth(parameters, tokens[None])[:, 0], model.predict_proba(tokens[:, None]), rtol=1e-9, atol=1e-12
    )
    score, path = model.decode(tokens[:, None])
    found = best(parameters, tokens[None])
    assert found.states[0].tolist() == path.tolist()
    np.testing.assert_allclose(found.scores[-1].max(), score, rtol=1e-12)


def one_step(parameters: Parameters, tokens: np.ndarray, pseudo_count: float = 0.0) -> tuple[Parameters, float]:
    expected = Expected.none(*parameters.emission.shape)
    everywhere = np.ones(tokens.shape, dtype=bool)
    expected.add(parameters, tokens, everywhere, everywhere)
    return maximised(expected, parameters, pseudo_count), expected.log_likelihood


def test_one_step_of_em_equals_that_of_hmmlearn(oracle):
    parameters = random_parameters(4, 6, seed=5)
    tokens = np.random.default_rng(6).integers(0, 6, (3, 40))
    model = oracle(parameters)
    model.fit(tokens.reshape(-1, 1), [40] * 3)
    found = one_step(parameters, tokens)[0]
    for ours, theirs in zip(found, (model.startprob_, model.transmat_, model.emissionprob_), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_likelihood_never_falls_over_em():
    parameters = random_parameters(4, 5, seed=1)
    tokens = np.random.default_rng(2).integers(0, 5, (6, 30))
    reached = []
    for _ in range(40):
        parameters, likelihood = one_step(parameters, tokens)
        reached.append(likelihood)
    assert reached[-1] > reached[0] + 1
    assert min(np.diff(reached)) > -1e-9


def test_padding_changes_no_expected_count():
    parameters = random_parameters(seed=7)
    tokens = np.random.default_rng(8).integers(0, 4, (1, 9))
    alone, padded = (Expected.none(3, 4) for _ in range(2))
    alone.add(parameters, tokens, np.ones((1, 9), bool), np.ones((1, 9), bool))
    there = np.arange(12)[None] < 9
    padded.add(parameters, np.concatenate([tokens, [[0, 0, 0]]], axis=1), there, np.ones((1, 12), bool))
    for name in ("start", "transition", "emission", "log_likelihood", "tokens"):
        np.testing.assert_allclose(getattr(padded, name), getattr(alone, name), rtol=1e-12)


def test_a_symbol_that_no_state_emits_leaves_the_belief_as_predicted():
    silent = Parameters(ICE.start, ICE.transition, np.array([[0.5, 0.5, 0.0], [0.1, 0.9, 0.0]]))
    beliefs = read(silent, np.array([[0, 2, 1], [0, 0, 1]]))
    np.testing.assert_allclose(beliefs.filtered[1, 0], beliefs.filtered[0, 0] @ silent.transition, **EXACT)
    assert beliefs.shares[1].tolist()[0] == 0
    assert np.isfinite(smooth(silent, np.array([[0, 2, 1]]))).all()
    assert np.isfinite(best(silent, np.array([[0, 2, 1]])).scores[-1]).all()


def test_paths_of_shorter_rows_end_where_the_rows_end():
    parameters = random_parameters(seed=9)
    tokens = np.random.default_rng(10).integers(0, 4, (2, 7))
    stop = logs(np.array([0.1, 0.2, 0.7]))
    factors = logs(emission_factors(parameters.emission, tokens))
    start, transition = logs(parameters.start), logs(parameters.transition)
    together = viterbi(start, transition, factors, np.array([4, 7]), stop).states
    alone = viterbi(start, transition, factors[:4, :1], None, stop).states
    assert together[0, :4].tolist() == alone[0].tolist()
    assert together[0, 4:].tolist() == [0, 0, 0]


def test_a_state_that_is_never_used_keeps_its_rows():
    old = random_parameters()
    found = maximised(Expected.none(3, 4), old, 0.0)
    for ours, before in zip(found, old, strict=True):
        np.testing.assert_array_equal(ours, before)
