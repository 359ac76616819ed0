from __future__ import annotations

import numpy as np
import pytest

from seqviz.training.diagnosis.exploding import Exploding, grown, spikes
from tests.training.diagnosis.cases import made, silent
from tests.training.diagnosis.patients import faulty

DECAY = "gradient.decay.layers.0.hidden_state"


def test_growth_by_a_factor_each_position_is_told_with_the_factor():
    growth, distance, factor = grown(1.5 ** np.arange(20.0))
    assert (growth, distance) == (pytest.approx(1.5**19), 19)
    assert factor == pytest.approx(1.5)


def test_one_strong_memory_far_back_is_no_explosion():
    curve = 0.9 ** np.arange(30.0)
    curve[25] = 50.0
    assert grown(curve) == (0.0, 0, 1.0)
    assert Exploding().judge(made(arrays={DECAY: curve})) is None


def test_a_norm_far_above_the_usual_is_told_without_any_state():
    norms = np.full(300, 0.5)
    norms[250] = 500.0
    found = Exploding().judge(made(record={"grad_norms": norms}))
    assert found is not None
    assert found.evidence[0][1] == "500; 0.50"
    assert spikes(norms)[0] == pytest.approx(1000)


def test_a_diverged_run_has_exploded():
    found = Exploding().judge(made(record={"diverged": "layers.0.hidden_state"}))
    assert found is not None
    assert found.evidence[0][1] == "layers.0.hidden_state"


def test_the_first_steps_do_not_count_and_few_steps_are_no_verdict():
    early = np.full(300, 0.5)
    early[:10] = 1000.0
    assert Exploding().judge(made(record={"grad_norms": early})) is None
    silent(Exploding(), made(record={"grad_norms": np.full(30, 1.0)}), "50 steps")


def test_clipping_is_offered_only_where_nothing_clips():
    arrays = {DECAY: 2.0 ** np.arange(20.0)}
    clipped = Exploding().judge(made(arrays=arrays))
    assert clipped is not None
    assert "clip_norm" not in [s.remedy for s in clipped.suggestions]
    free = faulty("a large radius, ReLU and no clipping").finding("exploding")
    assert free is not None
    assert free.suggestions[0].remedy == "clip_norm"


def test_growth_that_harms_nothing_is_no_illness_and_beyond_all_measure_it_is():
    solved, not_solved = {"losses": np.full(300, 0.01)}, {"losses": np.full(300, 2.4)}
    growing = {DECAY: 1.25 ** np.arange(22.0)}
    assert Exploding().judge(made(arrays=growing, record=solved)) is None
    assert Exploding().judge(made(arrays=growing, record=not_solved)) is not None
    assert Exploding().judge(made(arrays={DECAY: 2.0 ** np.arange(22.0)}, record=solved)) is not None


def test_a_run_that_ended_in_no_number_is_not_said_to_have_jumped():
    found = Exploding().judge(made(record={"diverged": "layers.0.hidden_state"}))
    assert found is not None
    assert "layers.0.hidden_state" in found.sentence
    assert "jumps" not in found.sentence
