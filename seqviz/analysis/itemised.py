"""Itemised gradients: G[t, s] = ||d l_t / d site_s||, the loss at t against the state at s. Shared by two analyses.

Recurrent models go back by hand (backward_scan, both_ways_scan), every other differentiable model by one batched
`autograd.grad`.
`naive_itemised` is what both are proved equal to. All three give plain norms, 0 where no path leads from s to t; what
may be shown is decided after, by the model's `reach`.

Axes: B batch, R rows (losses), S positions of a site.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor

from seqviz.analysis import Subject, matches
from seqviz.analysis.backward_scan import features_gradient, features_jacobian, scan_back
from seqviz.analysis.both_ways_scan import both_ways_itemised
from seqviz.analysis.lengths import SQUARES, length
from seqviz.analysis.surprisal import row_axis
from seqviz.core.batch import Batch
from seqviz.models.base import Model
from seqviz.models.bidirectional import BidirectionalModel
from seqviz.models.recurrent import RecurrentModel
from seqviz.models.trace import Site

ROWS_AT_ONCE = 256  # sequences times losses in one batched backward pass: bounds the memory


def gradient_sites(model: Model) -> tuple[str, ...]:
    """Sites of the maps, wildcards allowed: the carried states, else whatever the model's trace offers.

    None in a bag: each loss feels the neighbours put before it and no other position, so there is no way back to map.
    """
    if model.learns_by != "gradient" or model.interface.structure == "bag":
        return ()
    carried: tuple[str, ...] = getattr(model, "states", ())  # what a recurrent architecture carries, by name
    return tuple(f"layers.*.{name}" for name in carried) or ("*",)


def itemised_maps(subject: Subject) -> dict[str, Tensor]:
    """(R, S) by site, the mean over the sequences of the batch; nan where reach or a missing target forbids.

    Computed once per subject.
    """
    if "itemised" not in subject.shared:
        if isinstance(subject.model, RecurrentModel):
            maps = scanned_itemised(subject)
        elif isinstance(subject.model, BidirectionalModel):
            maps = both_ways_itemised(subject)
        else:
            maps = prefix_itemised(subject) if _splits(subject) else batched_itemised(subject)
            maps = {site: rows for site, rows in maps.items() if matches(site, gradient_sites(subject.model))}
        subject.shared["itemised"] = {site: m.nanmean(dim=0) for site, m in allowed_only(maps, subject).items()}
    found: dict[str, Tensor] = subject.shared["itemised"]
    return found


def map_axes(subject: Subject, site: str) -> tuple[str, str]:
    """Names of the two axes of a map: ("t", "s") on a chain, ("target", "source") on a pair."""
    rows = row_axis(subject.batch)
    columns = subject.trace.arrays[site].axes[1]
    return rows, "s" if columns in (rows, "t") else columns


# three ways ----------------------------------------------------------------------------------------------------


@torch.no_grad()
def scanned_itemised(subject: Subject, embedding: bool = False) -> dict[str, Tensor]:
    """By hand, for recurrent models: (B, R, S) by site."""
    model, trace = subject.model, subject.trace
    assert isinstance(model, RecurrentModel)
    if model.head.pointwise:  # l_t reads the features at t alone, so row t joins at position t
        own = features_gradient(subject, torch.nansum).unbind(dim=1)  # T of (B, H)

        def join(s: int, rows: Tensor) -> Tensor:
            return torch.cat([own[s].unsqueeze(0), rows])
    else:
        jacobian = features_jacobian(subject).unbind(dim=2)  # T of (R, B, H)

        def join(s: int, rows: Tensor) -> Tensor:
            return jacobian[s] if rows.shape[0] == 0 else rows + jacobian[s]

    batch_size, count = trace.losses.shape
    maps: dict[str, Tensor] = {}
    for s, sites in scan_back(model, trace, join, embedding):
        for site, rows in sites.items():
            if site not in maps:
                maps[site] = torch.zeros(s + 1, count, batch_size, dtype=SQUARES, device=rows.device)
            torch.linalg.vector_norm(rows, dim=-1, dtype=SQUARES, out=maps[site][s, count - rows.shape[0] :])
    return {site: values.permute(2, 1, 0).to(trace.losses.dtype) for site, values in maps.items()}


def prefix_itemised(subject: Subject, parts: int = 4) -> dict[str, Tensor]:
    """`batched_itemised` for causal models, a share of the losses at a time: (B, R, S) by site.

    Early losses go back through early positions alone, on a graph of just these: 5/8 of the work for 4 parts.
    """
    batch_size, count = subject.graph.losses.shape
    edges = sorted({round(count * part / parts) for part in range(parts + 1)})  # no empty part of a short text
    maps = {name: subject.graph.losses.new_zeros(batch_size, count, count) for name in subject.graph.sites}
    for start, end in pairwise(edges):
        part = subject if end == count else Subject(subject.model, _prefix(subject.batch, end))
        for name, rows in batched_itemised(part, start).items():
            maps[name][:, start:end, :end] = rows
    return maps


def _splits(subject: Subject) -> bool:
    """Whether what a prefix of this batch gives is a prefix of what the batch gives."""
    batch = subject.batch
    fields = (*batch.inputs.values(), *batch.targets.values())
    on_chain = batch.structure is None and all(field.axes[:2] == ("batch", "t") for field in fields)
    return on_chain and subject.model.offers.causal and all(site.stacked for site in subject.graph.sites.values())


def _prefix(batch: Batch, length: int) -> Batch:
    """The first positions of a batch on a chain."""
    return batch.convert(lambda values: values[:, :length])


def batched_itemised(subject: Subject, first: int = 0) -> dict[str, Tensor]:
    """One backward pass over the graph for all losses from `first` on together: (B, R, S) by site."""
    trace = subject.graph
    batch_size = trace.losses.shape[0]
    asked = (~trace.losses[:, first:].isnan()).any(dim=0)  # (R,): a row without a loss has no gradient either
    with torch.enable_grad():
        every = trace.losses[:, first:][:, asked].nansum(dim=0)  # (R',)
    if not len(every):
        return {name: every.new_zeros(batch_size, len(asked), site.positions) for name, site in trace.sites.items()}
    tensors = [tensor for site in trace.sites.values() for tensor in site.steps]
    parts: list[list[Tensor]] = []
    for rows in torch.eye(len(every), dtype=every.dtype, device=every.device).split(max(1, ROWS_AT_ONCE // batch_size)):
        gradients = torch.autograd.grad(
            every, tensors, rows, is_grads_batched=True, retain_graph=True, materialize_grads=True
        )
        parts.append([length(gradient) for gradient in gradients])  # (R, B) or (R, B, S)
    norms = iter(_among_all(torch.cat(pieces), asked) for pieces in zip(*parts, strict=True))
    return {name: _collect(site, [next(norms) for _ in site.steps]) for name, site in trace.sites.items()}


def _among_all(rows: Tensor, asked: Tensor) -> Tensor:
    """Rows (R', ...) at their places among all (R, ...), zeros between them."""
    if bool(asked.all()):
        return rows
    whole = rows.new_zeros(len(asked), *rows.shape[1:])
    whole[asked] = rows
    return whole


def _collect(site: Site, norms: list[Tensor]) -> Tensor:
    """Norms per step (R, B), or stacked (R, B, S) -> (B, R, S)."""
    return (norms[0] if site.stacked else torch.stack(norms, dim=-1)).transpose(0, 1)


def naive_itemised(subject: Subject, site: str) -> Tensor:
    """The definition, spelled out: a double loop of `autograd.grad`. For tests: (B, R, S)."""
    trace = subject.graph
    place = trace.sites[site]
    batch_size, count = trace.losses.shape
    found = trace.losses.new_zeros(batch_size, count, place.positions)
    for t in range(count):
        for s in range(place.positions):
            said = trace.losses[:, t]
            at = place.steps[0] if place.stacked else place.steps[s]
            (gradient,) = torch.autograd.grad(
                said[~said.isnan()].sum(), at, retain_graph=True, allow_unused=True, materialize_grads=True
            )
            found[:, t, s] = (gradient[:, s] if place.stacked else gradient).norm(dim=-1)
    return found


def allowed_only(maps: dict[str, Tensor], subject: Subject) -> dict[str, Tensor]:
    """(B, R, S) by site, with nan where a loss cannot reach a position, and in rows that have no target."""
    no_target = subject.trace.losses.isnan().unsqueeze(-1)  # (B, R, 1)
    return {
        site: values.masked_fill(no_target | ~subject.model.reach(subject.batch, site).to(values.device), math.nan)
        for site, values in maps.items()
    }
