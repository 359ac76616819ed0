"""Where a knob's value stands on its slider, and which round values a drag or an arrow key lands on. Pure."""

from __future__ import annotations

import bisect
import math
from functools import lru_cache

from seqviz.core.knobs import KnobDescription
from seqviz.gui.number_text import short, thousands

Number = int | float


def bounds(knob: KnobDescription) -> tuple[float, float]:
    """The slider's ends: the declared range, or one around the default where a side is open."""
    default = float(knob.default) if isinstance(knob.default, int | float) else 1.0
    if knob.log:
        low = knob.low if knob.low and knob.low > 0 else max(abs(default), 1e-6) / 1000
        high = knob.high if knob.high is not None else max(abs(default), low) * 1000
    else:
        low = knob.low if knob.low is not None else min(0.0, 2 * default)
        high = knob.high if knob.high is not None else max(1.0, 4 * abs(default))
    return float(low), max(float(high), float(low) + 1e-12)


def place_of(knob: KnobDescription, value: Number) -> float:
    """Fraction of the slider, 0 .. 1."""
    low, high = bounds(knob)
    inside = min(max(float(value), low), high)
    if knob.log:
        return math.log(inside / low) / math.log(high / low)
    return (inside - low) / (high - low)


def value_at(knob: KnobDescription, place: float) -> Number:
    """The round value nearest to a fraction of the slider."""
    low, high = bounds(knob)
    place = min(max(place, 0.0), 1.0)
    if place in (0.0, 1.0):
        return _typed(knob, (low, high)[int(place)])
    raw = low * (high / low) ** place if knob.log else low + place * (high - low)
    stops = _stops(knob.kind == "int", knob.log, low, high)
    after = bisect.bisect_left(stops, raw)
    near = stops[max(after - 1, 0) : after + 1]
    return _typed(knob, min(near, key=lambda s: abs(place_of(knob, s) - place)))


def stepped(knob: KnobDescription, value: Number, steps: int) -> Number:
    """`value` moved by `steps` round values (an arrow key), kept inside the range."""
    low, high = bounds(knob)
    stops = _stops(knob.kind == "int", knob.log, low, high)
    if steps > 0:
        at = bisect.bisect_right(stops, value * (1 + 1e-9) if value > 0 else value + 1e-12) + steps - 1
    else:
        at = bisect.bisect_left(stops, value * (1 - 1e-9) if value > 0 else value - 1e-12) + steps
    return _typed(knob, stops[min(max(at, 0), len(stops) - 1)])


@lru_cache(maxsize=128)
def _stops(whole: bool, log: bool, low: float, high: float) -> list[float]:
    """Round values from `low` to `high`, both ends included."""
    if log:
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        found = {float(f"{m}e{p}") for p in powers for m in (1, 1.5, 2, 3, 5, 7)}
        if whole:
            twos = range(max(0, math.floor(math.log2(low))), math.ceil(math.log2(high)) + 1)
            found = {float(round(s)) for s in found if s >= 1} | {float(2**k) for k in twos}
            found |= {float(n) for n in range(1, 13)} | {1.5 * 2**k for k in twos if k >= 3}
    elif whole:
        gap = max(1, round((high - low) / 1000))
        found = {float(n) for n in range(math.ceil(low), math.floor(high) + 1, gap)}
    else:
        fine = 10.0 ** math.floor(math.log10((high - low) / 50))
        first, last = math.ceil(low / fine), math.floor(high / fine)
        found = {round(n * fine, 12) for n in range(first, last + 1)}
    return sorted({s for s in found if low <= s <= high} | {low, high})


def _typed(knob: KnobDescription, value: float) -> Number:
    return round(value) if knob.kind == "int" else float(value)


def value_text(knob: KnobDescription, value: object) -> str:
    """How the value is written at the right of its row: `128`, `1e-3`, `+1.0`, `0.1`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if knob.kind == "int":
        return thousands(value)
    text = short(value) if abs(value) < 0.0095 or abs(value) >= 1000 else f"{value:.4g}".replace("-", "−")
    if "e" not in text and "." not in text and abs(value) < 1000:
        text += ".0" if value else ""
    signed = bounds(knob)[0] < 0 < value
    return f"+{text}" if signed else text


def parsed(knob: KnobDescription, text: str) -> object:
    """What a person typed, as the knob's type; ValueError with a sentence when it is no number."""
    plain = text.strip().replace("\u2009", "").replace(" ", "").replace("_", "").replace("−", "-")
    try:
        number = float(plain)
    except ValueError:
        raise ValueError(f"{knob.label}: {text.strip()[:40]!r} is not a number") from None
    if knob.kind == "int" and math.isfinite(number) and number == int(number):
        return int(number)
    return number
