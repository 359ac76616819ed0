"""What training needs from outside and does not import: a place to keep runs. `runs` has it, `cli` hands it in."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from seqviz.core.config import RunConfig
from seqviz.core.events import Event


@dataclass(frozen=True)
class StoredRun:
    """A run folder read back."""

    folder: Path
    config: RunConfig
    about: Mapping[str, Any]  # corpus hash, versions, threads, device
    step: int
    arrays: Mapping[str, Any]  # weights or counts as numpy arrays
    files: Mapping[str, str]  # e.g. "tokenizer.json"
    events: tuple[Event, ...]  # metrics, evaluations, samples, knob changes, in order
    watched: bool = False  # recorded by seqviz.watch: no weights, but RunStarted and all that was seen in `events`


class RunStore(Protocol):
    """One run being written. No method may raise for a full or vanished disk: it reports once and goes on."""

    @property
    def run_id(self) -> str: ...

    @property
    def folder(self) -> str: ...

    def record(self, event: Event) -> None:
        """Keep one event; cheap, flushed every second or so."""

    def save_weights(self, step: int, arrays: Mapping[str, Any]) -> None:
        """Replace the last weights atomically; `arrays` are torch tensors by name."""

    def close(self) -> None: ...


class RunStores(Protocol):
    """The place where runs are kept."""

    def create(self, config: RunConfig, about: Mapping[str, Any], files: Mapping[str, str]) -> RunStore:
        """A new run folder; nothing is written before the first event."""
        ...

    def open(self, folder: Path) -> StoredRun:
        """Read a folder.

        Raises
        ------
        ValueError
            one line that names what is wrong with it.
        """
        ...


class NoStore:
    """Keeps nothing: for tests, benches and pictures. Each has an id of its own, so that frames are not mixed up."""

    _count = itertools.count(1)

    def __init__(self) -> None:
        self.run_id = f"unsaved {next(self._count)}"
        self.folder = ""

    def record(self, event: Event) -> None:
        return None

    def save_weights(self, step: int, arrays: Mapping[str, Any]) -> None:
        return None

    def close(self) -> None:
        return None


class NoStores:
    """Makes stores that keep nothing."""

    def create(self, config: RunConfig, about: Mapping[str, Any], files: Mapping[str, str]) -> RunStore:
        return NoStore()

    def open(self, folder: Path) -> StoredRun:
        raise ValueError(f"{folder}: runs are not kept here")
