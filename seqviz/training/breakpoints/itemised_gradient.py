"""The itemised gradient at a distance: how much of ||dl_t/dh_t|| is left in ||dl_t/dh_{t-d}||.

Mean along the diagonal at distance d as a share of the mean at distance 0, of the state through which most gets back.
"""

from __future__ import annotations

import math

import numpy as np
import torch

from seqviz.analysis import Subject
from seqviz.analysis.itemised import gradient_sites, itemised_maps, map_axes
from seqviz.core.batch import Batch
from seqviz.models.base import Model
from seqviz.training.breakpoints import Breakpoint, Measured, breakpoints, largest
from seqviz.training.divergence import Place
from seqviz.training.learner import Going, GradientLearner
from seqviz.training.validation import one_row


@breakpoints.register("itemised_gradient")
class ItemisedGradient(Breakpoint):
    """What of the gradient gets back over a distance."""

    title = "itemised gradient"
    quantity = "‖∂ℓₜ/∂hₛ‖"
    unit = "of distance 0"
    limit = 0.001
    below = True
    distance = 20
    help = (
        "The mean gradient of a loss by the state that many positions before it, as a share of that at its own "
        "position; of all carried states the one that carries most. Each sequence is read by itself."
    )
    needs = ("gradient.itemised.*",)
    order = 50
    seam = "before_update"
    looks = True
    panel = "gradient_map"

    @classmethod
    def serves(cls, model: Model) -> bool:
        return bool(gradient_sites(model)) and model.interface.structure == "chain"

    def look(self, subject: Subject) -> Measured:
        shares = {site: share_at(values, self.setting.distance) for site, values in chain_maps(subject).items()}
        site, value = largest(shares)
        return Measured(value, Place(site))

    def where(self, learner: GradientLearner, step: Going, measured: Measured) -> Place:
        """The pair at this distance with the least gradient, row by row; the position is that of the state."""
        worst, found = math.inf, measured.place
        rows = next(iter(step.batch.inputs.values())).values.shape[0]
        for row in range(rows):
            alone: Batch = one_row(step.batch, row)
            values = chain_maps(Subject(learner.model, alone)).get(measured.place.tensor)
            cells = np.zeros(0) if values is None else diagonal(values, self.setting.distance)
            if len(cells) and not np.isnan(cells).all() and float(np.nanmin(cells)) < worst:
                worst = float(np.nanmin(cells))
                first = 0 if len(cells) > 1 else values.shape[1] - 1 - self.setting.distance  # type: ignore[union-attr]
                found = Place(measured.place.tensor, row, first + int(np.nanargmin(cells)))
        return found


def chain_maps(subject: Subject) -> dict[str, np.ndarray]:
    """(loss, position) float64 by site, of those where a distance means something."""
    with torch.no_grad():
        maps = itemised_maps(subject)
    return {
        site: values.double().cpu().numpy()
        for site, values in maps.items()
        if values.shape[0] in (1, values.shape[1]) and map_axes(subject, site)[1] == "s"
    }


def diagonal(values: np.ndarray, distance: int) -> np.ndarray:
    """Cells of a map whose state stands `distance` before its loss; one loss is that of the last position."""
    rows, columns = values.shape
    return np.diagonal(values, columns - rows - distance) if distance < columns else np.zeros(0)


def share_at(values: np.ndarray, distance: int) -> float:
    """Mean at a distance as a share of the mean at distance 0; nan where there is none."""
    near, far = diagonal(values, 0), diagonal(values, distance)
    near, far = near[~np.isnan(near)], far[~np.isnan(far)]
    if not len(near) or not len(far) or not near.mean() > 0:
        return math.nan
    return float(far.mean() / near.mean())
