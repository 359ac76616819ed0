"""Any other module that gives a vector for each position: the gradient of the loss by it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from seqviz.watching.attention import AttentionSite, PatternSite
from seqviz.watching.recurrent import CellSite, FusedSite
from seqviz.watching.sites import LONGEST, Sighting, Site

MOST = 24  # modules whose output is asked for


class OutputSite:
    """`name`: the module's path in the user's model."""

    def __init__(self, module: nn.Module, name: str) -> None:
        self.module = module
        self.site = name.replace(".", "/") or "output"
        self.names: tuple[str, ...] = (f"gradient.total.{self.site}",)

    def see(self, seen: Sighting, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        if not isinstance(output, Tensor) or output.ndim != 3 or self.site in seen.gradients:
            return
        row = seen.row(output)  # (t, unit)
        if 1 < len(row) <= LONGEST and output.requires_grad:
            seen.gradients[self.site] = row.new_zeros(len(row), dtype=torch.float32)
            seen.ask(output, lambda gradient: self._put(seen, seen.row(gradient)))

    def _put(self, seen: Sighting, gradient: Tensor) -> None:
        seen.gradients[self.site] = seen.gradients[self.site] + gradient.float().norm(dim=-1)


def find_sites(model: nn.Module) -> tuple[list[Site], bool]:
    """What is looked at in a model, and whether its batches come first.

    Modules inside nn.MultiheadAttention (and what torch compiled) are left alone.
    """
    sites: list[Site] = []
    layers = blocks = 0
    batch_first: bool | None = None
    others: list[Site] = []
    inside: set[int] = set()
    for name, module in model.named_modules():
        if id(module) in inside or isinstance(module, torch.jit.ScriptModule):
            continue
        if isinstance(module, nn.RNNBase):
            sites.append(FusedSite(module, layers))
            layers += module.num_layers
            batch_first = module.batch_first if batch_first is None else batch_first
        elif isinstance(module, nn.RNNCellBase):
            sites.append(CellSite(module, layers))
            layers += 1
        elif isinstance(module, nn.MultiheadAttention):
            sites.append(AttentionSite(module, blocks))
            blocks += 1
            batch_first = module.batch_first if batch_first is None else batch_first
            inside |= {id(child) for child in module.modules()}
        elif isinstance(module, (nn.TransformerEncoderLayer, nn.TransformerDecoderLayer)) or not _parts(module):
            others.append(OutputSite(module, name))
    chosen = _spread(others)
    found = _own_attention(model, blocks)
    return [*sites, *found, *chosen], True if batch_first is None else batch_first


def _parts(module: nn.Module) -> bool:
    """Whether it is made of other modules, or gives back what it is given."""
    return next(module.children(), None) is not None or isinstance(module, (nn.Identity, nn.Dropout, nn.Flatten))


def _own_attention(model: nn.Module, blocks: int) -> list[Site]:
    """Softmaxes, and dropouts that may stand behind one; where there are many, the first of each parent."""
    found: list[Site] = []
    for parent in model.modules():
        if isinstance(parent, (nn.MultiheadAttention, nn.TransformerEncoderLayer, nn.TransformerDecoderLayer)):
            continue
        named = [(n, c) for n, c in parent.named_children() if isinstance(c, (nn.Softmax, nn.Dropout)) and "att" in n]
        softmax = [(n, c) for n, c in parent.named_children() if isinstance(c, nn.Softmax)]
        for _, child in (softmax or named)[:1]:
            found.append(PatternSite(child, blocks + len(found)))
    return found


def _spread(sites: list[Site]) -> list[Site]:
    """At most MOST of them, from input to output."""
    if len(sites) <= MOST:
        return sites
    return [sites[round(i * (len(sites) - 1) / (MOST - 1))] for i in range(MOST)]
