"""The parameters' figures over a run, within a bound: what is old is kept more sparsely than what is new. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seqviz.core.lab_events import ParametersMeasured

MOST = 600  # measured steps that are kept: with 50 tensors about 5 MB

Floats = NDArray[np.float64]


def keep_measured(kept: list[ParametersMeasured], event: ParametersMeasured, most: int = MOST) -> None:
    """Append; where there are too many, every second one of the older three quarters is let go, the first never."""
    kept.append(event)
    if len(kept) > most:
        old = 3 * len(kept) // 4
        kept[:old] = kept[:old:2]


def over_steps(kept: Sequence[ParametersMeasured], figure: str) -> tuple[Floats, Floats]:
    """(steps (n,), values (n, tensor)) of a figure."""
    if not kept:
        return np.empty(0), np.empty((0, 0))
    return np.array([float(event.step) for event in kept]), np.stack([event.figures[figure] for event in kept])


def first_choice(names: Sequence[str]) -> str:
    """The tensor shown at first: what carries the state on, else the first matrix that is not the embedding's."""
    carried = [name for name in names if "weight_hh" in name]
    quiet = ("bias", "norm", "embedding", "position", "original0", "length")
    inner = [name for name in names if not any(word in name for word in quiet)]
    return next(iter(carried or inner or names), "")


def same_tensor(wanted: str, names: Sequence[str]) -> str:
    """The name among `names` that means the tensor `wanted`; "" where none does. A normalised matrix has two."""
    plain = re.sub(r"\.parametrizations\.weight\.original\d$", ".weight", wanted)
    return next((name for name in names if name in (wanted, plain)), "")
