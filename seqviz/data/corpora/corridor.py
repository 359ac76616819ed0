"""A robot that does not know where it is: commands and door readings in, the hidden cell out.

Corridor  ..D..D.......D..      (core/corridor.py says how the robot moves and what its sensor says)

    input     D  →.  →.  →D  →.  →.  ←.        the command, and what the sensor said after it
    target    3   4   5   6   7   9   8        where the robot really is

It starts anywhere, knows no more than the map, is told to go one way for a while, then the other, and sometimes to
stay. The commands do not depend on where it is, so the Bayes filter is the best estimator there is: its loss on the
validation split is drawn as a line that a learned model can reach, not pass.
Thrun, Burgard and Fox, "Probabilistic Robotics", 2005.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from seqviz.core.corridor import (
    ARROWS,
    DEFAULT_MAP,
    DEFAULT_MOVE_ERROR,
    DEFAULT_SENSOR_ERROR,
    READINGS,
    SYMBOLS,
    Corridor,
    cell_labels,
    filtered,
    parse_map,
)
from seqviz.core.knobs import knob
from seqviz.data.content import SymbolPairs
from seqviz.data.corpora import Corpus, CorpusConfig, corpora
from seqviz.data.generated import GeneratedConfig, arrays_sha256

TURNING, RESTING = 0.15, 0.1  # how often the commands change direction, and how often they say "stay"
LARGEST_CELLS = 100_000_000  # positions of all examples together
UNKNOWN = -1


class CorridorConfig(GeneratedConfig):
    doors: str = knob(DEFAULT_MAP, label="corridor", kind="text",
                      help="The map from left to right: D a cell with a door, . a cell without.")  # fmt: skip
    length: int = knob(30, low=2, high=1000, log=True, label="length", unit="steps",
                       help="Readings in one walk.")  # fmt: skip
    move_error: float = knob(DEFAULT_MOVE_ERROR, low=0.0, high=1.0, label="move error",
                             help="How often a move goes wrong: none or two cells, half and half.")  # fmt: skip
    sensor_error: float = knob(DEFAULT_SENSOR_ERROR, low=0.0, high=0.5, label="sensor error",
                               help="How often the sensor takes a wall for a door or a door for a wall.")  # fmt: skip


@corpora.register("corridor")
class CorridorWalks(Corpus):
    """A robot in a corridor with doors, whose moves and whose sensor are not to be trusted."""

    Config: ClassVar[type[CorpusConfig]] = CorridorConfig
    title = "Corridor with doors"
    gives = "symbol_pairs"
    config: CorridorConfig

    def read(self) -> SymbolPairs:
        config = self.config
        world = Corridor(parse_map(config.doors, "corpus.doors"), config.move_error, config.sensor_error)
        if config.length * config.samples > LARGEST_CELLS:
            raise ValueError(f"corpus.samples: {config.samples} walks of {config.length} steps do not fit in memory")
        train = walks(world, config.generator("train"), config.samples, config.length)
        valid = walks(world, config.generator("valid"), config.valid_samples, config.length)
        self._valid = valid
        return SymbolPairs(
            f"{config.samples} walks of {config.length} steps, {world.cells} cells, {int(world.doors.sum())} doors",
            arrays_sha256(*train, *valid),
            *train,
            *valid,
            SYMBOLS,
            (("bayes filter", "knowing map and errors", least_loss(world, *valid)),),
            output_labels=cell_labels(world.doors),
            example=self._example,
            probe="1",
        )

    def _example(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """A validation walk by its number, or symbols whose cells nobody knows."""
        inputs, targets = self._valid
        words = text.replace(">", ARROWS[1]).replace("<", ARROWS[2]).split()
        if len(words) == 1 and words[0].isascii() and words[0].isdecimal() and 1 <= int(words[0][:9]) <= len(inputs):
            row = int(words[0]) - 1
            return inputs[row], targets[row]
        if not words or not set(words) <= set(SYMBOLS):
            raise ValueError(
                f"probe: type the number of a walk, 1 to {len(inputs)}, or readings such as . >D >. <D "
                f"(D door, {READINGS[0]} wall, > after a move to the right, < to the left)"
            )
        if len(words) > self.config.length:
            raise ValueError(f"probe: at most {self.config.length} readings")
        typed = np.array([SYMBOLS.index(word) for word in words])
        return typed, np.full_like(typed, UNKNOWN)


def walks(world: Corridor, rng: np.random.Generator, count: int, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Input symbols and true cells, each (count, length) uint8."""
    turns = rng.random((count, length)) < TURNING
    heading = (np.cumsum(turns, axis=1) + rng.integers(0, 2, (count, 1))) % 2  # 0 right, 1 left
    moves = np.where(rng.random((count, length)) < RESTING, 0, heading + 1)
    moves[:, 0] = 0  # the first reading comes before any move
    arrivals = world.motion().cumsum(axis=2)  # (move, from, to)
    cells = np.empty((count, length), np.int64)
    here = rng.integers(0, world.cells, count)
    for t in range(length):
        draw = rng.random(count)[:, None]
        here = np.minimum((draw >= arrivals[moves[:, t], here]).sum(axis=1), world.cells - 1)
        cells[:, t] = here
    wrong = rng.random((count, length)) < world.sensor_error
    readings = world.doors[cells] ^ wrong
    return (moves * len(READINGS) + readings).astype(np.uint8), cells.astype(np.uint8)


def least_loss(world: Corridor, symbols: np.ndarray, cells: np.ndarray) -> float:
    """Mean -log probability of the true cell under the true posterior, nats per step: nobody can do better."""
    given = np.take_along_axis(filtered(world, symbols), cells[:, :, None].astype(np.intp), axis=2)
    return float(-np.log(given).mean())
