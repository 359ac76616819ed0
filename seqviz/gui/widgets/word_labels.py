"""Which words get their name beside their point, and where, so that no two names overlap. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Wanted:
    """A name that would like to stand at a point, right of it or left; `width` in px."""

    word: int
    x: float
    y: float
    width: float
    left: bool = False


@dataclass(frozen=True)
class Placed:
    word: int
    left: float
    top: float


def place_labels(
    wanted: Sequence[Wanted], height: float, gap: float, area: Box, taken: Sequence[Box] = ()
) -> list[Placed]:
    """Names in order of importance, each right, left, above or below its point, or left out where all are taken.

    `gap`: px between point and name. Points themselves may be covered by a name: there are too many to spare.
    """
    placed: list[Placed] = []
    grid = _Grid(max(height, 1.0))
    for box in taken:
        grid.add(box)
    for one in wanted:
        for left, top in _places(one, height, gap):
            box = (left, top, left + one.width, top + height)
            if _inside(box, area) and grid.free(box):
                grid.add(box)
                placed.append(Placed(one.word, left, top))
                break
    return placed


def _places(one: Wanted, height: float, gap: float) -> tuple[tuple[float, float], ...]:
    middle, centre = one.y - height / 2, one.x - one.width / 2
    right, left = (one.x + gap, middle), (one.x - gap - one.width, middle)
    return (
        *((left, right) if one.left else (right, left)),
        (centre, one.y - gap - height),
        (centre, one.y + gap),
    )


def _inside(box: Box, area: Box) -> bool:
    return box[0] >= area[0] and box[1] >= area[1] and box[2] <= area[2] and box[3] <= area[3]


class _Grid:
    """Boxes by the rows of height `size` that they touch, so that few are compared."""

    def __init__(self, size: float) -> None:
        self._size = size
        self._rows: dict[int, list[Box]] = {}

    def _touched(self, box: Box) -> range:
        return range(int(box[1] // self._size), int(box[3] // self._size) + 1)

    def add(self, box: Box) -> None:
        for row in self._touched(box):
            self._rows.setdefault(row, []).append(box)

    def free(self, box: Box) -> bool:
        return not any(
            box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
            for row in self._touched(box)
            for other in self._rows.get(row, ())
        )
