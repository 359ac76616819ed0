"""Append-only min/max pyramid: a curve of 10⁷ points drawn in about a millisecond, no spike lost at any zoom.

Level k holds the minimum and maximum of every complete block of 2ᵏ points. The extremes of any range of
points are put together from at most two blocks a level, for all pixel columns at once, so they are exact.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_LIMIT = 1e30  # larger values wreck the painter; they are drawn at the limit


class _Growing:
    """A float array that doubles its room when full."""

    def __init__(self, kind: type[np.floating]) -> None:
        self._room = np.empty(64, dtype=kind)
        self.size = 0

    def append(self, values: NDArray[np.floating]) -> None:
        wanted = self.size + len(values)
        if wanted > len(self._room):
            room = np.empty(max(wanted, 2 * len(self._room)), dtype=self._room.dtype)
            room[: self.size] = self._room[: self.size]
            self._room = room
        self._room[self.size : wanted] = values
        self.size = wanted

    @property
    def values(self) -> NDArray[np.floating]:
        return self._room[: self.size]


class Pyramid:
    """Points of one curve with non-decreasing x. NaN in y is a gap; infinities are drawn at ±1e30."""

    def __init__(self) -> None:
        self._xs = _Growing(np.float64)
        self._ys = _Growing(np.float32)
        self._lows: list[_Growing] = []  # level k + 1: one entry per block of 2**(k + 1) points
        self._highs: list[_Growing] = []

    def __len__(self) -> int:
        return self._xs.size

    @property
    def last(self) -> tuple[float, float] | None:
        """The newest point (x, y), None when there is none."""
        return (float(self._xs.values[-1]), float(self._ys.values[-1])) if len(self) else None

    @property
    def xs(self) -> NDArray[np.floating]:
        """Every x, (n,) float64; a view, do not change it."""
        return self._xs.values

    @property
    def ys(self) -> NDArray[np.floating]:
        """Every y, (n,) float32; a view, do not change it."""
        return self._ys.values

    def clear(self) -> None:
        """Forget every point."""
        self.__init__()  # type: ignore[misc]

    def append(self, xs: ArrayLike, ys: ArrayLike) -> None:
        """Add points at the end. ValueError when lengths differ or x goes back."""
        new_x = np.atleast_1d(np.asarray(xs, dtype=np.float64))
        new_y = np.clip(np.atleast_1d(np.asarray(ys, dtype=np.float64)), -_LIMIT, _LIMIT)
        if new_x.shape != new_y.shape or new_x.ndim != 1:
            raise ValueError(f"a curve needs as many x as y, got {new_x.shape} and {new_y.shape}")
        if not len(new_x):
            return
        before = self._xs.values[-1] if len(self) else new_x[0]
        if not (new_x[0] >= before and bool(np.all(new_x[1:] >= new_x[:-1]))):
            raise ValueError("the x of a curve must not go back")
        self._xs.append(new_x)
        self._ys.append(new_y)
        self._grow_levels()

    def _grow_levels(self) -> None:
        low = high = self._ys
        level = 0
        while low.size >= 2:
            if level == len(self._lows):
                self._lows.append(_Growing(np.float32))
                self._highs.append(_Growing(np.float32))
            done, complete = self._lows[level].size, low.size // 2
            if done == complete:
                return  # no block was completed here, so none above
            piece = slice(2 * done, 2 * complete)
            lows, highs = low.values[piece], high.values[piece]
            self._lows[level].append(np.fmin(lows[0::2], lows[1::2]))
            self._highs[level].append(np.fmax(highs[0::2], highs[1::2]))
            low, high = self._lows[level], self._highs[level]
            level += 1

    def extremes(
        self, starts: NDArray[np.intp], ends: NDArray[np.intp]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Minimum and maximum of y over each range of indices [start, end); NaN where empty or all NaN."""
        left, right = starts.astype(np.intp).copy(), ends.astype(np.intp).copy()
        lows = np.full(len(left), np.nan, dtype=np.float32)
        highs = np.full(len(left), np.nan, dtype=np.float32)
        level_low = level_high = self._ys.values
        for level in range(len(self._lows) + 1):
            open_ranges = left < right
            if not open_ranges.any():
                break
            odd = np.flatnonzero(open_ranges & (left & 1 == 1))
            _merge(lows, highs, odd, level_low, level_high, left[odd])
            left[odd] += 1
            odd = np.flatnonzero((left < right) & (right & 1 == 1))
            right[odd] -= 1
            _merge(lows, highs, odd, level_low, level_high, right[odd])
            left >>= 1
            right >>= 1
            if level < len(self._lows):
                level_low, level_high = self._lows[level].values, self._highs[level].values
        return lows, highs

    def visible(
        self, x0: float, x1: float, pixels: int, log: bool = False
    ) -> tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.float32]]:
        """What to draw of x0 .. x1 on `pixels` columns: (xs, lows, highs), one entry per column that has points.

        Where columns hold at most one point each, the points themselves come back (low = high), with one
        point more at either side so that the line runs to the edge. `log`: columns are equal in log x.
        """
        xs = self._xs.values
        first, last = np.searchsorted(xs, (x0, x1), side="left")
        last = int(np.searchsorted(xs, x1, side="right"))
        start, end = max(int(first) - 1, 0), min(last + 1, len(xs))
        if end - start <= pixels:
            ys = np.asarray(self._ys.values[start:end], dtype=np.float32)
            return np.asarray(xs[start:end], dtype=np.float64), ys, ys
        edges = np.geomspace(x0, x1, pixels + 1) if log and x0 > 0 else np.linspace(x0, x1, pixels + 1)
        bounds = np.searchsorted(xs, edges, side="left")
        bounds[0], bounds[-1] = start, end
        filled = np.flatnonzero(bounds[1:] > bounds[:-1])
        starts, ends = bounds[filled], bounds[filled + 1]
        lows, highs = self.extremes(starts, ends)
        # a column with a single point keeps its true x; others stand at their first point's x
        return np.asarray(xs[starts], dtype=np.float64), lows, highs

    def range_of(self, x0: float, x1: float) -> tuple[float, float]:
        """Lowest and highest y between x0 and x1, (NaN, NaN) when there is none."""
        start = np.searchsorted(self._xs.values, x0, side="left")
        end = np.searchsorted(self._xs.values, x1, side="right")
        low, high = self.extremes(np.array([start]), np.array([end]))
        return float(low[0]), float(high[0])


def _merge(
    lows: NDArray[np.float32],
    highs: NDArray[np.float32],
    where: NDArray[np.intp],
    level_low: NDArray[np.floating],
    level_high: NDArray[np.floating],
    blocks: NDArray[np.intp],
) -> None:
    lows[where] = np.fmin(lows[where], level_low[blocks])
    highs[where] = np.fmax(highs[where], level_high[blocks])
