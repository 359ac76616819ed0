"""How the learning rate moves with the step: pure functions of the config, but for the plateau, which remembers."""

from __future__ import annotations

import math

from seqviz.core.config import OptimizerConfig


def warmup_share(step: int, warmup_steps: int) -> float:
    """Linear from 1/warmup at step 0 up to 1."""
    return min(1.0, (step + 1) / warmup_steps) if warmup_steps else 1.0


def cosine_share(step: int, total: int, config: OptimizerConfig) -> float:
    """Warm-up, then half a cosine from 1 down to `final_share` at `total`, and flat after it."""
    if step < config.warmup_steps:
        return warmup_share(step, config.warmup_steps)
    span = max(total - config.warmup_steps, 1)
    along = min(1.0, (step - config.warmup_steps) / span)
    return config.final_share + (1 - config.final_share) * 0.5 * (1 + math.cos(math.pi * along))


class Schedule:
    """The share of the peak learning rate at each step."""

    def __init__(self, config: OptimizerConfig, total_steps: int) -> None:
        self.config = config
        self.total_steps = total_steps
        self._plateau_share = 1.0
        self._best = math.inf
        self._stalled = 0

    def share(self, step: int) -> float:
        """Share of the peak that the update after `step` finished updates takes."""
        if self.config.schedule == "cosine" and self.total_steps:  # a run without an end stays at its peak
            return cosine_share(step, self.total_steps, self.config)
        return warmup_share(step, self.config.warmup_steps) * self._plateau_share

    def go_on_from(self, other: Schedule) -> None:
        """Remember what another schedule remembers."""
        self._plateau_share, self._best, self._stalled = other._plateau_share, other._best, other._stalled

    def validated(self, loss: float) -> None:
        """Plateau: after `plateau_patience` validations without progress the rate falls."""
        if self.config.schedule != "plateau":
            return
        if loss < self._best:
            self._best, self._stalled = loss, 0
            return
        self._stalled += 1
        if self._stalled >= self.config.plateau_patience:
            self._plateau_share *= self.config.plateau_factor
            self._stalled = 0
