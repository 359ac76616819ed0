"""`seqviz train` of a preset with racers: the whole race without a window."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

from seqviz.cli.interrupt import stopping_softly
from seqviz.cli.notices import say
from seqviz.core.config import RunConfig
from seqviz.core.events import Event, Notice, RunDiverged, RunFailed
from seqviz.core.paths import runs_root
from seqviz.core.race_events import Raced


def race_headless(config: RunConfig, out: Path | None) -> dict[str, Any]:
    """Race to the end; each racer keeps a run folder of its own (below `out` where it is given).

    Returns
    -------
    dict
        status: "finished", "failed" where a racer came to no end, or "stopped" (Ctrl+C); racers: by racer its label
        and what `train --json` would say of it alone.
    """
    from seqviz.runs.folders import RunFolders
    from seqviz.training.race import Race

    race = Race.prepared(config, RunFolders(out or runs_root(), _hear), _hear)
    stopped = False
    try:
        race.begin()
        planned = config.training.steps or None
        with tqdm(total=planned, unit="round", file=sys.stderr, disable=not sys.stderr.isatty()) as bar, \
                stopping_softly() as pressed:  # fmt: skip
            for _ in race.turns():
                bar.update(race.rounds - bar.n)
                if pressed():
                    stopped = True
                    break
    finally:
        race.close()
    racers = [
        {"label": lane.label, "status": lane.trainer.status, **(lane.summary or lane.trainer.summary({}))}
        for lane in race.lanes
    ]
    whole = all(lane.summary for lane in race.lanes)
    return {"status": "stopped" if stopped else "finished" if whole else "failed", "racers": racers}


def tell_race(summary: dict[str, Any]) -> None:
    """One line a racer, the best first."""
    unit = next((str(racer["unit"]) for racer in summary["racers"]), "")
    print(f"{'racer':<16} {unit:>12} {'parameters':>12} {'tokens/s':>10} {'seconds':>9}  status")
    for racer in sorted(summary["racers"], key=_rank):
        figures = (racer["valid_in_unit"], racer["parameters"], racer["tokens_per_second"], racer["seconds"])
        shown = [f"{figure:.4g}" if isinstance(figure, float) else str(figure) for figure in figures]
        print(f"{racer['label']:<16} {shown[0]:>12} {shown[1]:>12} {shown[2]:>10} {shown[3]:>9}  {racer['status']}")


def _rank(racer: dict[str, Any]) -> float:
    value = racer["valid_in_unit"]
    return float("inf") if value is None else float(value)


def _hear(event: Event) -> None:
    match event:
        case Raced(event=Notice(text=text)) | Notice(text=text):
            say(text)
        case Raced(racer=number, event=RunDiverged(text=text) | RunFailed(text=text)):
            say(f"racer {number + 1}: {text}")
        case _:
            pass
