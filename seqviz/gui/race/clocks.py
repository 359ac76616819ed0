"""The four clocks of a race: what stands on the x axis, and how it is counted. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqviz.gui import theme
from seqviz.gui.history import History
from seqviz.gui.race.racer import Racer

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Clock:
    """`name` on the switch, `axis` under the plot, `counted`: how, in one sentence."""

    name: str
    axis: str
    counted: str

    def at(self, x: float) -> str:
        """A moment in words: `step 300`, `second 4.1`, `1.2 M tokens`, `3e9 FLOPs`."""
        if self.name == "steps":
            return f"step {theme.thousands(x)}"
        return f"{theme.short(x)} s" if self.name == "seconds" else f"{large(x)} {self.name}"


CLOCKS = (
    Clock("steps", "optimiser steps", "One optimiser step of every racer in each round."),
    Clock(
        "seconds",
        "seconds of computing",
        "Each racer's own seconds of computing: forward, backward and update, without looking, validation and samples.",
    ),
    Clock("tokens", "tokens read in training", "Tokens read in training, repetitions included."),
    Clock(
        "FLOPs",
        "floating-point operations",
        "Multiplications and additions of the matrix products and convolutions of the forward pass, times three: "
        "a backward pass costs about two forward passes. Gates, softmax and normalisation are left out; counting "
        "models have none.",
    ),
)


def clock_named(name: str) -> Clock:
    return next(clock for clock in CLOCKS if clock.name == name)


def times_of(racer: Racer, steps: Floats, clock: Clock) -> Floats:
    """What the clock showed of this racer at each of these steps (n,)."""
    if clock.name == "steps":
        return steps
    history = racer.history
    if clock.name == "seconds":
        return _at(history, "seconds", steps)
    tokens = _at(history, "tokens", steps)
    return tokens if clock.name == "tokens" else tokens * racer.flops_per_token


def _at(history: History, name: str, steps: Floats) -> Floats:
    values = history.series[name].values
    if not len(values):
        return np.zeros(len(steps))
    index = np.searchsorted(history.steps.values, steps, side="right") - 1
    return np.where(index >= 0, values[np.maximum(index, 0)], 0.0)


def large(number: float) -> str:
    """`420`, `94 858`, `1.2 M`, `3.4 × 10¹²`."""
    if abs(number) < 1e12:
        return theme.short(number)
    mantissa, exponent = f"{number:.1e}".split("e")
    digits = str(int(exponent)).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa.removesuffix('.0')} × 10{digits}"


def valid_curve(racer: Racer, clock: Clock) -> tuple[Floats, Floats]:
    """(x, nats) of the validation losses that are finite."""
    steps, losses = racer.history.valid_steps.values, racer.history.valid_losses.values
    known = np.isfinite(losses)
    return times_of(racer, steps[known], clock), losses[known]


def train_curve(racer: Racer, clock: Clock, points: int = 160, share: float = 0.05) -> tuple[Floats, Floats]:
    """(x, nats) of the smoothed training loss at about so many steps, closer together at the start."""
    steps = racer.history.steps.values
    if not len(steps):
        return np.empty(0), np.empty(0)
    even = np.linspace(0, len(steps) - 1, points // 2)
    early = np.geomspace(1, len(steps), points // 2) - 1
    chosen = steps[np.unique(np.concatenate([even, early]).astype(np.intp))]
    losses = racer.history.curve("loss").smoothed(chosen, share)
    known = np.isfinite(losses)
    return times_of(racer, chosen[known], clock), losses[known]
