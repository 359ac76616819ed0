"""What counting panels say of each smoothing: its formula and one plain sentence. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from seqviz.core.events import RunStarted
from seqviz.gui.widgets.strip_painting import is_characters, shown_token

_WORDS = {
    "maximum_likelihood": (
        r"P(w \mid h) = \frac{c(hw)}{c(h)}",
        "The share itself, after the longest context that was ever seen. What never followed it is called impossible.",
    ),
    "add_delta": (
        r"P(w \mid h) = \frac{c(hw) + \delta}{c(h) + \delta V}",
        "Everything counts as seen delta times beforehand, so nothing is impossible and rare contexts say little.",
    ),
    "stupid_backoff": (
        r"S(w \mid h) = \frac{c(hw)}{c(h)} \;\mathrm{or}\; 0.4 \, S(w \mid h')",
        "The share where there is one, else 0.4 of the score after the shorter context. Scores do not add up to 1.",
    ),
    "katz": (
        r"P(w \mid h) = \frac{d \, c(hw)}{c(h)} \;\mathrm{or}\; \alpha(h) \, P(w \mid h')",
        "What was seen gives away a little of its share; alpha spreads it over the unseen, as a shorter context would.",
    ),
    "kneser_ney": (
        r"P(w \mid h) = \frac{a(hw) - D}{a(h)} + \gamma(h) \, P(w \mid h')",
        "Every order adds its discounted share; what the discounts take goes on to the shorter context.",
    ),
}


def smoothing_of(run: RunStarted | None) -> str:
    """Name of the run's smoothing, "" where it has none."""
    model = {} if run is None else run.config.get("model", {})
    return str(model.get("smoothing", ""))


def formula_of(run: RunStarted | None) -> tuple[str, str]:
    """Formula and sentence of the run's smoothing."""
    return _WORDS.get(smoothing_of(run), ("", ""))


def context_text(tokens: Sequence[str], position: int, length: int) -> str:
    """The `length` tokens up to a position, as they are written."""
    seen = tokens[max(position - length + 1, 0) : position + 1] if length else ()
    return ("" if is_characters(tokens) else " ").join(
        shown_token(token).strip() or shown_token(token) for token in seen
    )


def brief_count(count: int) -> str:
    """`66`, `4.5k`, `123k`, `1.2M`: counts in narrow cells."""
    for size, letter in ((10**6, "M"), (10**3, "k")):
        if count >= size:
            return f"{count / size:.0f}{letter}" if count >= 10 * size else f"{count / size:.1f}{letter}"
    return str(count)


def percent(share: float) -> str:
    """`0.4 %`, `3.2 %`, `17 %`."""
    per = 100 * share
    return f"{per:.0f} %" if per >= 9.95 or per == 0 else f"{per:.1f} %" if per >= 0.095 else "under 0.1 %"
