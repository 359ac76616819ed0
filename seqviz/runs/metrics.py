"""A run's numbers in SQLite: one row per optimiser step, and every other event as JSON. One writer."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from seqviz.core.events import (
    Baseline,
    BaselinesCounted,
    CountsGrown,
    Evaluated,
    Event,
    KnobChanged,
    RunDiverged,
    RunFinished,
    Sample,
    StepMetrics,
)

FLUSH_EVERY = 1.0  # seconds; what a crash can lose
SCHEMA = """
create table if not exists steps (step integer primary key, tokens integer, seconds real, loss real, grad_norm real,
    clip_scale real, learning_rate real, layer_norms blob);
create table if not exists events (id integer primary key, step integer, kind text, content text);
"""
STEP_COLUMNS = ("step", "tokens", "seconds", "loss", "grad_norm", "clip_scale", "learning_rate")
KEPT = {
    c.__name__: c for c in (BaselinesCounted, CountsGrown, Evaluated, KnobChanged, RunDiverged, RunFinished, Sample)
}


class MetricsWriter:
    """Buffers rows and commits them once a second. Methods raise sqlite3.Error; the caller decides what then."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("pragma journal_mode=wal")
        self._connection.execute("pragma synchronous=normal")
        self._connection.executescript(SCHEMA)
        self._steps: list[tuple[Any, ...]] = []
        self._events: list[tuple[Any, ...]] = []
        self._flushed_at = time.monotonic()

    def record(self, event: Event) -> None:
        if isinstance(event, StepMetrics):
            norms = None if event.layer_norms is None else event.layer_norms.astype("<f4").tobytes()
            self._steps.append((*(getattr(event, name) for name in STEP_COLUMNS), norms))
        elif type(event).__name__ in KEPT:
            self._events.append((getattr(event, "step", 0), type(event).__name__, json.dumps(_plain(event))))
        if time.monotonic() - self._flushed_at > FLUSH_EVERY:
            self.flush()

    def flush(self) -> None:
        """Commit everything buffered, in one transaction."""
        self._flushed_at = time.monotonic()
        if not (self._steps or self._events):
            return
        with self._connection:
            self._connection.execute("begin")
            self._connection.executemany("insert or replace into steps values (?,?,?,?,?,?,?,?)", self._steps)
            self._connection.executemany("insert into events (step, kind, content) values (?,?,?)", self._events)
            self._connection.execute("commit")
        self._steps, self._events = [], []

    def close(self) -> None:
        try:
            self.flush()
            with contextlib.suppress(sqlite3.Error):  # somebody is reading it just now
                self._connection.execute("pragma journal_mode=delete")  # one file, and reading it makes no others
        finally:
            self._connection.close()


def read_events(path: Path) -> Iterator[Event]:
    """Every event of a stored run: other events first come first, then steps; read-only.

    Raises
    ------
    ValueError
        when the file is no metrics database.
    """
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            rows = connection.execute("select kind, content from events order by id").fetchall()
            steps = connection.execute(
                f"select {','.join(STEP_COLUMNS)}, layer_norms from steps order by step"
            ).fetchall()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise ValueError(f"{path.name}: its metrics cannot be read ({error})") from None
    for kind, content in rows:
        try:
            yield _event(kind, json.loads(content))
        except (KeyError, TypeError, ValueError):
            raise ValueError(f"{path.name}: one of its events is damaged") from None
    for *numbers, norms in steps:
        values = [float("nan") if n is None else n for n in numbers]
        layer_norms = None if norms is None else np.frombuffer(norms, dtype="<f4")
        figures = dict(zip(STEP_COLUMNS[2:], values[2:], strict=True))
        yield StepMetrics(int(values[0]), int(values[1]), **figures, layer_norms=layer_norms)


def _plain(event: Event) -> dict[str, Any]:
    """An event as JSON-ready data; not-a-number becomes null by way of NaN's text."""
    content = asdict(event)
    if isinstance(event, Sample):
        content["surprisal"] = [round(float(bits), 4) for bits in event.surprisal]
    return content


def _event(kind: str, content: dict[str, Any]) -> Event:
    if kind == "BaselinesCounted":
        return BaselinesCounted(tuple(Baseline(**line) for line in content["baselines"]))
    if kind == "Sample":
        content["surprisal"] = np.array(content["surprisal"], dtype=np.float32)
        content["tokens"] = tuple(content["tokens"])
    return KEPT[kind](**content)
