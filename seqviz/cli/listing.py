"""`seqviz list`: what there is to choose from, with knobs, ranges and defaults."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from seqviz.core.config import RunConfig
from seqviz.core.events import PartDescription
from seqviz.core.paths import user_presets_root
from seqviz.core.presets import list_presets, read_preset

KINDS = {"architectures": "model", "corpora": "corpus", "tasks": "task"}


def show_list(what: str, as_json: bool) -> int:
    """Print one kind of thing."""
    rows = _presets() if what == "presets" else _panels() if what == "panels" else _parts(KINDS[what])
    if as_json:
        print(json.dumps({what: rows}))
        return 0
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        print(f"{row['name']:<{width}}  {row['title']}: {row['summary']}")
        for knob in row.get("knobs", ()):
            print(f"{'':<{width}}    {_knob_line(knob)}")
    return 0


def _parts(kind: str) -> list[dict[str, Any]]:
    from seqviz.training.builder import describe_everything

    return [_part(part) for part in describe_everything().parts if part.kind == kind]


def _part(part: PartDescription) -> dict[str, Any]:
    row = asdict(part)
    row.pop("document")
    return row


def _presets() -> list[dict[str, Any]]:
    """The program's presets and the user's own; one that cannot be read is told and left out."""
    found = []
    for preset in (*list_presets(), *list_presets(user_presets_root())):
        try:
            config = read_preset(preset.path)
        except ValueError as error:
            print(f"seqviz: {error}", file=sys.stderr)
            continue
        found.append(
            {"name": preset.name, "title": config.title, "summary": config.description, **_what_learns(config),
             "corpus": config.corpus.name, "task": config.task.name, "watch_for": config.watch_for}
        )  # fmt: skip
    return found


def _what_learns(config: RunConfig) -> dict[str, Any]:
    """The model, or the models of a race: a racer without a label is called after its architecture."""
    if not config.racers:
        return {"model": config.model.name}
    racers = [{"label": racer.label or racer.model.name, "model": racer.model.name} for racer in config.racers]
    return {"model": None, "racers": racers}


def _panels() -> list[dict[str, Any]]:
    from seqviz.gui.panels.base import panels

    return [
        {"name": name, "title": panel.title, "summary": (panel.__doc__ or "").strip().splitlines()[0],
         "place": panel.place, "needs": list(panel.needs)}
        for name, panel in panels.items()
    ]  # fmt: skip


def _knob_line(knob: dict[str, Any]) -> str:
    span = "|".join(knob["choices"]) or (f"{knob['low']:g} .. {knob['high']:g}" if knob["low"] is not None else "")
    live = " (live)" if knob["live"] else ""
    return f"{knob['key']} = {knob['default']!r}  {knob['kind']} {span}{live}  {knob['help']}"
