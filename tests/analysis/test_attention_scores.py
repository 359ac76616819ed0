from __future__ import annotations

import math

import pytest
import torch

from seqviz.analysis import Subject
from seqviz.analysis.attention_scores import AttentionScores, entropy_bits, score_by_distance
from tests.analysis.small_models import SMALL, build, text_batch

EVERYTHING = frozenset({"*"})


def attend(**knobs):
    subject = Subject(build("transformer", **{**SMALL, **knobs}), text_batch(2))
    return subject, AttentionScores().compute(subject, EVERYTHING)


@pytest.mark.parametrize("position", ["none", "learned", "rope"])
def test_scores_by_distance_are_the_means_along_the_diagonals_of_the_scores(position):
    subject, found = attend(position=position)
    for block in (0, 1):
        scores = subject.trace.arrays[f"blocks.{block}.attention.scores"].values  # (2, head, t, s)
        means = found[f"blocks.{block}.attention.score_by_distance"]
        assert means.axes == ("batch", "head", "distance")
        assert means.values.shape == (2, 2, 8)
        for distance in range(8):
            expected = torch.diagonal(scores, -distance, 2, 3).mean(dim=-1)
            assert torch.allclose(means.values[..., distance], expected)


def test_the_alibi_penalty_is_not_part_of_the_scores_by_distance():
    subject, found = attend(position="alibi")
    scores = subject.trace.arrays["blocks.0.attention.scores"].values
    penalty = subject.trace.arrays["position.bias"].values
    expected = torch.diagonal(scores - penalty, -3, 2, 3).mean(dim=-1)
    assert torch.allclose(found["blocks.0.attention.score_by_distance"].values[..., 3], expected)


def test_entropy_lies_between_one_token_and_all_alike():
    bits = entropy_bits(torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0.0, 0.0]]))
    assert bits.tolist() == pytest.approx([0.0, 2.0, 1.0])


def test_entropy_of_every_query_is_at_most_that_of_what_it_can_see():
    _, found = attend()
    for block in (0, 1):
        bits = found[f"blocks.{block}.attention.entropy"]
        assert bits.axes == ("batch", "head", "query_pos")
        most = torch.tensor([math.log2(t + 1) for t in range(8)], dtype=torch.float64)
        assert (bits.values <= most + 1e-9).all()
        assert (bits.values[..., 1:] > 0).all()
        assert torch.equal(bits.values[..., 0], torch.zeros(2, 2, dtype=torch.float64))


def test_only_the_block_that_is_wanted_is_computed():
    subject = Subject(build("transformer", **SMALL), text_batch())
    found = AttentionScores().compute(subject, frozenset({"blocks.1.attention.score_by_distance"}))
    assert set(found) == {"blocks.1.attention.score_by_distance"}


def test_only_models_that_attend_are_served():
    assert AttentionScores().serves(build("transformer", **SMALL))
    assert not AttentionScores().serves(build("lstm", **SMALL))


def test_a_score_that_falls_with_distance_is_read_back():
    angles = torch.arange(6.0) * 0.3
    heads = torch.stack([angles.cos(), angles.sin()], dim=-1)[None, None]  # (1, 1, T, 2)
    means = score_by_distance(heads, heads)[0, 0]
    assert means.tolist() == pytest.approx([math.cos(0.3 * d) / math.sqrt(2) for d in range(6)])


def test_of_attention_that_looks_both_ways_scores_are_means_over_both_sides():
    subject = Subject(build("transformer_encoder", **SMALL), text_batch(2))
    found = AttentionScores().compute(subject, EVERYTHING)
    scores = subject.trace.arrays["blocks.0.attention.scores"].values
    back, ahead = (torch.diagonal(scores, offset, 2, 3).mean(dim=-1) for offset in (-2, 2))
    means = found["blocks.0.attention.score_by_distance"].values
    assert torch.allclose(means[..., 2], (back + ahead) / 2)
