"""A run of somebody's own script, as `seqviz.watch` recorded it: the numbers, and what was seen, without weights.

The folder has run.toml and metrics.db like any other; `seen/` has frames and measured parameters as core/wire.py
writes them, thinned so that a bounded number is spread over the whole run.
"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import tomli_w

from seqviz.core.config import parse_config
from seqviz.core.events import Event, Frame, Notice, RunFinished, RunStarted, StepMetrics
from seqviz.core.lab_events import ParametersMeasured, RunHalted
from seqviz.core.paths import runs_root
from seqviz.core.wire import decode, encode
from seqviz.runs.atomic import write_bytes
from seqviz.runs.listing import METRICS_FILE, RUN_FILE
from seqviz.runs.metrics import MetricsWriter, read_events

SEEN, STARTED = "seen", "started.wire"
MOST = 60  # files of one kind
LARGEST = 2**28  # bytes of one file
_KINDS: dict[str, type[Event]] = {"frame": Frame, "parameters": ParametersMeasured, "halt": RunHalted}
_FILE = re.compile(r"(frame|parameters|halt)-(\d{9})\.wire")


class WatchedRun:
    """One run being written, by one thread. Methods raise OSError and sqlite3.Error."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._metrics = MetricsWriter(folder / METRICS_FILE)
        self._steps: dict[str, list[int]] = {kind: [] for kind in _KINDS}

    @classmethod
    def create(cls, started: RunStarted) -> WatchedRun:
        """A new folder below the user's runs."""
        folder = _new_folder(started.title)
        (folder / SEEN).mkdir(mode=0o700)
        run = cls(folder)
        run.begin(started)
        return run

    def begin(self, started: RunStarted) -> None:
        """What the run is: known at once, and better after its first step."""
        config = parse_config(dict(started.config)).model_dump()
        about = {
            "watched": True, "title": started.title, "family": started.family,
            "unit": started.unit.name, "per_nat": started.unit.per_nat,
        }  # fmt: skip
        write_bytes(self.folder / RUN_FILE, tomli_w.dumps({"about": about, "config": config}).encode())
        write_bytes(self.folder / SEEN / STARTED, encode(started))

    def record(self, event: Event) -> None:
        for kind, of in _KINDS.items():
            if isinstance(event, of):
                self._keep(kind, event.step, event)  # type: ignore[attr-defined]  # all of them have a step
        if isinstance(event, (StepMetrics, RunFinished)):
            self._metrics.record(event)

    def close(self) -> None:
        self._metrics.close()

    def _keep(self, kind: str, step: int, event: Event) -> None:
        """Write it; every other one of the older ones goes when there are too many."""
        (self.folder / SEEN / f"{kind}-{step:09d}.wire").write_bytes(encode(event))
        steps = self._steps[kind]
        if step not in steps:
            steps.append(step)
        if len(steps) > MOST:
            gone = steps[1:-1:2]
            self._steps[kind] = [s for s in steps if s not in gone]
            for old in gone:
                (self.folder / SEEN / f"{kind}-{old:09d}.wire").unlink(missing_ok=True)


def is_watched(folder: Path) -> bool:
    """Whether this run folder was recorded from somebody's own script."""
    return (folder / SEEN / STARTED).is_file()


def read_watched(folder: Path) -> tuple[RunStarted, tuple[Event, ...]]:
    """What the run was, and what it told: all numbers, and the last frame; read-only.

    Raises
    ------
    ValueError
        one line: which file is missing or damaged.
    """
    started = _read(folder / SEEN / STARTED)
    if not isinstance(started, RunStarted):
        raise ValueError(f"{folder.name}: {STARTED} says nothing of a run")
    metrics = list(read_events(folder / METRICS_FILE))
    steps = [event for event in metrics if isinstance(event, StepMetrics)]
    last = max((event.step for event in steps), default=0)
    paths = [path for path in sorted((folder / SEEN).iterdir(), key=_order) if _FILE.fullmatch(path.name)]
    frames = [path for path in paths if path.name.startswith("frame-")]
    paths = [path for path in paths if path not in frames[:-1]]  # one frame stands in the window at a time
    finished = [event for event in metrics if isinstance(event, RunFinished)]
    config = parse_config(dict(started.config)).model_dump()
    ending = finished[-1] if finished else RunFinished(last, f"recorded up to step {last}", {})
    notice = Notice("info", "This run was recorded from a script of its own: it can be looked at, not trained on.")
    begun = replace(started, folder=str(folder), config=config, step=last)
    return begun, (begun, *steps, *(_read(path) for path in paths), ending, notice)


def _order(path: Path) -> tuple[int, str]:
    found = _FILE.fullmatch(path.name)
    return (int(found.group(2)), found.group(1)) if found else (-1, path.name)


def _read(path: Path) -> Event:
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError("it is too large")
        event = decode(path.read_bytes())
    except OSError as error:
        raise ValueError(f"{path.name}: it cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None
    if not isinstance(event, Event):
        raise ValueError(f"{path.name}: it holds nothing that was seen")
    return event


def _new_folder(title: str) -> Path:
    """A folder that is this run's alone."""
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "script"
    stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{words[:40]}"
    number = 1
    while True:
        folder = runs_root() / (stem if number == 1 else f"{stem}-{number}")
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            number += 1
        else:
            return folder
