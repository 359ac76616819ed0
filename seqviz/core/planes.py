"""Many dimensions drawn in two: principal components, and t-SNE for who lies next to whom.

Both take (n, E) and give (n, 2). PCA keeps distances as far as two directions can; t-SNE keeps neighbours and nothing
else: distances between its clumps, and their sizes, mean nothing.
Hotelling 1933; van der Maaten and Hinton, "Visualizing data using t-SNE", 2008.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

Floats = np.ndarray

EXAGGERATION, EXAGGERATED_STEPS = 12.0, 120
EARLY_MOMENTUM, LATE_MOMENTUM = 0.5, 0.8


def principal_plane(vectors: Floats) -> tuple[Floats, Floats]:
    """(n, 2) coordinates along the two directions of largest variance, and (2,) their shares of it."""
    return plane_of(vectors, vectors)


def plane_of(vectors: Floats, some: Floats) -> tuple[Floats, Floats]:
    """(n, 2) coordinates of `vectors` (n, E) in the plane in which `some` (m, E) vary most, and (2,) the shares of the
    variance of `some` along them. The mean of `some` lies at the origin.
    """
    middle = np.mean(some, axis=0)
    centred = np.asarray(some, dtype=float) - middle
    sizes, directions = np.linalg.eigh(centred.T @ centred)  # quick however many points there are
    sizes, directions = np.maximum(sizes[::-1], 0.0), directions[:, ::-1].T
    directions = np.vstack([directions, np.zeros((2, directions.shape[1]))])[:2]  # one dimension has one direction
    shares = np.append(sizes, [0.0, 0.0])[:2] / max(float(sizes.sum()), 1e-300)
    return (np.asarray(vectors, dtype=float) - middle) @ directions.T, shares


def aligned(points: Floats, reference: Floats) -> Floats:
    """`points` (n, 2) turned and mirrored, not stretched, so that they lie as near to `reference` as can be.

    Directions of principal components may flip from one moment to the next though nothing has moved. Schoenemann, "A
    generalized solution of the orthogonal Procrustes problem", 1966.
    """
    u, _, v = np.linalg.svd(points.T @ reference)
    return np.asarray(points @ (u @ v))


def neighbour_shares(vectors: Floats, perplexity: float) -> Floats:
    """(n, n) symmetric, adding up to 1: how much each two are neighbours, `perplexity` of them to each."""
    vectors = np.asarray(vectors, dtype=float)
    squares = (vectors * vectors).sum(axis=1)
    distances = np.maximum(squares[:, None] + squares - 2 * vectors @ vectors.T, 0.0)  # (n, n)
    np.fill_diagonal(distances, np.inf)
    shares = _calibrated(distances, np.log(min(perplexity, (len(vectors) - 1) / 1.001)))
    both = shares + shares.T
    return np.asarray(np.maximum(both / both.sum(), 1e-12))


def _calibrated(distances: Floats, entropy: float) -> Floats:
    """Gaussian neighbour shares by row, each width found by bisection so that the row has this entropy in nats."""
    n = len(distances)
    low, high, beta = np.zeros(n), np.full(n, np.inf), np.ones(n)
    beyond = distances - distances.min(axis=1, keepdims=True)
    others = ~np.eye(n, dtype=bool)
    beyond[~others] = 0.0
    for _ in range(60):
        weights = np.exp(-beyond * beta[:, None]) * others
        total = weights.sum(axis=1)
        found = np.log(total) + beta * (weights * beyond).sum(axis=1) / total  # - sum p log p
        shares = weights / total[:, None]
        wide = found > entropy
        if np.abs(found - entropy).max() < 1e-9:
            break
        low, high = np.where(wide, beta, low), np.where(wide, high, beta)
        beta = np.where(np.isinf(high), beta * 2, (low + np.where(np.isinf(high), 0, high)) / 2)
    return np.asarray(shares)


def tsne(vectors: Floats, perplexity: float = 20.0, steps: int = 400, seed: int = 0) -> Iterator[Floats]:
    """Coordinates (n, 2) after each step, from the principal plane on; whoever draws them may stop at any.

    Raises
    ------
    ValueError
        fewer than 4 points.
    """
    if len(vectors) < 4:
        raise ValueError("t-SNE needs at least four points")
    shares = neighbour_shares(vectors, perplexity)
    start = principal_plane(vectors)[0]
    start = start + 1e-6 * np.random.default_rng(seed).normal(size=start.shape)  # equal vectors must come apart
    points = 1e-4 * start / max(float(start.std()), 1e-300)
    rate = max(len(points) / EXAGGERATION / 4, 10.0)  # higher ones throw a few dozen points far apart
    velocity, gains = np.zeros_like(points), np.ones_like(points)
    for step in range(steps):
        early = step < EXAGGERATED_STEPS
        slope = _slope(points, shares * (EXAGGERATION if early else 1.0))
        gains = np.where((slope > 0) != (velocity > 0), gains + 0.2, np.maximum(gains * 0.8, 0.01))
        velocity = (EARLY_MOMENTUM if early else LATE_MOMENTUM) * velocity - rate * gains * slope
        points = points + velocity
        points = points - points.mean(axis=0)
        yield points


def _slope(points: Floats, shares: Floats) -> Floats:
    """Gradient of the Kullback-Leibler divergence by the coordinates: (n, 2)."""
    closeness = _closeness(points)  # (n, n)
    pull = (shares - closeness / closeness.sum()) * closeness
    return np.asarray(4 * (pull.sum(axis=1)[:, None] * points - pull @ points))


def _closeness(points: Floats) -> Floats:
    """1 / (1 + squared distance), 0 to oneself."""
    squares = (points * points).sum(axis=1)
    closeness = 1.0 / (1.0 + np.maximum(squares[:, None] + squares - 2 * points @ points.T, 0.0))
    np.fill_diagonal(closeness, 0.0)
    return np.asarray(closeness)


def divergence(points: Floats, shares: Floats) -> float:
    """Kullback-Leibler divergence in nats between the neighbours wanted and those drawn."""
    closeness = _closeness(points)
    drawn = np.maximum(closeness / closeness.sum(), 1e-12)
    return float((shares * np.log(shares / drawn)).sum())
