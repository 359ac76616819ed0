"""Principal planes and t-SNE against scikit-learn, finite differences, and what one can see."""

from __future__ import annotations

import numpy as np
import pytest

from seqviz.core.planes import _slope, aligned, divergence, neighbour_shares, plane_of, principal_plane, tsne


def clumps() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    which = np.repeat(np.arange(3), 15)
    return rng.normal(size=(3, 8))[which] * 4 + rng.normal(size=(45, 8)) * 0.3, which


def test_the_principal_plane_is_scikit_learn_s_but_for_signs():
    sklearn = pytest.importorskip("sklearn.decomposition")
    vectors, _ = clumps()
    points, shares = principal_plane(vectors)
    oracle = sklearn.PCA(2)
    np.testing.assert_allclose(np.abs(points), np.abs(oracle.fit_transform(vectors)), atol=1e-9)
    np.testing.assert_allclose(shares, oracle.explained_variance_ratio_, rtol=1e-9)


def test_vectors_of_one_dimension_or_all_alike_lie_on_a_line_or_a_point():
    points, shares = principal_plane(np.arange(4.0)[:, None])
    assert (points[:, 1] == 0).all()
    assert shares.tolist() == [1.0, 0.0]
    assert (principal_plane(np.ones((5, 3)))[0] == 0).all()


def test_the_plane_of_some_keeps_their_distances_and_has_all_the_others_in_it():
    vectors, _ = clumps()
    some = vectors[[0, 20, 40]]  # three points lie in a plane
    points, shares = plane_of(vectors, some)
    assert points.shape == (45, 2)
    assert shares.sum() == pytest.approx(1.0)
    shown = points[[0, 20, 40]]
    for i, j in ((0, 1), (1, 2), (0, 2)):
        assert np.linalg.norm(shown[i] - shown[j]) == pytest.approx(np.linalg.norm(some[i] - some[j]))
    np.testing.assert_allclose(shown.mean(axis=0), 0, atol=1e-9)


def test_a_turned_and_mirrored_picture_is_turned_back():
    points = np.random.default_rng(1).normal(size=(30, 2))
    turn = np.array([[np.cos(2), -np.sin(2)], [np.sin(2), np.cos(2)]]) @ np.diag([1, -1])
    np.testing.assert_allclose(aligned(points @ turn, points), points, atol=1e-12)


def test_neighbour_shares_are_scikit_learn_s():
    manifold = pytest.importorskip("sklearn.manifold._t_sne")
    spatial = pytest.importorskip("scipy.spatial.distance")
    vectors, _ = clumps()
    squares = spatial.squareform(spatial.pdist(vectors, "sqeuclidean"))
    expected = spatial.squareform(manifold._joint_probabilities(squares, 10.0, 0))
    found = neighbour_shares(vectors, 10.0)
    np.testing.assert_allclose(found, expected, atol=2e-6)


def test_the_slope_is_that_of_the_divergence():
    vectors, _ = clumps()
    shares = neighbour_shares(vectors, 10.0)
    points = np.random.default_rng(2).normal(size=(45, 2))
    slope = _slope(points, shares)
    for i, j in ((0, 0), (7, 1), (44, 0)):
        step = np.zeros_like(points)
        step[i, j] = 1e-5
        rise = (divergence(points + step, shares) - divergence(points - step, shares)) / 2e-5
        assert slope[i, j] == pytest.approx(rise, rel=1e-3, abs=1e-8)


def test_clumps_stay_together_and_apart_from_each_other():
    vectors, which = clumps()
    steps = list(tsne(vectors, 10.0, 300))
    points = steps[-1]
    inside = max(np.ptp(points[which == c], axis=0).max() for c in range(3))
    centres = np.array([points[which == c].mean(axis=0) for c in range(3)])
    apart = min(np.linalg.norm(centres[a] - centres[b]) for a, b in ((0, 1), (0, 2), (1, 2)))
    assert apart > inside
    shares = neighbour_shares(vectors, 10.0)
    assert divergence(points, shares) < 0.12 < divergence(steps[60], shares)  # scikit-learn ends at 0.093


def test_the_same_seed_gives_the_same_picture():
    vectors, _ = clumps()
    one, other = (list(tsne(vectors, 10.0, 30, seed=4))[-1] for _ in range(2))
    assert (one == other).all()


def test_equal_vectors_and_too_few_are_borne():
    assert np.isfinite(list(tsne(np.ones((6, 3)), 20.0, 50))[-1]).all()
    with pytest.raises(ValueError, match="four"):
        next(tsne(np.ones((3, 2))))
