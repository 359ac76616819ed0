"""Bayes filter: a belief about which cell of a corridor the robot is in, moved by commands, corrected by readings.

    bel'_t(c) = sum_c' p(c | u_t, c') bel_{t-1}(c')          predict: where the command u_t may have led
    bel_t(c)  = eta p(z_t | c) bel'_t(c)                      update: how well each cell explains the reading z_t

eta makes it sum to 1, and bel_0 is the same for all cells: at first the robot knows nothing. Nothing is learned; the
knobs are what the filter believes of the world (core/corridor.py), and the world of the corpus may be another one.
The belief is a true posterior, so what is predicted at t is the hidden cell given u_1 z_1 ... u_t z_t.
This is the histogram filter of Thrun, Burgard and Fox, "Probabilistic Robotics", 2005, chapters 2 and 4, and the
forward pass of a hidden Markov model whose transitions hang on the command.

Axes: B batch, T steps, C cells. Everything is computed in double precision on the CPU: the arrays are tiny.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from seqviz.core.batch import Batch
from seqviz.core.corridor import (
    DEFAULT_MAP,
    DEFAULT_MOVE_ERROR,
    DEFAULT_SENSOR_ERROR,
    MOVES,
    READINGS,
    SYMBOLS,
    Corridor,
    parse_map,
)
from seqviz.core.interface import Interface, Offers
from seqviz.core.knobs import knob
from seqviz.models.base import Context, Model, ModelConfig, architectures, position_losses
from seqviz.models.output import LogTable, Output
from seqviz.models.trace import Recorder, Trace

NOTED = ("belief.predicted", "belief.likelihood", "belief.updated")


class BayesFilterConfig(ModelConfig):
    doors: str = knob(DEFAULT_MAP, label="its map", kind="text",
                      help="The corridor as the filter knows it: D a cell with a door, . a cell without.")  # fmt: skip
    move_error: float = knob(DEFAULT_MOVE_ERROR, low=0.0, high=1.0, label="move error",
                             help="How often the filter believes that a move goes wrong.")  # fmt: skip
    sensor_error: float = knob(DEFAULT_SENSOR_ERROR, low=0.001, high=0.999, label="sensor error",
                               help="How often the filter believes that the sensor is wrong.")  # fmt: skip


@architectures.register("bayes_filter")
class BayesFilter(Model):
    """Knows the map, and weighs every cell by how well it explains what was commanded and sensed."""

    Config: ClassVar[type[ModelConfig]] = BayesFilterConfig
    title = "Bayes filter"
    family = "state"
    offers = Offers(
        frozenset({"chain"}), frozenset({"tokens"}), causal=True, heads=frozenset({"softmax"}), only_hidden=True
    )
    learns_by = "none"
    provides = (*NOTED, "belief.motion", "belief.sensor")

    def __init__(self, config: BayesFilterConfig, interface: Interface) -> None:
        self.config = config
        self.interface = interface
        self.world = Corridor(parse_map(config.doors, "model.doors"), config.move_error, config.sensor_error)
        if interface.inputs.size != len(SYMBOLS):
            raise ValueError("model.name: the Bayes filter reads the commands and door readings of the corridor corpus")
        if interface.outputs.size != self.world.cells:
            raise ValueError(
                f"model.doors: the filter's map has {self.world.cells} cells, the corridor {interface.outputs.size}"
            )
        self.motion = torch.from_numpy(self.world.motion())  # (move, C, C): from, to
        self.sensor = torch.from_numpy(self.world.sensor())  # (reading, C)

    @classmethod
    def sizes(cls, config: ModelConfig) -> tuple[int, int]:
        assert isinstance(config, BayesFilterConfig)
        return len(SYMBOLS), len(config.doors)

    # the fast path: one matrix per symbol, which moves and weighs at once --------------------------------------------

    def forward(self, batch: Batch, context: Context) -> Output:
        symbols = batch.inputs["tokens"].values  # (B, T)
        steps = self.motion.repeat_interleave(len(READINGS), 0) * self.sensor.repeat(len(MOVES), 1).unsqueeze(1)
        belief = context.state if context.state is not None else self._ignorance(len(symbols))  # (B, C)
        found = []
        for symbol in symbols.cpu().unbind(dim=1):  # (B,)
            belief = torch.bmm(belief.unsqueeze(1), steps[symbol]).squeeze(1)  # (B, C)
            belief = belief / belief.sum(dim=1, keepdim=True)
            found.append(belief)
        table = torch.stack(found, dim=1).log()  # (B, T, C); log 0 is -inf, as it should be
        return Output(LogTable(table.to(symbols.device)), belief)

    def _ignorance(self, rows: int) -> Tensor:
        return torch.full((rows, self.world.cells), 1 / self.world.cells, dtype=torch.float64)

    # the explaining path: predict, then update, cell by cell -------------------------------------------------------

    def trace(self, batch: Batch, keep_graph: bool = False) -> Trace:
        recorder = Recorder(keep_graph)
        symbols = batch.inputs["tokens"].values.cpu()  # (B, T)
        belief = self._ignorance(len(symbols))  # (B, C)
        noted: dict[str, list[Tensor]] = {name: [] for name in NOTED}
        for symbol in symbols.unbind(dim=1):  # (B,)
            predicted = self.predict(belief, symbol // len(READINGS))
            likelihood = self.sensor[symbol % len(READINGS)]  # (B, C)
            belief = self.update(predicted, likelihood)
            for name, value in zip(NOTED, (predicted, likelihood, belief), strict=True):
                noted[name].append(value)
        for name, values in noted.items():
            recorder.note_steps(name, values, ("batch", "t", "cell"))
        recorder.note("belief.motion", self.motion, ("move", "from", "to"))
        recorder.note("belief.sensor", self.sensor, ("reading", "cell"))
        table = torch.stack(noted["belief.updated"], dim=1).log()  # (B, T, C)
        output = Output(LogTable(table.to(batch.inputs["tokens"].values.device)))
        return Trace(recorder.arrays, recorder.sites, output, position_losses(output, batch))

    def predict(self, belief: Tensor, moves: Tensor) -> Tensor:
        """Each cell gets what may have moved into it from every other: (B, C) and (B,) -> (B, C)."""
        came_from = belief.unsqueeze(2) * self.motion[moves]  # (B, C, C): from, to
        return came_from.sum(dim=1)

    def update(self, predicted: Tensor, likelihood: Tensor) -> Tensor:
        """Weigh by the reading and make it sum to 1: (B, C)."""
        weighed = predicted * likelihood
        return weighed / weighed.sum(dim=1, keepdim=True)
