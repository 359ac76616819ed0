"""What a model says of its own activations, so that their health can be told: functions, layer norms.

A layer norm maps the numbers a of one position to (a - mean(a)) / sqrt(var(a) + eps) * gain + bias; what went in is
noted as `<path>.mean` and `<path>.spread` (the standard deviation), one number a position.
Axes: B batch, T positions, N numbers that are normalised together.
"""

from __future__ import annotations

from typing import Literal, Protocol, runtime_checkable

import torch
from torch import Tensor

from seqviz.models.trace import Recorder

Activation = Literal["sigmoid", "tanh", "relu", "before_tanh"]
NAMED_ALIKE: dict[str, Activation] = {  # what these names mean in every architecture
    "*_gate": "sigmoid",
    "*.gate": "sigmoid",
    "*candidate": "tanh",
    "*.cell_state": "before_tanh",
    "*.normalised_cell": "before_tanh",
}


@runtime_checkable
class TellsActivations(Protocol):
    """A model that knows which of its traced arrays came straight out of which function."""

    def activations(self) -> dict[str, Activation]:
        """By wildcard of trace names."""
        ...


@runtime_checkable
class NormalisesLayers(Protocol):
    """A model with layer norms; its trace notes `<path>.mean` and `<path>.spread` of each."""

    def norm_gains(self) -> dict[str, Tensor]:
        """By path, the learned gain of each number: (N,)."""
        ...


def mean_and_spread(a: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation over the last axis: (..., N) -> (...) and (...)."""
    spread, mean = torch.std_mean(a, dim=-1, correction=0)
    return mean, spread


def note_norm(recorder: Recorder, path: str, a: Tensor) -> None:
    """Note what goes into the layer norm at `path`: a (B, T, N)."""
    mean, spread = mean_and_spread(a.detach())  # (B, T) each
    recorder.note(f"{path}.mean", mean, ("batch", "t"))
    recorder.note(f"{path}.spread", spread, ("batch", "t"))
