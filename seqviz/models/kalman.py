"""Kalman filter: a belief about where a thing is and how fast it goes, corrected by every measurement.

    m = F m,  P = F P F' + Q                         predict: position + velocity, velocity less certain
    S = H P H' + R,  K = P H' S^-1                   how much to trust the measurement: the gain
    m = m + K (y - H m),  P = (I - K H) P            correct

Each coordinate has a position and a velocity: F = [[1, 1], [0, 1]], Q = diag(0, process noise^2), H = [1, 0],
R = measurement noise^2, and everything starts at N(0, prior deviation^2). Nothing is learned; the knobs are the model.
The belief is a true posterior, so what is predicted at t is the hidden position given y_1 ... y_t.
Kalman, "A new approach to linear filtering and prediction problems", 1960.

The covariances do not hang on what is measured, so a filter in which nothing stays uncertain, whose S can then not be
inverted, is refused before anything is read.

Axes: B batch, T steps, D coordinates; a belief's state is 2 D: all positions, then all velocities. Everything is
computed in double precision on the CPU: the arrays are tiny, and covariances lose digits with every step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor

from seqviz.core.batch import Batch, Ruler
from seqviz.core.interface import Interface, Offers
from seqviz.core.knobs import knob
from seqviz.models.base import Context, Model, ModelConfig, architectures, position_losses
from seqviz.models.output import Gaussian, Output
from seqviz.models.trace import Recorder, Trace


class KalmanConfig(ModelConfig):
    process_noise: float = knob(0.05, low=0.0, high=10.0, label="process noise",
                                help="How much the velocity is believed to change from step to step.")  # fmt: skip
    measurement_noise: float = knob(1.0, low=0.0, high=100.0, log=True, label="measurement noise",
                                    help="How far a measurement is believed to lie from the truth.")  # fmt: skip
    prior_deviation: float = knob(1.0, low=0.0, high=1000.0, log=True, label="prior deviation",
                                  help="How uncertain position and velocity are before anything is seen.")  # fmt: skip


NOTED = ("predicted", "predicted_covariance", "innovation", "gain", "mean", "covariance")
TINY = 1e-30  # a variance below this is none


class Spread(NamedTuple):
    """The covariance of one coordinate: the same for all, and independent of what was measured."""

    position: float
    cross: float
    velocity: float


@dataclass(frozen=True)
class Belief:
    """What is carried on after a measurement: means (B, D) and their covariance."""

    position: Tensor
    velocity: Tensor
    spread: Spread


@architectures.register("kalman")
class KalmanFilter(Model):
    """The best estimate there is, where the world moves as the filter believes."""

    Config: ClassVar[type[ModelConfig]] = KalmanConfig
    title = "Kalman filter"
    family = "state"
    offers = Offers(
        frozenset({"chain"}), frozenset({"vectors"}), causal=True, heads=frozenset({"gaussian", "spread_gaussian"})
    )
    learns_by = "none"
    provides = tuple(f"belief.{name}" for name in NOTED)

    def __init__(self, config: KalmanConfig, interface: Interface) -> None:
        if interface.inputs.size != interface.outputs.size:
            raise ValueError("model.name: the Kalman filter needs measurements of just what it shall tell")
        self.config = config
        self.interface = interface
        self._refuse_singular(interface.context_length)

    # the fast path: coordinates are independent, and their covariance needs no measurement -----------------------

    def forward(self, batch: Batch, context: Context) -> Output:
        observed = batch.inputs["vectors"].values  # (B, T, D)
        belief: Belief | None = context.state
        means, deviations = [], []
        for y in observed.cpu().double().unbind(dim=1):  # (B, D)
            p, v, spread = self._before(belief, y)
            share_p, share_v, spread = self._corrected(spread)
            surprise = y - p
            belief = Belief(p + share_p * surprise, v + share_v * surprise, spread)
            means.append(belief.position)
            deviations.append(spread.position**0.5)
        mean = torch.stack(means, dim=1).to(observed)  # (B, T, D)
        deviation = observed.new_tensor(deviations).reshape(1, -1, 1).expand_as(mean)
        return Output(Gaussian(mean, deviation), belief)

    def _before(self, belief: Belief | None, like: Tensor) -> tuple[Tensor, Tensor, Spread]:
        """What is believed of position and velocity just before a measurement."""
        if belief is None:
            return torch.zeros_like(like), torch.zeros_like(like), self._moved(None)
        return belief.position + belief.velocity, belief.velocity, self._moved(belief.spread)

    def _moved(self, spread: Spread | None) -> Spread:
        """The covariance one step on; None: before anything was seen."""
        if spread is None:
            sure = self.config.prior_deviation**2
            return Spread(sure, 0.0, sure)
        a, b, c = spread
        return Spread(a + 2 * b + c, b + c, c + self.config.process_noise**2)

    def _corrected(self, spread: Spread) -> tuple[float, float, Spread]:
        """The gain for position and velocity, and the covariance once the measurement is weighed."""
        seen = spread.position + self.config.measurement_noise**2  # S
        share_p, share_v = spread.position / seen, spread.cross / seen
        kept = self.config.measurement_noise**2 / seen  # 1 - share_p, without losing its digits
        return (
            share_p,
            share_v,
            Spread(kept * spread.position, kept * spread.cross, spread.velocity - share_v * spread.cross),
        )

    def _refuse_singular(self, steps: int) -> None:
        """ValueError where the belief becomes so sure that a measurement cannot be weighed against it."""
        spread: Spread | None = None
        for t in range(steps):
            spread = self._moved(spread)
            if spread.position + self.config.measurement_noise**2 > TINY:
                spread = self._corrected(spread)[2]
            if spread.position < TINY or spread.velocity < 0.0:
                key = "measurement_noise" if self.config.prior_deviation**2 > TINY else "prior_deviation"
                raise ValueError(
                    f"model.{key}: the covariance is singular from measurement {t + 1} on, as nothing is uncertain "
                    f"any more; make the {key.replace('_', ' ')} larger"
                )

    # the explaining path: the textbook's matrices ----------------------------------------------------------------

    def trace(self, batch: Batch, keep_graph: bool = False) -> Trace:
        recorder = Recorder(keep_graph)
        observed = batch.inputs["vectors"].values
        rows, _, size = observed.shape
        f, h, q, r = self.matrices(size)
        m = torch.zeros(rows, 2 * size, dtype=torch.float64)  # (B, 2D)
        p = self.config.prior_deviation**2 * torch.eye(2 * size, dtype=torch.float64)
        noted: dict[str, list[Tensor]] = {name: [] for name in NOTED}
        for t, y in enumerate(observed.cpu().double().unbind(dim=1)):  # y (B, D)
            if t > 0:
                m = m @ f.T
                p = f @ p @ f.T + q
            predicted, predicted_p = m, p
            s = h @ p @ h.T + r  # (D, D)
            k = p @ h.T @ torch.linalg.inv(s)  # (2D, D)
            innovation = y - m @ h.T  # (B, D)
            m = m + innovation @ k.T
            p = (torch.eye(2 * size, dtype=torch.float64) - k @ h) @ p
            for name, value in zip(NOTED, (predicted, predicted_p, innovation, k, m, p), strict=True):
                noted[name].append(value.to(observed))
        self._note(recorder, noted)
        return self._finish(batch, recorder, noted["mean"], noted["covariance"])

    def matrices(self, size: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """F (2D, 2D), H (D, 2D), Q (2D, 2D), R (D, D) for so many coordinates."""
        one = torch.eye(size, dtype=torch.float64)
        none = torch.zeros_like(one)
        f = torch.cat([torch.cat([one, one], dim=1), torch.cat([none, one], dim=1)])
        h = torch.cat([one, none], dim=1)
        q = torch.block_diag(none, self.config.process_noise**2 * one)
        return f, h, q, self.config.measurement_noise**2 * one

    def _note(self, recorder: Recorder, noted: dict[str, list[Tensor]]) -> None:
        last = {"innovation": "coordinate"}
        for name in ("predicted", "innovation", "mean"):
            recorder.note_steps(f"belief.{name}", noted[name], ("batch", "t", last.get(name, "state")))
        recorder.note("belief.gain", torch.stack(noted["gain"]), ("t", "state", "coordinate"))
        for name in ("predicted_covariance", "covariance"):
            recorder.note(f"belief.{name}", torch.stack(noted[name]), ("t", "state", "state2"))

    def _finish(self, batch: Batch, recorder: Recorder, means: list[Tensor], covariances: list[Tensor]) -> Trace:
        size = self.interface.outputs.size
        mean = torch.stack(means, dim=1)[:, :, :size]  # (B, T, D): positions
        variance = torch.stack([p.diagonal()[:size] for p in covariances])  # (T, D)
        output = Output(Gaussian(mean, variance.sqrt().expand_as(mean)))
        losses = position_losses(output, batch)
        return Trace(recorder.arrays, recorder.sites, output, losses, {"state": Ruler(self.state_labels(), "state")})

    def state_labels(self) -> tuple[str, ...]:
        """What the rows of a belief are: `position x`, `position y`, `velocity x` ..."""
        size = self.interface.outputs.size
        letters = "xyz" if size <= 3 else [str(number) for number in range(1, size + 1)]
        return tuple(f"{what} {letters[axis]}" for what in ("position", "velocity") for axis in range(size))
