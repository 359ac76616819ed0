"""A track in the plane, read from a frame: what is true, what was measured, what is believed and how surely. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqviz.gui.panels.base import Snapshot

Floats = NDArray[np.floating]
WANTS = (
    "estimate.mean", "estimate.deviation", "estimate.observed", "estimate.truth",
    "belief.predicted", "belief.predicted_covariance", "belief.covariance", "belief.gain",
)  # fmt: skip
NEEDS = ("estimate.mean",)
SIGMAS = 2.0  # an ellipse of two deviations holds 86 % of a normal in the plane


@dataclass(frozen=True)
class Track:
    """All (t, 2); `truth` nan where unknown. Filters also tell `predicted`, covariances (t, 2, 2), gain (t, 2 D, D)."""

    mean: Floats
    deviation: Floats
    observed: Floats
    truth: Floats
    predicted: Floats | None = None
    before: Floats | None = None
    after: Floats | None = None
    gain: Floats | None = None

    @property
    def steps(self) -> int:
        return int(self.mean.shape[0])

    def errors(self) -> NDArray[np.float64]:
        """(t,) distance of the estimate from the truth; nan where that is unknown."""
        return _lengths(self.mean - self.truth)

    def misses(self) -> NDArray[np.float64]:
        """(t,) distance of the measurement from the truth."""
        return _lengths(self.observed - self.truth)

    def covariance(self, t: int) -> Floats:
        """(2, 2) of the estimate; of a net, which tells a deviation per coordinate, the diagonal."""
        return self.after[t] if self.after is not None else np.diag(np.square(self.deviation[t]))

    def reach(self) -> float:
        """Half the side of a window that shows a step, its ellipse and what came before: the same for all steps."""
        stride = float(np.median(_lengths(np.diff(self.mean, axis=0)))) if self.steps > 1 else 1.0
        wide = SIGMAS * float(np.median(self.deviation))
        return max(2.2 * wide, 2.2 * stride, 1e-6)


def track_of(snapshot: Snapshot) -> Track | None:
    """What a frame holds of a track in the plane; None where it holds none, or one of other dimensions."""
    mean = snapshot.array("estimate.mean")
    if mean is None or mean.ndim != 2 or mean.shape[1] < 2 or not len(mean):
        return None
    rest = {name: snapshot.array(f"estimate.{name}") for name in ("deviation", "observed", "truth")}
    known = {
        name: np.full_like(mean, np.nan) if array is None or array.shape != mean.shape else array
        for name, array in rest.items()
    }
    parts = (snapshot.array(f"belief.{n}") for n in ("predicted", "predicted_covariance", "covariance", "gain"))
    told = [array if array is not None and len(array) == len(mean) else None for array in parts]
    predicted, before, after, gain = told
    size = mean.shape[1]
    return Track(
        mean[:, :2], known["deviation"][:, :2], known["observed"][:, :2], known["truth"][:, :2],
        None if predicted is None else predicted[:, :2],
        None if before is None else before[:, :2, :2],
        None if after is None else after[:, :2, :2],
        None if gain is None or gain.shape[1:] != (2 * size, size) else gain,
    )  # fmt: skip


def ellipse(covariance: Floats, sigmas: float = SIGMAS) -> tuple[float, float, float] | None:
    """Half axes and the angle of the first in degrees; None for what is no covariance."""
    if not np.isfinite(covariance).all():
        return None
    values, vectors = np.linalg.eigh(np.asarray(covariance, dtype=np.float64))
    if values[0] < 0:
        return None
    long, short = sigmas * math.sqrt(float(values[1])), sigmas * math.sqrt(float(values[0]))
    return long, short, math.degrees(math.atan2(float(vectors[1, 1]), float(vectors[0, 1])))


def root_mean_square(values: Floats) -> float:
    """Over what is known; nan where nothing is."""
    known = values[np.isfinite(values)]
    return float(np.sqrt(np.square(known, dtype=np.float64).mean())) if len(known) else math.nan


def _lengths(vectors: Floats) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(np.square(vectors, dtype=np.float64).sum(axis=-1)))
