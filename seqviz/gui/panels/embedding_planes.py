"""The plane of largest variance of a matrix of vectors, from frame to frame, without flips. Pure numpy.

Axes: n points, E dimensions, K moments.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqviz.core.planes import aligned, plane_of

Floats = NDArray[np.floating]
MOMENTS = 10  # a trail goes back over so many


@dataclass(frozen=True)
class Plane:
    """Coordinates (n, 2) at a step, and the share of all variance that each of the two has."""

    step: int
    points: Floats
    shares: tuple[float, float]


def shares_along(points: Floats, vectors: Floats) -> tuple[float, float]:
    """What part of the variance of `vectors` (n, E) lies along each coordinate of `points` (n, 2)."""
    total = float(np.var(vectors.astype(np.float64), axis=0).sum())
    across, up = (float(v) / max(total, 1e-300) for v in np.var(points, axis=0))
    return across, up


class Planes:
    """The last planes, each turned to lie as the one before it: what moves on screen has moved in the net."""

    def __init__(self) -> None:
        self._planes: deque[Plane] = deque(maxlen=MOMENTS)
        self._words: tuple[int, ...] = ()  # whose plane it is; none: that of all

    def clear(self) -> None:
        self._planes.clear()

    def take(self, step: int, vectors: Floats, words: Sequence[int] = ()) -> None:
        """The vectors (n, E) as they are at `step`, in the plane in which `words` differ most (none: all of them).

        Moments that lie later, or had other points or another plane, are forgotten.
        """
        if tuple(words) != self._words or (self._planes and len(self._planes[-1].points) != len(vectors)):
            self._planes.clear()
        self._words = tuple(words)
        some = vectors[list(words)] if words else vectors
        reference = self._planes[-1].points if self._planes else None
        while self._planes and self._planes[-1].step >= step:
            self._planes.pop()
        points, _ = plane_of(vectors, some)
        if reference is not None:
            points = aligned(points, reference)
        shown = points[list(words)] if words else points
        self._planes.append(Plane(step, points, shares_along(shown, some)))

    @property
    def now(self) -> Plane | None:
        return self._planes[-1] if self._planes else None

    def trails(self) -> Floats:
        """(K, n, 2): where each point was, oldest first, now last; K < 2 where nothing is known of before."""
        return np.array([plane.points for plane in self._planes])
