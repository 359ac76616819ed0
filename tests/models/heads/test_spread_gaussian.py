from __future__ import annotations

import math

import torch

from seqviz.core.interface import Interface, Space
from seqviz.models.heads.spread_gaussian import WIDEST, SpreadGaussianHead


def make(scale: float) -> SpreadGaussianHead:
    torch.manual_seed(0)
    space = Space("vectors", 2, scale)
    return SpreadGaussianHead(4, Interface(space, space, "spread_gaussian", 6)).double()


def features() -> torch.Tensor:
    return torch.randn(3, 6, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_the_density_is_that_of_a_normal_with_the_told_mean_and_deviation() -> None:
    said, truth = make(1.0)(features()), torch.ones(3, 6, 2, dtype=torch.float64)
    expected = torch.distributions.Normal(said.mean, said.deviation).log_prob(truth).sum(-1)
    torch.testing.assert_close(said.log_prob(truth), expected)


def test_another_unit_of_the_data_scales_what_is_told_and_changes_no_gradient() -> None:
    small, large = make(1.0), make(50.0)
    truth = torch.ones(3, 6, 2, dtype=torch.float64)
    one, other = small(features()), large(features())
    torch.testing.assert_close(other.mean, 50 * one.mean)
    torch.testing.assert_close(other.deviation, 50 * one.deviation)
    loss, scaled = -one.log_prob(truth).mean(), -other.log_prob(50 * truth).mean()
    torch.testing.assert_close(scaled, loss + 2 * math.log(50))
    (expected,), (found,) = (
        torch.autograd.grad(each, [head.linear.weight]) for each, head in ((loss, small), (scaled, large))
    )
    torch.testing.assert_close(found, expected)


def test_the_deviation_stays_within_bounds_whatever_the_features() -> None:
    with torch.no_grad():
        said = make(1.0)(1e6 * features())
    assert float(said.deviation.min()) >= math.exp(-WIDEST) * (1 - 1e-9)
    assert float(said.deviation.max()) <= math.exp(WIDEST) * (1 + 1e-9)
