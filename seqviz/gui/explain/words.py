"""What is said of an explanation: the heading, how far a witness agrees with the truth, who agrees best. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqviz.core.events import Evidence
from seqviz.gui import theme
from seqviz.gui.explain.asking import Lane
from seqviz.gui.panels.next_token import context_of
from seqviz.gui.widgets.strip_painting import is_characters, shown_token
from seqviz.gui.widgets.token_names import LONGEST_WORD, token_name, word_at

# rank correlation from which on, and how it is said
GRADES = ((0.8, "agrees"), (0.5, "agrees in part"), (0.2, "hardly agrees"), (-0.2, "does not agree"))
AGAINST = "contradicts"
RANKS = (
    "Rank correlation with the truth, over the places before: 1, both put them in the same order; 0, the one says "
    "nothing of the other; below 0, the reverse."
)
NOT_COMPARED = "Not compared: it weighs all places alike, or gives no weights."


def in_context(tokens: Sequence[str], position: int) -> str:
    """A token among its neighbours: `F in “fluent French”`."""
    name = token_name(tokens[position])
    if not is_characters(tokens):
        near = [shown_token(token.strip() or token) for token in tokens[max(position - 2, 0) : position + 1]]
        return f"{near[-1]} in “{' '.join(near)}”" if len(near) > 1 else name
    here = word_at(tokens, position) or word_at(tokens, position - 1)
    if here is None or here.end - here.start > LONGEST_WORD:
        return f"{name} after “{context_of(tokens, position - 1)}”" if position else name
    before = word_at(tokens, here.start - 2)
    start = before.start if before is not None and before.end - before.start <= LONGEST_WORD else here.start
    end = max(here.end, position + 1)
    return f"{name} in “{''.join(tokens[start:end]).strip()}”"


def grade(agreement: float) -> str:
    """How far a witness agrees, in words; "" where it cannot be said."""
    if math.isnan(agreement):
        return ""
    return next((words for least, words in GRADES if agreement >= least), AGAINST)


def agreement_words(agreement: float) -> str:
    """`agrees **0.95**`, `hardly agrees **0.26**`."""
    return f"{grade(agreement)} **{number(agreement)}**" if not math.isnan(agreement) else "not compared"


def number(agreement: float) -> str:
    return f"{agreement:.2f}".replace("-", "−")


def value_text(value: float, unit: str) -> str:
    """One weight with its unit: `0.83 bits`, `12 %`, `∞ bits`; "" for nan."""
    if math.isnan(value):
        return ""
    if unit == "bits" and 0 < value < 0.01:
        return "< 0.01 bits"
    if unit != "share":
        return f"{theme.short(value)} {unit}".strip()
    if value <= 0:
        return "0 %"
    percent = 100 * value
    return f"{percent:.0f} %" if percent >= 9.95 else f"{percent:.1f} %" if percent >= 0.095 else "< 0.1 %"


def bits_words(bits: float) -> str:
    """A model's surprisal: `4.38 bits, a chance of 4.8 %`."""
    if math.isnan(bits):
        return "no bits: its scores are no probabilities"
    if math.isinf(bits):
        return "∞ bits: it gave this one no chance at all"
    return f"{theme.short(bits)} bits, a chance of {value_text(2.0**-bits, 'share')}"


@dataclass(frozen=True)
class Judged:
    """A witness of one model that weighs the places and can be compared."""

    who: str
    title: str
    agreement: float


def judged(lanes: Sequence[Lane]) -> list[Judged]:
    """Those that rank the places: who only says what can be seen at all (all or nothing) explains nothing."""
    return [
        Judged(lane.who.label, item.title, item.agreement)
        for lane in lanes
        if lane.explained is not None
        for item in lane.explained.evidence
        if not math.isnan(item.agreement) and ranks(item)
    ]


def ranks(item: Evidence) -> bool:
    """Whether its weights are more than yes or no."""
    known = item.weights[np.isfinite(item.weights)]
    return len(np.unique(np.round(known, 9))) > 2


def live_reading(lanes: Sequence[Lane]) -> tuple[str, ...]:
    """Who agrees best with the truth and who least, the fullest words first."""
    found = sorted(judged(lanes), key=lambda one: -one.agreement)
    if not found:
        return (_truth_alone(lanes),)
    best, worst = found[0], found[-1]
    several = len(lanes) > 1
    top, bottom = _name(best, several), _name(worst, several)
    if len(found) == 1:
        return (f"**{_capital(top)}** {grade(best.agreement)} with the truth (**{number(best.agreement)}**)",)
    said = f"Nearest to the truth: **{top}** (agreement **{number(best.agreement)}**)"
    last = f"farthest: **{bottom}** (**{number(worst.agreement)}**"
    brief = f"nearest the truth: **{top}** (**{number(best.agreement)}**), {last})"
    return (f"{said}; {last}: {grade(worst.agreement)})", f"{said}; {last})", brief, said)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _name(one: Judged, several: bool) -> str:
    title = one.title[:1].lower() + one.title[1:]
    return f"{title} of the {one.who}" if several else title


def _truth_alone(lanes: Sequence[Lane]) -> str:
    """What replacing says, where nothing else ranks the places."""
    first = next((lane.truth for lane in lanes if lane.truth is not None), None)
    return "" if first is None else "only replacing tells: nothing else here ranks the places before"
