"""How fast the itemised gradient fades with distance: a curve and two numbers.

decay[d]    mean of G[t, s] over all |t - s| = d, as a share of decay[0]; a causal model has numbers for s <= t only
tail        log2 decay[d] = a - d / half_life, least squares beyond distance 2: what a model loses within two or
three tokens tells models apart badly, the tail tells them apart well
1 % horizon the distance from which the curve never again reaches 1 %
"""

from __future__ import annotations

import math

import numpy as np
import torch

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.analysis.itemised import gradient_sites, itemised_maps, map_axes
from seqviz.models.base import Model
from seqviz.models.trace import TracedArray

TAIL_FROM = 2  # tokens; the fit uses the distances beyond it
FEWEST_POINTS = 3  # a line through two points fits anything


def decay_curve(itemised: np.ndarray) -> np.ndarray:
    """Mean along the diagonals of a map (t, s), nan cells left out, as a share of the mean at distance 0.

    Returns
    -------
    np.ndarray
        (distance,); nan where no cell lies at that distance, and throughout where distance 0 holds nothing, 0 or
        infinity.
    """
    size = min(itemised.shape)
    curve = np.full(size, np.nan)
    for distance in range(size):
        cells = np.diagonal(itemised, -distance)
        if distance:
            cells = np.concatenate([cells, np.diagonal(itemised, distance)])
        cells = cells[~np.isnan(cells)]
        if cells.size:
            curve[distance] = cells.mean()
    if size == 0 or not 0 < curve[0] < math.inf:
        return np.full(size, np.nan)
    return curve / curve[0]


def tail_half_life(curve: np.ndarray) -> tuple[float, float]:
    """(half-life in tokens, R2) of the tail of a decay curve by a log-linear fit.

    The half-life is inf where the tail does not fall, or so slowly that it would halve beyond the longest distance
    there is: more than that was not measured. Both are nan where fewer than three distances can be fitted.
    """
    distances = np.arange(len(curve))
    usable = (distances > TAIL_FROM) & np.isfinite(curve) & (curve > 0)
    x, y = distances[usable].astype(np.float64), np.log2(curve[usable].astype(np.float64))
    if len(x) < FEWEST_POINTS:
        return math.nan, math.nan
    longest = float(x[-1])
    x, y = x - x.mean(), y - y.mean()
    slope = float(x @ y / (x @ x))
    spread = float(y @ y)
    missed = float(((y - slope * x) ** 2).sum())
    fit = 1.0 - missed / spread if spread > 1e-18 * len(y) else 1.0  # a level tail is a perfect line
    found = -1.0 / slope if slope < 0 and spread > 1e-18 * len(y) else math.inf
    return (found if found <= longest else math.inf), fit


def horizon(curve: np.ndarray, share: float = 0.01) -> float:
    """The distance from which the curve stays below `share`; inf where its end does not, nan for an empty curve."""
    known = np.flatnonzero(~np.isnan(curve))
    if not known.size:
        return math.nan
    reaching = known[curve[known] >= share]
    if not reaching.size:
        return 0.0
    later = known[known > reaching[-1]]
    return float(later[0]) if later.size else math.inf


@analyses.register("gradient_decay")
class GradientDecay(Analysis):
    """Curve (batch, distance) and [half-life, R2, 1 % horizon] (batch, value) of every itemised map on a chain.

    Over several windows the curve is the mean of their curves, and the numbers are those of the mean curve.
    """

    provides = ("gradient.decay.*", "gradient.half_life.*")
    cost = "budget"
    source_matters = True
    over_windows = True

    def serves(self, model: Model) -> bool:
        return bool(gradient_sites(model)) and model.interface.structure == "chain"

    def names(self, model: Model) -> tuple[str, ...]:
        if not self.serves(model):
            return ()
        return tuple(name.replace("*", site, 1) for name in self.provides for site in gradient_sites(model))

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        curves: dict[str, TracedArray] = {}
        for site, values in itemised_maps(subject).items():
            on_chain = map_axes(subject, site) == ("t", "s") and values.shape[0] == values.shape[1]
            wanted = any(matches(name.replace("*", site, 1), wants) for name in self.provides)
            if on_chain and wanted:  # elsewhere distance means nothing
                curve = torch.from_numpy(decay_curve(values.double().cpu().numpy()))
                curves[f"gradient.decay.{site}"] = TracedArray(curve.unsqueeze(0), ("batch", "distance"))
        return self.finish(curves)

    def finish(self, means: dict[str, TracedArray]) -> dict[str, TracedArray]:
        found: dict[str, TracedArray] = {}
        for name, traced in means.items():
            if name.startswith("gradient.decay."):
                curve = traced.values[0].double().cpu().numpy()
                numbers = torch.tensor([[*tail_half_life(curve), horizon(curve)]], dtype=torch.float64)
                found[name] = traced
                found[name.replace("decay", "half_life", 1)] = TracedArray(numbers, ("batch", "value"))
        return found
