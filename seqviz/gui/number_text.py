"""How numbers are written on screen."""

from __future__ import annotations

import math

THIN_SPACE = "\u2009"


def thousands(number: float) -> str:
    """Whole number with a thin space between thousands: `94 858`; an en dash for what is not finite."""
    if not math.isfinite(number):
        return "∞" if number == math.inf else "–"
    return f"{round(number):,}".replace(",", THIN_SPACE).replace("-", "−")


def short(number: float) -> str:
    """Three figures at most: `1e-3`, `0.03`, `2.27`, `20.3`, `128`, `94 858`, `2.1 M`."""
    if not math.isfinite(number):
        return {math.inf: "∞", -math.inf: "−∞"}.get(number, "–")
    size = abs(number)
    if size == 0:
        return "0"
    if size < 0.0095:
        mantissa, exponent = f"{size:.1e}".split("e")
        text = f"{mantissa.removesuffix('.0')}e{int(exponent)}"
    elif size < 999.5:
        digits = 2 if size < 9.995 else 1 if size < 99.95 else 0
        text = f"{size:.{digits}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    elif size < 999_500:
        text = thousands(size)
    else:
        power = min(3, int(math.log10(size * 1.0005)) // 3 - 1)
        text = f"{size / 1000 ** (power + 1):.3g} {'MGT'[power - 1]}" if size < 1e15 else f"{size:.1e}"
    return text if number > 0 else f"−{text}"


def loss_text(value: float) -> str:
    """A loss, everywhere the same: `1.58`, `74.2`, `0.0312`, `0.00123`, `6.5e-4`; an en dash for what is no number."""
    if not math.isfinite(value):
        return "∞" if value == math.inf else "–"
    size = abs(value)
    if size >= 999.5:
        return f"{value:,.0f}".replace(",", THIN_SPACE).replace("-", "−")
    if 0 < size < 0.000995:
        return short(value)
    text = f"{value:.2f}" if size == 0 or 0.0995 <= size < 9.995 else f"{value:#.3g}".rstrip(".")
    return text.replace("-", "−")


def step_label(step: float) -> str:
    """Tick of a step axis: `1`, `10`, `100`, `1k`, `5k`, `2M`."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(step) >= size:
            return f"{step / size:g}{letter}"
    return f"{step:g}"


def power_label(value: float) -> str:
    """Tick of a logarithmic axis: `1`, `0.1`, `10⁻²`, `10⁻³`."""
    if value <= 0 or not math.isfinite(value):
        return "0" if value == 0 else "–"
    exponent = round(math.log10(value))
    exact = math.isclose(value, 10.0**exponent, rel_tol=1e-9)
    if not exact or -2 < exponent < 3:
        return short(value)
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
