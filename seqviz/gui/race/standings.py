"""Who stands where: the numbers of every racer as the table, the columns and the card show them. Pure."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

from seqviz.core.units import Unit, perplexity
from seqviz.gui.loss_units import ShownUnit, shown_units
from seqviz.gui.race.racer import Racer


@dataclass(frozen=True)
class Standing:
    """One row. `rank` 0: not measured yet, out of the race, or its scores are no distribution."""

    number: int
    rank: int
    label: str
    parameters: int
    nats: float | None
    value: float | None  # in the unit of the race
    perplexity: float | None  # per token
    tokens_per_second: float
    half_life: float
    horizon: float
    window: int  # the farthest distance that was measured
    receptive_field: str
    step: int
    seconds: float
    tokens: int
    state: str


def standings(racers: Sequence[Racer]) -> list[Standing]:
    """In the order of the lanes; ranks by the newest validation loss, the lowest first."""
    ranks = ranked(racers)
    rows = []
    for racer in racers:
        nats = racer.nats
        half_life, _, horizon = racer.tail()
        tokens = racer.history.series["tokens"].values
        rows.append(
            Standing(
                number=racer.number,
                rank=ranks.get(racer.number, 0),
                label=racer.label,
                parameters=racer.parameters,
                nats=nats,
                value=None if nats is None else racer.run.unit.convert(nats),
                perplexity=None if nats is None or not racer.run.unit.has_perplexity else _perplexity(nats),
                tokens_per_second=racer.tokens_per_second,
                half_life=half_life,
                horizon=horizon,
                window=_window(racer),
                receptive_field=racer.run.receptive_field,
                step=racer.step,
                seconds=racer.seconds,
                tokens=int(tokens[-1]) if len(tokens) else 0,
                state=racer.state,
            )
        )
    return rows


def _window(racer: Racer) -> int:
    decay = racer.decay()
    return 0 if decay is None else len(decay) - 1


def _perplexity(nats: float) -> float:
    return math.nan if math.isnan(nats) else perplexity(nats)


def ranked(racers: Sequence[Racer]) -> dict[int, int]:
    """Rank by lane of those that have a loss and are still in it; infinity is the last rank, nan is none."""
    known = [(r.nats, r.number) for r in racers if r.nats is not None and not math.isnan(r.nats) and not r.out]
    return {number: place for place, (_, number) in enumerate(sorted(known), start=1)}


def leader(racers: Sequence[Racer], learning: bool = False) -> Racer | None:
    """The first by rank (`learning`: among those that learn by gradient); None before anything was measured."""
    among = [racer for racer in racers if not (learning and racer.counts)]
    ranks = ranked(among)
    return min((r for r in among if r.number in ranks), key=lambda r: ranks[r.number], default=None)


def unit_of(unit: Unit) -> ShownUnit:
    """The unit that the race is shown in."""
    return shown_units(unit)[0]


def number_text(unit: ShownUnit, nats: float | None) -> str:
    """`1.72`, `∞`, `no bits` where the scores are no distribution, an en dash before the first."""
    if nats is None:
        return "–"
    return f"no {unit.short}" if math.isnan(nats) else unit.number(nats)


COLUMNS = (
    "rank", "racer", "parameters", "value", "perplexity", "tokens_per_second", "half_life", "horizon",
    "receptive_field", "steps", "seconds", "tokens", "state",
)  # fmt: skip


def csv_of(rows: Sequence[Standing], unit: ShownUnit) -> str:
    """The table as CSV, numbers in full; empty where there is none."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    heads = [unit.axis.replace(" ", "_") if name == "value" else name for name in COLUMNS]
    writer.writerow(heads)
    for row in rows:
        cells = (
            row.rank or "", row.label, row.parameters, row.value, row.perplexity, row.tokens_per_second or None,
            row.half_life, row.horizon, row.receptive_field, row.step, row.seconds, row.tokens, row.state,
        )  # fmt: skip
        writer.writerow([_cell(cell) for cell in cells])
    return out.getvalue()


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)
