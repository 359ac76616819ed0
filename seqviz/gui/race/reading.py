"""What the race says in words: who leads since when, who was ahead by another clock, which line still stands. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqviz.gui.race.clocks import CLOCKS, Clock, valid_curve
from seqviz.gui.race.racer import Racer
from seqviz.gui.race.standings import leader, number_text, unit_of
from seqviz.gui.reading import fitting


@dataclass(frozen=True)
class Lead:
    """From `x` on (of the clock) this lane was ahead."""

    x: float
    number: int


def leads(racers: Sequence[Racer], clock: Clock) -> list[Lead]:
    """Changes of the lead among those that learn, as far as all of them have come by this clock."""
    curves = [(r.number, *valid_curve(r, clock)) for r in racers if not r.counts and not r.out]
    curves = [curve for curve in curves if len(curve[1])]
    if len(curves) < 2:
        return []
    start, end = max(float(xs[0]) for _, xs, _ in curves), min(float(xs[-1]) for _, xs, _ in curves)
    moments = np.unique(np.concatenate([xs for _, xs, _ in curves]))
    moments = moments[(moments >= start) & (moments <= end)]
    found: list[Lead] = []
    for x in moments.tolist():
        known = [(float(ys[np.searchsorted(xs, x, side="right") - 1]), number) for number, xs, ys in curves]
        first = min(known)[1]
        if not found or found[-1].number != first:
            found.append(Lead(x, first))
    return found


def beaten_at(racer: Racer, line: float, clock: Clock) -> float | None:
    """When this racer's validation loss first came below a line."""
    xs, ys = valid_curve(racer, clock)
    below = np.flatnonzero(ys < line)
    return float(xs[below[0]]) if len(below) else None


def race_reading(racers: Sequence[Racer], clock: Clock, width: float) -> str:
    """One line for the head of the curves, as full as `width` px allow."""
    first = leader(racers, learning=True)
    if first is None:
        return _before(racers)
    changes = leads(racers, clock)
    names = {racer.number: racer.label for racer in racers}
    ahead = changes[-1].number if changes else first.number
    unit = unit_of(first.run.unit)
    lowest = f"**{first.label}** has {number_text(unit, first.nats)} {unit.short}"
    since = f"since {clock.at(changes[-1].x)}" if len(changes) > 1 else "from the start"
    start = f"**{names[ahead]} leads** {since}" if changes else lowest
    if ahead != first.number:  # slower ones had more of this clock
        return fitting(width, f"{start}, as far as all have come; {lowest}", f"{start}; {lowest}", start)
    line, other = _line(racers, first, clock), _other_clock(racers, ahead, clock)
    both = [words for words in (other, line) if words]
    return fitting(width, "; ".join([start, *both]), *(f"{start}; {words}" for words in both), start)


def _before(racers: Sequence[Racer]) -> str:
    counted = leader(racers)
    if counted is None:
        return ""
    return f"the line to beat: **{counted.label}, {number_text(unit_of(counted.run.unit), counted.nats)}**"


def _line(racers: Sequence[Racer], first: Racer, clock: Clock) -> str:
    """How the leader stands against the best that was counted."""
    counted = leader([racer for racer in racers if racer.counts])
    if counted is None or counted.nats is None or not math.isfinite(counted.nats) or first.nats is None:
        return ""
    line = f"the {counted.label} at {number_text(unit_of(counted.run.unit), counted.nats)}"
    if first.nats >= counted.nats:
        return f"nobody beats {line} yet"
    when = beaten_at(first, counted.nats, clock)
    return f"it beats {line}" + ("" if when is None else f" from {clock.at(when)} on")


def _other_clock(racers: Sequence[Racer], ahead: int, clock: Clock) -> str:
    """By seconds when steps are shown, and the other way round: who is or was ahead there."""
    other = CLOCKS[0] if clock.name == "seconds" else CLOCKS[1]
    changes = leads(racers, other)
    if not changes:
        return ""
    names = {racer.number: racer.label for racer in racers}
    per = "per step" if other.name == "steps" else "per second"
    last = changes[-1]
    if last.number != ahead:
        return f"{per} **{names[last.number]}** is ahead"
    if len(changes) > 1:
        return f"{per} {names[changes[-2].number]} was ahead until {other.at(last.x)}"
    return ""


def decay_reading(racers: Sequence[Racer], width: float) -> str:
    """The shortest and the longest tail among those that were measured."""
    tails = [(racer.tail()[0], racer) for racer in racers if not racer.out]
    known = [(half_life, racer.label) for half_life, racer in tails if not math.isnan(half_life)]
    if not known:
        return ""
    (low, short), (high, long) = min(known), max(known)
    token = racers[0].run.unit.token
    if high < 1:
        who = f" ({short})" if len(known) == 1 else " in all"
        words = f"it halves **within a {token}**{who}"
        return fitting(width, f"beyond the first two {token}s {words}", words)
    if len(known) == 1:
        return f"beyond two {token}s it halves every **{_tokens(low)} {token}s** ({short})"
    ends = f"**{_tokens(low)}** ({short}) to **{_tokens(high)} {token}s** ({long})"
    return fitting(width, f"beyond the first two {token}s it halves every {ends}", f"it halves every {ends}", ends)


def _tokens(value: float) -> str:
    return "∞" if math.isinf(value) else f"{value:.1f}" if value < 99.5 else f"{value:.0f}"
