from __future__ import annotations

import math

import pytest
import torch

from seqviz.models.positional import (
    LearnedPosition,
    RotaryPosition,
    SinusoidalPosition,
    alibi_slopes,
    distance_penalty,
    make_position,
    rotation_angles,
    sinusoids,
)

DOUBLE, CPU = torch.float64, torch.device("cpu")


def test_sinusoids_are_those_of_the_paper() -> None:
    table = sinusoids(20, 6, DOUBLE, CPU)
    for t in (0, 1, 19):
        for pair in range(3):
            angle = t / 10000 ** (2 * pair / 6)
            assert table[t, 2 * pair].item() == pytest.approx(math.sin(angle), rel=1e-9, abs=1e-12)
            assert table[t, 2 * pair + 1].item() == pytest.approx(math.cos(angle), rel=1e-9, abs=1e-12)


def test_sinusoids_fit_an_odd_width() -> None:
    assert torch.equal(sinusoids(4, 5, DOUBLE, CPU), sinusoids(4, 6, DOUBLE, CPU)[:, :5])


def test_similarity_of_sinusoids_depends_on_the_distance_only() -> None:
    table = sinusoids(12, 8, DOUBLE, CPU)
    similarity = table @ table.T
    for distance in range(1, 12):
        diagonal = similarity.diagonal(distance)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal), rtol=1e-9, atol=1e-12)


def test_turned_query_and_key_meet_by_distance_only() -> None:
    position = RotaryPosition(8)
    q, k = torch.randn(2, 1, 1, 1, 8, dtype=DOUBLE, generator=torch.Generator().manual_seed(0))

    def meet(query_at: int, key_at: int) -> float:
        return float((position.turn(q, query_at) * position.turn(k, key_at)).sum())

    assert meet(9, 4) == pytest.approx(meet(5, 0), rel=1e-9)
    assert meet(105, 100) == pytest.approx(meet(5, 0), rel=1e-9)
    assert abs(meet(9, 4) - meet(9, 5)) > 1e-3


def test_turning_is_multiplication_by_a_unit_complex_number() -> None:
    heads = torch.randn(2, 3, 5, 8, dtype=DOUBLE)
    plane = torch.view_as_complex(heads.unflatten(-1, (4, 2)))  # (2, 3, 5, 4)
    angles = rotation_angles(5, 8, DOUBLE, CPU)
    expected = torch.view_as_real(plane * torch.polar(torch.ones_like(angles), angles)).flatten(-2)
    torch.testing.assert_close(RotaryPosition(8).turn(heads), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("n_heads", [1, 2, 4, 8, 16])
def test_alibi_slopes_of_a_power_of_two_are_a_geometric_series(n_heads: int) -> None:
    ratio = 2 ** (-8 / n_heads)
    assert alibi_slopes(n_heads) == pytest.approx([ratio ** (head + 1) for head in range(n_heads)], rel=1e-12)


def test_alibi_slopes_of_six_heads_fill_up_from_those_of_eight() -> None:
    assert alibi_slopes(6) == pytest.approx([*alibi_slopes(4), *alibi_slopes(8)[::2][:2]])


def test_penalty_is_slope_times_distance_with_the_last_query_at_the_last_key() -> None:
    penalty = distance_penalty(4, 2, 5, DOUBLE, CPU)
    for head, slope in enumerate(alibi_slopes(4)):
        assert penalty[head, 1].tolist() == pytest.approx([-slope * d for d in (4, 3, 2, 1, 0)])
        assert penalty[head, 0, :4].tolist() == pytest.approx([-slope * d for d in (3, 2, 1, 0)])


def test_learned_positions_end_with_a_sentence() -> None:
    position = LearnedPosition(4, 6)
    position.add(torch.zeros(1, 4, 6))
    with pytest.raises(ValueError, match="learned 4 positions and cannot read 5 tokens"):
        position.add(torch.zeros(1, 5, 6))
    assert position.longest() == 4
    assert SinusoidalPosition().longest() is None


def test_rope_refuses_an_odd_head_with_a_sentence_that_names_the_knob() -> None:
    with pytest.raises(ValueError, match=r"model\.n_heads: RoPE turns pairs"):
        make_position("rope", 9, 3, 8)


def test_a_table_made_in_inference_mode_serves_training() -> None:
    sinusoids.cache_clear()
    rotation_angles.cache_clear()
    with torch.inference_mode():
        SinusoidalPosition().add(torch.zeros(1, 3, 4))
    x = torch.ones(1, 3, 4, requires_grad=True)
    (SinusoidalPosition().add(x) ** 2).sum().backward()
    assert x.grad is not None
