"""A robot in a corridor with doors: how it moves, what its sensor says. What data and filter both must know.

    . . D . . D . . . . . . . D . .          D: a cell with a door; cells are counted from 1, left to right

A command is "stay", "right" or "left". Told to move, the robot goes one cell with probability 1 - e, stays where it is
with e / 2 and goes two cells with e / 2; at an end it bumps and stays there. Then its sensor says "door" or "wall", and
is wrong with probability s. One input symbol is a command and the reading after it.
The example of Thrun, Burgard and Fox, "Probabilistic Robotics", 2005, chapters 1 and 2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DEFAULT_MAP = "..D..D.......D.."
DEFAULT_MOVE_ERROR, DEFAULT_SENSOR_ERROR = 0.2, 0.1
SHORTEST, LONGEST = 2, 64  # cells
MOVES = (0, 1, -1)  # stay, right, left
ARROWS = ("", "→", "←")
READINGS = (".", "D")
SYMBOLS = tuple(arrow + reading for arrow in ARROWS for reading in READINGS)

Floats = NDArray[np.float64]


def parse_map(text: str, key: str) -> NDArray[np.bool_]:
    """(cell,) True where there is a door. ValueError, one line that starts with `key`, for another text."""
    if not set(text) <= {".", "D"} or not SHORTEST <= len(text) <= LONGEST:
        raise ValueError(f"{key}: draw {SHORTEST} to {LONGEST} cells, D with a door and . without, as in {DEFAULT_MAP}")
    return np.array([letter == "D" for letter in text])


def cell_labels(doors: NDArray[np.bool_]) -> tuple[str, ...]:
    """`1`, `2`, `3 D` ...: the number of each cell, and whether it has a door."""
    return tuple(f"{number} D" if door else str(number) for number, door in enumerate(doors, 1))


@dataclass(frozen=True)
class Corridor:
    """`doors` (cell,); the probabilities of a wrong move and of a wrong reading."""

    doors: NDArray[np.bool_]
    move_error: float
    sensor_error: float

    @property
    def cells(self) -> int:
        return len(self.doors)

    def motion(self) -> Floats:
        """(move, from, to): where each command leads."""
        table = np.zeros((len(MOVES), self.cells, self.cells))
        here = np.arange(self.cells)
        for number, move in enumerate(MOVES):
            for cells, share in ((1, 1 - self.move_error), (0, self.move_error / 2), (2, self.move_error / 2)):
                there = np.clip(here + cells * move, 0, self.cells - 1)
                np.add.at(table[number], (here, there), share)
        return table

    def sensor(self) -> Floats:
        """(reading, cell): how likely each reading is in each cell."""
        door = np.where(self.doors, 1 - self.sensor_error, self.sensor_error)
        return np.stack([1 - door, door])


def commands_and_readings(symbols: NDArray[np.integer]) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Input symbols of any shape -> numbers of the commands and of the readings."""
    return symbols // len(READINGS), symbols % len(READINGS)


def filtered(world: Corridor, symbols: NDArray[np.integer]) -> Floats:
    """(N, T) input symbols -> (N, T, cell) probability of each cell, given all symbols so far."""
    moves, readings = commands_and_readings(symbols)
    motion, sensor = world.motion(), world.sensor()
    belief = np.full((len(symbols), world.cells), 1 / world.cells)  # (N, cell)
    found = np.empty((*symbols.shape, world.cells))
    for t in range(symbols.shape[1]):
        belief = np.einsum("nc,ncd->nd", belief, motion[moves[:, t]]) * sensor[readings[:, t]]
        belief /= belief.sum(axis=1, keepdims=True)
        found[:, t] = belief
    return found
