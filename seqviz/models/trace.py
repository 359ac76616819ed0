"""What the explaining path leaves behind: named arrays with named axes, and sites to differentiate by.

Names are paths: `layers.0.forget_gate`, `blocks.1.attention.pattern`. Axis names: batch, t (position), unit, head,
query_pos, key_pos, position, dim, node, source, target.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from seqviz.core.batch import Ruler
from seqviz.models.output import Output


@dataclass(frozen=True)
class TracedArray:
    """Values in the model's own precision; axis 0 is "batch" unless the array belongs to the model itself."""

    values: Tensor
    axes: tuple[str, ...]


@dataclass(frozen=True)
class Site:
    """A state per position that one may differentiate by: `steps[s]` is (batch, unit) and part of the graph.

    Models that compute all positions at once give one stacked tensor instead: `steps` has one entry
    (batch, position, unit) and `stacked` is True. `axis`: what its positions lie along, where no array of its name says
    so.
    """

    name: str
    steps: tuple[Tensor, ...]
    stacked: bool = False
    axis: str = "t"

    @property
    def positions(self) -> int:
        return self.steps[0].shape[1] if self.stacked else len(self.steps)


@dataclass
class Trace:
    """arrays and sites by name; the model's output; losses (batch, out_pos), nan where there is no target.

    `levels`: the sites and whatever else the gradient passes between loss and input, in reading order (input first).
    `rulers`: what the rows along one of the model's own axes are called (the probe's rulers name its positions).
    """

    arrays: dict[str, TracedArray]
    sites: dict[str, Site]
    output: Output
    losses: Tensor
    rulers: Mapping[str, Ruler] = field(default_factory=dict)
    levels: dict[str, Site] = field(default_factory=dict)


@dataclass
class Recorder:
    """Handed down through a longhand pass; `keep_graph` False stores detached values and no sites."""

    keep_graph: bool
    arrays: dict[str, TracedArray] = field(default_factory=dict)
    sites: dict[str, Site] = field(default_factory=dict)
    levels: dict[str, Site] = field(default_factory=dict)

    def note(self, name: str, values: Tensor, axes: tuple[str, ...]) -> None:
        assert values.ndim == len(axes), f"{name}: {tuple(values.shape)} against {axes}"
        self.arrays[name] = TracedArray(values.detach(), axes)

    def note_steps(self, name: str, steps: Sequence[Tensor], axes: tuple[str, ...] = ("batch", "t", "unit")) -> None:
        """Note one (batch, unit) tensor per position as one (batch, t, unit) array."""
        self.note(name, torch.stack([step.detach() for step in steps], dim=1), axes)

    def site(self, name: str, steps: Sequence[Tensor]) -> None:
        if self.keep_graph:
            self.sites[name] = self.levels[name] = Site(name, tuple(steps))

    def stacked_site(self, name: str, tensor: Tensor) -> None:
        """`tensor` (batch, position, unit) must be the very tensor that the rest of the pass reads."""
        if self.keep_graph:
            self.sites[name] = self.levels[name] = Site(name, (tensor,), stacked=True)

    def level(self, name: str, steps: Sequence[Tensor]) -> None:
        """A place on the gradient's way through the depth that no map is drawn of, one (batch, unit) per position."""
        if self.keep_graph:
            self.levels[name] = Site(name, tuple(steps))

    def stacked_level(self, name: str, tensor: Tensor, axis: str = "t") -> Tensor:
        """The same for (batch, position, unit). Go on with what it gives: a graph node of its own, equal numbers.

        A branch that reads this of a stream leaves the rest of the stream out, so its gradient is the branch's share.
        """
        if not self.keep_graph:
            return tensor
        own = tensor.view_as(tensor) if tensor.requires_grad else tensor.detach().requires_grad_()  # one-hot input
        self.levels[name] = Site(name, (own,), stacked=True, axis=axis)
        return own
