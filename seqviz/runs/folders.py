"""A run on disk: `run.toml` (config, corpus hash, versions, threads), `metrics.db`, `weights.safetensors`, `files/`.

Nothing is written before the first optimiser step, so that looking around leaves no folders behind.
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tomli_w
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from seqviz.core.config import RunConfig, parse_config
from seqviz.core.events import Event, Notice, StepMetrics
from seqviz.core.presets import read_tree
from seqviz.runs.atomic import write_bytes
from seqviz.runs.listing import METRICS_FILE, RUN_FILE
from seqviz.runs.metrics import MetricsWriter, read_events
from seqviz.runs.watched import is_watched, read_watched
from seqviz.training.ports import StoredRun

WEIGHTS_FILE = "weights.safetensors"
LARGEST_WEIGHTS = 4 * 2**30  # bytes
_STORED_FILE = re.compile(r"[a-z0-9_]+\.json")


class RunFolder:
    """Writes one run. Disk trouble is told once through `complain`; the run goes on in memory."""

    def __init__(
        self,
        folder: Path,
        config: RunConfig,
        about: Mapping[str, Any],
        files: Mapping[str, str],
        complain: Callable[[Event], None],
    ) -> None:
        self._folder, self._config, self._about, self._files = folder, config, dict(about), dict(files)
        self._run_id, self._ours = folder.name, False
        self._complain = complain
        self._complained = False
        self._metrics: MetricsWriter | None = None
        self._before: list[Event] = []  # events of step 0, kept until there is a folder

    @property
    def run_id(self) -> str:
        return self._run_id

    @property
    def folder(self) -> str:
        return str(self._folder)

    def record(self, event: Event) -> None:
        if self._metrics is None:
            self._before.append(event)
            if isinstance(event, StepMetrics):
                self._safely(self._create)
            return
        self._safely(lambda: self._metrics.record(event) if self._metrics else None)

    def save_weights(self, step: int, arrays: Mapping[str, Any]) -> None:
        if self._metrics is None:
            return
        tensors: dict[str, Tensor] = {n: a.detach().cpu().contiguous().clone() for n, a in arrays.items()}
        content = save(tensors, metadata={"step": str(step)})
        self._safely(lambda: write_bytes(self._folder / WEIGHTS_FILE, content))
        self._safely(self._metrics.flush)

    def close(self) -> None:
        if self._metrics is not None:
            self._safely(self._metrics.close)
            self._metrics = None
            self._before = []

    def _create(self) -> None:
        self._claim()
        content = {"about": self._about, "config": self._config.model_dump()}
        write_bytes(self._folder / RUN_FILE, tomli_w.dumps(content).encode())
        for name, text in self._files.items():
            write_bytes(self._folder / "files" / name, text.encode())
        self._metrics = MetricsWriter(self._folder / METRICS_FILE)
        waiting, self._before = self._before, []
        for event in waiting:
            self._metrics.record(event)

    def _claim(self) -> None:
        """Make a folder that is this run's alone: another process may have chosen the same name in the same second."""
        wanted, number = self._folder, 1
        while not self._ours:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                (self._folder / "files").mkdir(mode=0o700)
                self._ours = True
            except FileExistsError:
                number += 1
                self._folder = wanted.with_name(f"{wanted.name}-{number}")

    def _safely(self, write: Callable[[], None]) -> None:
        try:
            write()
        except (OSError, sqlite3.Error) as error:
            if not self._complained:
                self._complained = True
                self._complain(Notice("warning", f"the run cannot be stored ({error}); it goes on in memory"))


class RunFolders:
    """All runs below one folder."""

    def __init__(self, root: Path, complain: Callable[[Event], None] = lambda event: None) -> None:
        self.root, self.complain = root, complain
        self._given: set[Path] = set()  # names of runs that may not have written anything yet

    def create(self, config: RunConfig, about: Mapping[str, Any], files: Mapping[str, str]) -> RunFolder:
        return RunFolder(self._free_name(config), config, about, files, self.complain)

    def open(self, folder: Path) -> StoredRun:
        return open_run(folder)

    def _free_name(self, config: RunConfig) -> Path:
        words = re.sub(r"[^a-z0-9]+", "-", (config.title or config.model.name).lower()).strip("-") or "run"
        stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{words[:40]}"
        taken = 1
        path = self.root / stem
        while path.exists() or path in self._given:
            taken += 1
            path = self.root / f"{stem}-{taken}"
        self._given.add(path)
        return path


class OneFolder(RunFolders):
    """The next run goes exactly here (`train --out`)."""

    def _free_name(self, config: RunConfig) -> Path:
        if self.root.exists() and (not self.root.is_dir() or any(self.root.iterdir())):
            raise ValueError(f"--out: {self.root} exists and is not an empty folder")
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)  # better now than after hours of training
        except OSError as error:
            raise ValueError(f"--out: {self.root} cannot be made ({error.strerror})") from None
        return self.root


def open_run(folder: Path) -> StoredRun:
    """Read a run folder back.

    Raises
    ------
    ValueError
        one line: which file is missing or damaged.
    """
    if not (folder / RUN_FILE).is_file():
        raise ValueError(f"{folder}: is no run folder (it has no {RUN_FILE})")
    tree = read_tree(folder / RUN_FILE)
    if not isinstance(tree.get("config"), dict):
        raise ValueError(f"{folder.name}: {RUN_FILE} holds no config")
    try:
        config = parse_config(tree["config"])
    except ValueError as error:
        raise ValueError(f"{folder.name}: {RUN_FILE}: {error}") from None
    about = tree.get("about", {})
    if is_watched(folder):
        started, events = read_watched(folder)
        return StoredRun(folder, config, about, started.step, {}, {}, events, watched=True)
    step, arrays = _read_weights(folder / WEIGHTS_FILE)
    files = _read_files(folder)
    return StoredRun(folder, config, about, step, arrays, files, tuple(read_events(folder / METRICS_FILE)))


def _read_files(folder: Path) -> dict[str, str]:
    paths = [p for p in sorted((folder / "files").glob("*")) if _STORED_FILE.fullmatch(p.name)]
    try:
        return {path.name: path.read_text(encoding="utf-8") for path in paths}
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"{folder.name}: a file in its folder files cannot be read") from None


def _read_weights(path: Path) -> tuple[int, dict[str, Tensor]]:
    try:
        if path.stat().st_size > LARGEST_WEIGHTS:
            raise ValueError(f"{path.name}: larger than {LARGEST_WEIGHTS // 2**30} GiB")
        content = path.read_bytes()
        arrays = load(content)
    except OSError as error:
        raise ValueError(f"{path.parent.name}: {path.name} cannot be read ({error.strerror})") from None
    except SafetensorError as error:
        raise ValueError(f"{path.parent.name}: {path.name} is damaged ({error})") from None
    return _step_of(content), arrays


def _step_of(content: bytes) -> int:
    """The step in the header of a safetensors file, 0 where none is told."""
    size = int.from_bytes(content[:8], "little")
    step = json.loads(content[8 : 8 + size]).get("__metadata__", {}).get("step", "0")
    return int(step) if str(step).isdigit() else 0
