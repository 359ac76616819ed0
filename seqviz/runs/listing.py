"""Run folders at a glance: title, figure, when. Reads no weights and imports no torch, so the window may call it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from seqviz.core.presets import read_tree

RUN_FILE, METRICS_FILE = "run.toml", "metrics.db"


@dataclass(frozen=True)
class RunLine:
    """`value` in `unit`; None where nothing was validated."""

    folder: Path
    title: str
    family: str
    value: float | None
    unit: str


def recent_runs(root: Path, most: int = 12) -> list[Path]:
    """Run folders, newest first."""
    if not root.is_dir():
        return []
    found = [p for p in root.iterdir() if (p / RUN_FILE).is_file()]
    return sorted(found, key=lambda p: p.stat().st_mtime, reverse=True)[:most]


def run_line(folder: Path) -> RunLine | None:
    """One folder's line; None where it cannot be read."""
    try:
        tree = read_tree(folder / RUN_FILE)
        about = tree["about"]
        title = str(tree["config"].get("title") or about["title"])
        loss = _last_valid_loss(folder / METRICS_FILE)
        value = None if loss is None else loss * float(about["per_nat"])
        return RunLine(folder, title, str(about["family"]), value, str(about["unit"]))
    except (ValueError, KeyError, TypeError, AttributeError, sqlite3.Error):
        return None


def _last_valid_loss(path: Path) -> float | None:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        query = "select content from events where kind = 'Evaluated' order by id desc limit 1"
        row = connection.execute(query).fetchone()
    return None if row is None else float(json.loads(row[0])["loss"])
