"""The pictures of the positions panel, each as rows over the probe's columns: arrays in, colour indices out. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqviz.gui.panels.state_names import layer_of
from seqviz.gui.widgets.matrix_view import index_image

ENCODING, SIMILARITY, ROTATION, BIAS, DISTANCE = (
    "encoding",
    "similarity",
    "rotation angles",
    "bias matrix",
    "q · k by distance",
)
# view -> wildcard of the arrays it reads
VIEWS = {
    ENCODING: "position.encoding",
    ROTATION: "position.rotation_angles",
    BIAS: "position.bias",
    SIMILARITY: "position.similarity",
    DISTANCE: "blocks.*.attention.score_by_distance",
}
MOST_DIALS = 12
FEW_DIMENSIONS = 24


@dataclass(frozen=True)
class Band:
    """Rows of one kind: (row, position) colour indices, words at its top, middle and bottom in the gutter."""

    indices: NDArray[np.uint8]
    top: str
    middle: str
    bottom: str


def is_sinusoidal(encoding: NDArray[np.floating]) -> bool:
    """Whether (position, dim) starts as sine and cosine do: 0 in even, 1 in odd dimensions."""
    first = encoding[0]
    return bool(np.allclose(first[0::2], 0.0) and np.allclose(first[1::2], 1.0))


def faster_half(dimensions: int) -> int:
    """How many dimensions are drawn: in the slower half of many hardly anything moves over a probe."""
    return dimensions if dimensions < FEW_DIMENSIONS else 2 * math.ceil(dimensions / 4)


def encoding_bands(encoding: NDArray[np.floating], limit: float, sinusoidal: bool) -> tuple[Band, ...]:
    """(position, dim) -> sine over cosine, fast to slow; one band of dimensions where it was learned."""
    if not sinusoidal:
        indices = index_image(encoding.T, -limit, limit)
        return (Band(indices, "dim 0", "learned", f"dim {encoding.shape[1] - 1}"),)
    shown = faster_half(encoding.shape[1])
    sine = index_image(encoding[:, 0:shown:2].T, -limit, limit)
    cosine = index_image(encoding[:, 1:shown:2].T, -limit, limit)
    return Band(sine, "fast", "sine", "slow"), Band(cosine, "fast", "cosine", "slow")


def similarity_band(similarity: NDArray[np.floating]) -> Band:
    """(position, position2) cosines, -1 .. 1."""
    return Band(index_image(similarity, -1.0, 1.0), "0", "position", str(len(similarity) - 1))


def bias_band(bias: NDArray[np.floating], head: int) -> Band:
    """(head, query, key) penalties of one head, 0 down to its largest; nan ahead of the query is not drawn."""
    values = bias[head]
    lowest = float(np.nanmin(values))
    indices = index_image(values, min(lowest, -1e-6), 0.0, mask=np.isnan(values))
    return Band(indices, "t = 0", "row t", f"t = {len(values) - 1}")


def distance_band(scores: Mapping[str, NDArray[np.floating]], t: int, n: int, limit: float) -> Band:
    """Mean score of each head for every distance, laid out from position `t` back to 0: (head, position)."""
    rows = np.concatenate([scores[name] for name in sorted(scores)])  # (head, distance)
    laid = np.full((len(rows), n), np.nan, dtype=np.float32)
    reach = min(t, rows.shape[1] - 1)
    laid[:, t - reach : t + 1] = rows[:, reach::-1]
    indices = index_image(laid, -limit, limit, mask=np.isnan(laid))
    return Band(indices, "", "heads", "")


def distance_names(scores: Mapping[str, NDArray[np.floating]]) -> tuple[str, ...]:
    """Names of the rows of `distance_band`: `block.head`, counted from 1."""
    names = []
    for name in sorted(scores):
        block = layer_of(name)
        names += [f"{(block or 0) + 1}.{head + 1}" for head in range(len(scores[name]))]
    return tuple(names)


def dial_pairs(angles: NDArray[np.floating], most: int = MOST_DIALS) -> NDArray[np.intp]:
    """Which pairs of (position, pair) get a row of dials: all, or so many evenly from fast to slow."""
    pairs = angles.shape[1]
    return np.linspace(0, pairs - 1, min(pairs, max(most, 1))).round().astype(np.intp)


def rotation_band(angles: NDArray[np.floating], pairs: NDArray[np.intp]) -> Band:
    """(position, pair) in radians -> cosine of the turn, one row a pair."""
    return Band(index_image(np.cos(angles[:, pairs]).T, -1.0, 1.0), "fast", "turn", "slow")
