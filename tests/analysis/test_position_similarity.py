from __future__ import annotations

import pytest
import torch

from seqviz.analysis import Subject
from seqviz.analysis.position_similarity import PositionSimilarity, cosine
from tests.analysis.small_models import SMALL, build, text_batch


def similarity(position: str):
    subject = Subject(build("transformer", **SMALL, position=position), text_batch())
    return PositionSimilarity().compute(subject, frozenset({"position.*"}))


def test_similarity_is_the_cosine_of_two_encodings():
    found = cosine(torch.tensor([[2.0, 0.0], [1.0, 1.0], [0.0, -3.0]]))
    assert found[0].tolist() == pytest.approx([1.0, 0.5**0.5, 0.0])
    assert found[1, 2].item() == pytest.approx(-(0.5**0.5))


def test_sinusoidal_positions_are_alike_by_distance_alone():
    found = similarity("sinusoidal")["position.similarity"]
    assert found.axes == ("position", "position2")
    assert found.values.shape == (8, 8)
    for distance in range(8):
        band = found.values.diagonal(distance)
        assert torch.allclose(band, band[0].expand_as(band))


@pytest.mark.parametrize("position", ["none", "rope", "alibi"])
def test_positions_without_an_encoding_have_no_similarity(position):
    model = build("transformer", **SMALL, position=position)
    assert not PositionSimilarity().serves(model)
    assert similarity(position) == {}


def test_nothing_is_computed_that_nobody_wants():
    subject = Subject(build("transformer", **SMALL), text_batch())
    assert PositionSimilarity().compute(subject, frozenset({"losses"})) == {}
