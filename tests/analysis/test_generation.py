from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from seqviz.analysis.generation import choose, generate, uncached_log_probs
from seqviz.models.base import Model
from tests.analysis.small_models import SMALL, build
from tests.models.sample_batches import Case, all_cases

PROMPT = torch.tensor([1, 4, 2])
LOGS = np.log(np.array([0.1, 0.4, 0.2, 0.05, 0.25]))
WRITING = [c for c in all_cases() if c.interface.inputs.kind == "tokens" and c.build().generates]


def write(model: Model, length: int = 20, temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0, seed: int = 3):
    return list(generate(model, PROMPT, length, temperature, top_k, top_p, torch.Generator().manual_seed(seed)))


def frequencies(temperature: float = 1.0, top_k: int = 0, top_p: float = 1.0) -> np.ndarray:
    """Share of each token over an even grid of random numbers: exact up to the grid."""
    drawn = [choose(LOGS, temperature, top_k, top_p, (i + 0.5) / 2000) for i in range(2000)]
    return np.bincount(drawn, minlength=5) / 2000


@pytest.mark.parametrize("case", WRITING, ids=[case.label for case in WRITING])
def test_written_tokens_are_as_surprising_as_a_full_pass_says(case: Case):
    model = case.build()
    ids = PROMPT.tolist()
    for token, bits in write(model, length=14):
        seen = torch.tensor(ids[len(ids) - model.remembers(len(ids)) :])
        expected = -uncached_log_probs(model, seen)[token].item() / math.log(2)
        assert bits == pytest.approx(expected, abs=1e-8)
        ids.append(token)


@pytest.mark.parametrize("case", WRITING, ids=[case.label for case in WRITING])
def test_temperature_zero_writes_the_likeliest_token_of_a_full_pass(case: Case):
    model = case.build()
    ids = PROMPT.tolist()
    for token, _ in write(model, length=8, temperature=0.0):
        log_probs = uncached_log_probs(model, torch.tensor(ids[len(ids) - model.remembers(len(ids)) :]))
        assert log_probs[token] >= log_probs.max() - 1e-9
        ids.append(token)


def test_the_seed_alone_decides_and_the_global_random_state_is_left_alone():
    model = build("lstm", **SMALL)
    before = torch.get_rng_state()
    first = write(model)
    torch.rand(5)
    torch.set_rng_state(before)
    assert write(model) == first
    assert torch.equal(torch.get_rng_state(), before)
    assert write(model, seed=4) != first


def test_a_model_in_training_mode_writes_without_dropout_and_stays_in_training_mode():
    model = build("transformer", **SMALL, dropout=0.5)
    expected = write(model)
    model.train()
    assert write(model) == expected
    assert model.training


def test_the_caller_may_stop_between_tokens():
    model = build("gru", **SMALL)
    asked = iter([False] * 5 + [True])
    generator = torch.Generator().manual_seed(0)
    assert len(list(generate(model, PROMPT, 50, 1.0, 0, 1.0, generator, lambda: next(asked)))) == 2


def test_stopping_while_the_prompt_is_read_writes_nothing():
    generator = torch.Generator().manual_seed(0)
    assert list(generate(build("rnn", **SMALL), PROMPT, 5, 1.0, 0, 1.0, generator, lambda: True)) == []


def test_tokens_come_in_the_shares_of_the_model():
    assert frequencies() == pytest.approx(np.exp(LOGS), abs=1e-3)


def test_temperature_sharpens_by_powers():
    squared = np.exp(LOGS) ** 2
    assert frequencies(temperature=0.5) == pytest.approx(squared / squared.sum(), abs=1e-3)


def test_top_k_keeps_the_k_likeliest_in_their_shares():
    assert frequencies(top_k=2) == pytest.approx([0, 0.4 / 0.65, 0, 0, 0.25 / 0.65], abs=1e-3)
    assert frequencies(top_k=99) == pytest.approx(np.exp(LOGS), abs=1e-3)


@pytest.mark.parametrize(
    ("top_p", "kept"), [(0.01, 1), (0.39, 1), (0.41, 2), (0.64, 2), (0.66, 3), (0.86, 4), (0.99, 5)]
)
def test_top_p_keeps_the_smallest_set_that_holds_the_share(top_p, kept):
    assert np.count_nonzero(frequencies(top_p=top_p)) == kept


def test_top_p_counts_within_what_top_k_left():
    # of 0.4 and 0.25 the first alone holds 0.4 / 0.65 = 0.615
    assert np.count_nonzero(frequencies(top_k=2, top_p=0.6)) == 1
    assert np.count_nonzero(frequencies(top_k=2, top_p=0.63)) == 2


def test_impossible_tokens_are_never_written():
    logs = np.array([-math.inf, math.log(0.5), -math.inf, math.log(0.5)])
    assert {choose(logs, 1.0, 0, 1.0, share) for share in np.linspace(0, 1, 101)} == {1, 3}
    assert {choose(logs, 5.0, 3, 1.0, share) for share in np.linspace(0, 1, 101)} == {1, 3}


def test_where_nothing_is_possible_all_tokens_are_alike():
    nothing = np.full(4, -math.inf)
    assert [choose(nothing, 0.0, 0, 1.0, share) for share in (0.0, 0.3, 0.6, 0.999)] == [0, 1, 2, 3]


def test_a_tiny_temperature_is_as_good_as_zero():
    assert {choose(LOGS, 1e-9, 0, 1.0, share) for share in np.linspace(0, 1, 11)} == {1}


def test_a_diverged_model_is_told_in_one_line():
    with pytest.raises(ValueError, match="diverged"):
        choose(np.array([0.1, math.nan]), 1.0, 0, 1.0, 0.5)


def test_an_empty_prompt_is_refused():
    with pytest.raises(ValueError, match=r"sampling\.prompt"):
        next(generate(build("rnn"), PROMPT[:0], 5, 1.0, 0, 1.0, torch.Generator()))


def test_a_counting_model_in_an_unseen_context_goes_on_and_says_how_surprised_it_is():
    class Blank(Model):
        title = "blank"

        def forward(self, batch, context): ...
        def trace(self, batch, keep_graph=False): ...

        def step(self, tokens, state):
            return torch.full((1, 5), -math.inf), state

    written = write(Blank(), length=30)
    assert len({token for token, _ in written}) > 1
    assert all(bits == math.inf for _, bits in written)
