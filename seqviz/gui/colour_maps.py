"""Colour maps as tables: 256 x 3 for numpy, 256 QRgb values for 8-bit indexed images.

An index image (widgets/matrix_view.py) uses 0 .. 253 for data, `MASKED` for cells that are not drawn and
`BLANK` for NaN. Sources: viridis and cividis are CC0 data in assets/colormaps; the diverging map is our own.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from seqviz.core.paths import assets_root

DATA_LEVELS = 254
MASKED = 254
BLANK = 255

_DIVERGING = {
    False: ("#085EA0", "#F6F7F8", "#C44E00"),
    True: ("#56AAE8", "#1A1F26", "#F08C46"),
}
# In dark the first tenth of cividis is nearly the colour of the sheet: very predictable text would vanish.
_DARK_CIVIDIS_START = 0.10


def _hex(colour: str) -> tuple[int, int, int]:
    text = colour.removeprefix("#")
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


def _resampled(table: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Linear interpolation of (n, 3) colours at `places` in 0 .. 1: -> (len(places), 3)."""
    grid = np.linspace(0.0, 1.0, len(table))
    channels = [np.interp(places, grid, table[:, c]) for c in range(3)]
    return np.rint(np.stack(channels, axis=1)).astype(np.uint8)


@lru_cache(maxsize=16)
def lookup_table(name: str, dark: bool) -> NDArray[np.uint8]:
    """(256, 3) uint8, read-only. ValueError for a map that does not exist."""
    places = np.linspace(0.0, 1.0, 256)
    if name == "diverging":
        anchors = np.array([_hex(c) for c in _DIVERGING[dark]], dtype=np.float64)
    elif name in ("viridis", "cividis"):
        lines = (assets_root() / "colormaps" / f"{name}.txt").read_text(encoding="ascii").split()
        anchors = np.array([_hex(line) for line in lines], dtype=np.float64)
        if name == "cividis" and dark:
            places = _DARK_CIVIDIS_START + (1.0 - _DARK_CIVIDIS_START) * places
    else:
        raise ValueError(f"there is no colour map {name!r}: choose viridis, cividis or diverging")
    table = _resampled(anchors, places)
    table.setflags(write=False)
    return table


@lru_cache(maxsize=32)
def rgb_table(name: str, dark: bool, blank: int) -> tuple[int, ...]:
    """256 QRgb values: 254 of the map, a transparent one (`MASKED`) and `blank` (`BLANK`)."""
    rows = np.rint(np.linspace(0, 255, DATA_LEVELS)).astype(np.intp)
    rgb = lookup_table(name, dark)[rows].astype(np.uint32)  # (254, 3)
    packed = 0xFF000000 | (rgb[:, 0] << 16) | (rgb[:, 1] << 8) | rgb[:, 2]
    return (*(int(v) for v in packed), 0, 0xFF000000 | blank)
