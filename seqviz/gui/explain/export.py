"""All weights of a question as CSV: one line for each model, witness and place. Pure."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence

from seqviz.core.events import Evidence
from seqviz.gui.explain.asking import Asking, Lane

HEAD = (
    "model",
    "step",
    "position",
    "token",
    "bits",
    "witness",
    "agreement",
    "at",
    "at_token",
    "weight",
    "unit",
    "label",
)


def csv_of(asking: Asking, tokens: Sequence[str]) -> str:
    """The further lines of a witness (counts, chances) follow its weights: no place, what they are as the unit.

    Raises
    ------
    ValueError
        when nobody has answered yet.
    """
    answered = [lane for lane in asking.lanes if lane.explained is not None]
    if not answered:
        raise ValueError("nobody has answered yet: there are no numbers")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEAD)
    for lane in answered:
        writer.writerows(_lines(lane, tokens))
    return out.getvalue()


def _lines(lane: Lane, tokens: Sequence[str]) -> Iterator[tuple[object, ...]]:
    told = lane.explained
    assert told is not None
    for item in told.evidence:
        head = (lane.who.label, told.step, told.position, tokens[told.position], _cell(told.bits))
        yield from (head + line for line in _weights(item, tokens))


def _weights(item: Evidence, tokens: Sequence[str]) -> Iterator[tuple[object, ...]]:
    agreement = _cell(item.agreement)
    for at, weight in enumerate(item.weights):
        label = item.labels[at] if at < len(item.labels) else ""
        yield (item.witness, agreement, at, tokens[at], _cell(float(weight)), item.unit, label)
    for symbol, value, true in item.rows:
        yield (item.witness, agreement, "", symbol, _cell(value), item.rows_title, "true" if true else "")


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.9g}"
