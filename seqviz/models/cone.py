"""How far an output can see, convolution by convolution: what the receptive-field cone is drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True)
class ConeLevel:
    """One convolution that looks back `kernel_size` taps, `dilation` positions apart.

    `array` names the traced array (batch, t, unit) that leaves it.
    """

    array: str
    kernel_size: int
    dilation: int


@runtime_checkable
class SeesACone(Protocol):
    """A model whose outputs see a fixed number of inputs back through a stack of causal convolutions."""

    def cone(self) -> tuple[ConeLevel, ...]:
        """Every convolution that looks back, from the input up."""
        ...
