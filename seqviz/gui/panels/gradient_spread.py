"""Where the gradient of a loss goes: to what was read before, to its own place, to what comes after. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

NOTHING = 0.005  # of the gradient: less is told as none


def shares(values: NDArray[np.floating], places: NDArray[np.intp]) -> tuple[float, float, float]:
    """(before, own, after): mean shares of a row's gradient left of, at and right of its own place.

    values : (row, s) sizes, nan where nothing can be felt; places : (row,) which s is the row's own
    """
    sizes = np.nan_to_num(np.asarray(values, dtype=np.float64))
    sums = sizes.sum(axis=1)
    felt = sums > 0
    if not felt.any():
        return (np.nan, np.nan, np.nan)
    parts = sizes[felt] / sums[felt, None]
    ahead = np.arange(sizes.shape[1]) - np.asarray(places)[felt, None]  # (row, s)
    before, own, after = (float((parts * chosen).sum(axis=1).mean()) for chosen in (ahead < 0, ahead == 0, ahead > 0))
    return before, own, after


def spread_words(before: float, own: float, after: float, word: str, rows: str) -> str:
    """One sentence with the share that matters; "" where nothing was measured."""
    if not np.isfinite(before):
        return ""
    if max(before, after) < NOTHING:
        return f"**nothing earlier is felt**: all of the gradient stays at the {word} just read"
    if after < NOTHING:
        return (
            f"**{100 * before:.0f} %** of the gradient goes to earlier {word}s, {100 * own:.0f} % to the one just read"
        )
    return (
        f"of the gradient of {rows} **{100 * after:.0f} %** goes to later {word}s, {100 * before:.0f} % to earlier ones"
    )
