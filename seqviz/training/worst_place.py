"""Where in a batch it was worst: the row and the position of the steepest gradient, or of the largest loss."""

from __future__ import annotations

import torch
from torch import Tensor

from seqviz.analysis import Subject
from seqviz.analysis.gradient_norms import graph_total, position_axis, scanned_total
from seqviz.analysis.itemised import gradient_sites
from seqviz.analysis.surprisal import row_axis
from seqviz.core.batch import Batch
from seqviz.models.base import NeuralModel
from seqviz.models.recurrent import RecurrentModel

Found = tuple[int, int, str]  # row, position, its axis
NOWHERE: Found = (-1, -1, "t")


def steepest(model: NeuralModel, batch: Batch) -> Found:
    """Where the loss hangs most on one state: argmax of ||dL/dsite_t|| over rows and positions (tensors, eval mode)."""
    if not gradient_sites(model):
        return NOWHERE
    subject = Subject(model, batch)
    totals = scanned_total(subject) if isinstance(model, RecurrentModel) else graph_total(subject)
    best, found = -1.0, NOWHERE
    for site, values in totals.items():  # (B, S) each
        known = _worst_first(values)
        if known.numel() and float(known.max()) > best:
            best = float(known.max())
            found = (*_place(known), position_axis(subject, site))
    return found


def costliest(model: NeuralModel, batch: Batch) -> Found:
    """The position with the largest loss."""
    losses = Subject(model, batch).trace.losses  # (B, R), nan where there is no target
    axis = row_axis(batch)
    if not losses.numel() or bool(losses.isnan().all()):
        return NOWHERE
    row, position = _place(losses.nan_to_num(nan=-torch.inf, posinf=torch.finfo(losses.dtype).max))
    inputs = next(iter(batch.inputs.values())).values.shape[1]
    if losses.shape[1] == 1:  # one answer at the end of everything
        return row, inputs - 1, "t"
    return row, position, axis


def _worst_first(values: Tensor) -> Tensor:
    """What is no number is worse than any number."""
    most = torch.finfo(values.dtype).max
    return values.nan_to_num(nan=most, posinf=most)


def _place(values: Tensor) -> tuple[int, int]:
    at = int(values.argmax())
    return at // values.shape[1], at % values.shape[1]
