"""Which panels stand where, remembered per family of architectures. A file that makes no sense is ignored."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from seqviz.core.events import RunStarted
from seqviz.core.paths import layouts_root
from seqviz.gui.panels.base import Panel

log = logging.getLogger("seqviz")
LAYOUT_VERSION = 1
SHEET_ROWS, COLUMN_ROWS = 3, 3  # default number of panels with a height to share
MAP_WEIGHT = 40  # panels as heavy as this are maps; a second one would leave neither enough room
_TALLEST = 10_000


@dataclass(frozen=True)
class Layout:
    """Names of panels from top to bottom, floating ones beside them; `weights` where the user pulled edges."""

    sheet: tuple[str, ...] = ()
    column: tuple[str, ...] = ()
    floating: tuple[str, ...] = ()
    weights: dict[str, int] = field(default_factory=dict)

    def places(self) -> tuple[str, ...]:
        return (*self.sheet, *self.column, *self.floating)


def default_layout(run: RunStarted, known: Sequence[tuple[str, type[Panel]]]) -> Layout:
    """What this run can show best: the panels it serves, in their order, six that share the height."""
    served = sorted(
        (kind for _, kind in known if kind.shown_at_first(run) and kind.reason_unserved(run) is None),
        key=lambda kind: (kind.order, kind.name),
    )
    sheet = _first_with_height([kind for kind in served if kind.place == "sheet"], SHEET_ROWS)
    column = _first_with_height([kind for kind in served if kind.place != "sheet"], COLUMN_ROWS)
    return Layout(tuple(kind.name for kind in flat_after_first(sheet)), tuple(kind.name for kind in column))


def room_layout(room: str, run: RunStarted, known: Sequence[tuple[str, type[Panel]]]) -> Layout:
    """What a room of the laboratory shows of this run at first: every panel that stands in it and is served.

    Where nothing on the sheet is served, the panel that leads the room stands there and says why.
    """
    served = [kind for kind in in_room(room, known) if kind.reason_unserved(run) is None]
    sheet = flat_after_first([kind for kind in served if kind.place == "sheet"])
    sheet = sheet or [kind for kind in in_room(room, known) if kind.place == "sheet"][:1]
    return Layout(tuple(kind.name for kind in sheet), tuple(kind.name for kind in served if kind.place != "sheet"))


def in_room(room: str, known: Sequence[tuple[str, type[Panel]]]) -> list[type[Panel]]:
    """The panels that stand in a room, from the top."""
    standing = (kind for _, kind in known if room in kind.rooms)
    return sorted(standing, key=lambda kind: (kind.rooms[room], kind.name))


def missing_in_room(room: str, run: RunStarted, known: Sequence[tuple[str, type[Panel]]]) -> str:
    """Why the panel that leads the room is not there, where others are; "" where it is."""
    sheet = [(kind, kind.reason_unserved(run)) for kind in in_room(room, known) if kind.place == "sheet"]
    if not sheet or all(reason is not None for _, reason in sheet):
        return ""
    leading = sheet[0][0].rooms[room]
    reasons = [reason for kind, reason in sheet if kind.rooms[room] == leading]
    return next((reason for reason in reasons if reason is not None), "") if None not in reasons else ""


def flat_after_first(kinds: list[type[Panel]]) -> list[type[Panel]]:
    """Flat panels (the bars of surprisal) belong right under the strip, which stands under the first tall one."""
    tall, flat = ([kind for kind in kinds if bool(kind.fixed_height) is is_flat] for is_flat in (False, True))
    return [*tall[:1], *flat, *tall[1:]]


def _first_with_height(kinds: list[type[Panel]], count: int) -> list[type[Panel]]:
    """The first `count` panels that share the height, one map among them at most, and every flat one."""
    chosen: list[type[Panel]] = []
    for kind in kinds:
        full = sum(not k.fixed_height for k in chosen) >= count
        second_map = kind.weight >= MAP_WEIGHT and any(k.weight >= MAP_WEIGHT for k in chosen)
        if kind.fixed_height or not (full or second_map):
            chosen.append(kind)
    return chosen


class LayoutStore:
    """One JSON file per family below `root`. A folder that cannot be written costs a log line, nothing else."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or layouts_root()

    def load(self, family: str, known: Sequence[str]) -> Layout | None:
        """The layout of a family, without panels that no longer exist; None where there is none."""
        tree = self._read(self._path(family))
        if tree is None or tree.get("version") != LAYOUT_VERSION:
            return None
        sheet, column, floating = (self._names(tree.get(key), known) for key in ("sheet", "column", "floating"))
        weights = tree.get("weights")
        kept = {
            name: weight
            for name, weight in (weights.items() if isinstance(weights, dict) else ())
            if name in known and type(weight) is int and 0 < weight < _TALLEST
        }
        layout = Layout(sheet, column, floating, kept)
        return layout if layout.places() else None

    def save(self, family: str, layout: Layout) -> None:
        self._write(self._path(family), {"version": LAYOUT_VERSION, **asdict(layout)})

    def load_window(self) -> dict[str, Any]:
        """What the window remembers besides panels: geometry, theme, folded parts."""
        return self._read(self.root / "window.json") or {}

    def save_window(self, tree: dict[str, Any]) -> None:
        self._write(self.root / "window.json", tree)

    def _path(self, family: str) -> Path:
        return self.root / f"{re.sub(r'[^a-z0-9_-]', '_', family.lower()) or 'any'}.json"

    @staticmethod
    def _names(given: object, known: Sequence[str]) -> tuple[str, ...]:
        names = given if isinstance(given, list) else []
        return tuple(dict.fromkeys(name for name in names if isinstance(name, str) and name in known))

    @staticmethod
    def _read(path: Path) -> dict[str, Any] | None:
        try:
            if path.stat().st_size > 64 * 1024:
                return None
            tree = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        return tree if isinstance(tree, dict) else None

    def _write(self, path: Path, tree: dict[str, Any]) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(".new")
            fresh.write_text(json.dumps(tree, indent=1), encoding="utf-8")
            fresh.replace(path)
        except OSError as error:
            log.warning("the layout could not be kept: %s", error)
