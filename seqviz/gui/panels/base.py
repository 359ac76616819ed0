"""The contract of every panel. Panels read snapshots of numpy arrays; they never compute with torch.

Where a panel lives: a SheetPanel's x is the probe position on the column grid all rows share; a TimePanel's x is the
training step; a FreePanel is its own picture.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QKeyEvent

from seqviz.core.events import Frame, RunStarted
from seqviz.core.registry import Registry
from seqviz.gui.history import History
from seqviz.gui.widgets.column_grid import ColumnGrid
from seqviz.gui.widgets.painted import PaintedWidget

if TYPE_CHECKING:
    from seqviz.gui.session import RunSession

panels: Registry[type[Panel]] = Registry("panel", "seqviz.gui.panels")


@dataclass(frozen=True)
class Cursor:
    """`column`: probe position of the token cursor; `row`: row of a map under the mouse (None: the cursor's own
    row); `key`: the other position pointed at on a map, or the pinned one.
    """

    column: int = 0
    row: int | None = None
    key: int | None = None


@dataclass(frozen=True)
class Snapshot:
    """Everything a panel may look at. `frame` holds the newest array of each name that is watched."""

    run: RunStarted | None = None
    frame: Frame | None = None
    history: History = field(default_factory=History)
    cursor: Cursor = Cursor()

    def array(self, name: str) -> np.ndarray | None:
        return None if self.frame is None else self.frame.arrays.get(name)

    def matching(self, pattern: str) -> dict[str, np.ndarray]:
        """Arrays whose name matches a wildcard, in name order."""
        if self.frame is None:
            return {}
        return {n: self.frame.arrays[n] for n in sorted(self.frame.arrays) if fnmatch.fnmatchcase(n, pattern)}

    def labels(self, axis: str = "t") -> tuple[str, ...]:
        """The characters (or words, nodes) along a position axis of the probe."""
        ruler = None if self.frame is None else self.frame.rulers.get(axis)
        return () if ruler is None else ruler.labels


@dataclass(frozen=True)
class Quantity:
    """One line of numbers in the card: `swatch` a theme meaning ("forget_gate") or ""."""

    name: str
    value: str
    swatch: str = ""


@dataclass(frozen=True)
class Explanation:
    """What the right card says: heading, formula (LaTeX), one plain sentence, numbers under the cursor."""

    title: str
    formula: str = ""
    sentence: str = ""
    quantities: tuple[Quantity, ...] = ()
    key_number: str = ""
    key_meaning: str = ""


@dataclass(frozen=True)
class ColourBar:
    """The bar in the header: quantity, low, colour map name, high."""

    quantity: str
    low: str
    colours: str
    high: str


class Panel(PaintedWidget):
    """Base of all panels. Class docstring's first line = tooltip.

    Class attributes: `name` (registry key), `title`, `wants` (wildcards of trace names, all optional when
    `needs` is met), `needs` (wildcards of which at least one must be provided by the run), `place`, `weight`
    (share of free height among its neighbours), `order` (default position, small is high), `shown_by_default`
    (False: only in the list of panels until asked for), `rooms` (rooms of the laboratory where it stands at first, each
    with its place from the top), `question` (title in presentation mode), `has_header` (False:
    it says its title in its own gutter), `lacking` (what it says after the name of a run that cannot serve it: "has no
    recurrent matrix"; empty: has no and the title), `without_gradients` (of panels about gradients: what follows
    "... learns without gradients" where a run does; None: any run can be asked),
    `fixed_height` (px at scale 1 without the header; 0: a share of the free height).
    """

    name: ClassVar[str]
    title: ClassVar[str]
    question: ClassVar[str] = ""
    wants: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    place: ClassVar[Literal["sheet", "time", "free"]]
    weight: ClassVar[int] = 1
    order: ClassVar[int] = 100
    minimum_height: ClassVar[int] = 80
    fixed_height: ClassVar[int] = 0
    shown_by_default: ClassVar[bool] = True
    rooms: ClassVar[Mapping[str, int]] = MappingProxyType({})
    has_header: ClassVar[bool] = True
    lacking: ClassVar[str] = ""
    without_gradients: ClassVar[str | None] = None

    cursor_moved = Signal(object)  # Cursor: the user pointed at a position
    header_changed = Signal()  # subtitle, colour bar or reading changed: the frame repaints its header
    knob_edited = Signal(str, object)  # a live setting changed inside the panel: dotted key, value
    wants_changed = Signal()  # `current_wants` changed: the window tells the trainer
    view_asked = Signal(str)  # another panel by name: the window brings it on screen

    def join(self, session: RunSession) -> None:
        """For panels that ask the trainer something themselves: called once, after they were made."""

    def measure(self) -> None:
        """Ask for what it shows, where that is too dear to be watched; what its own button does."""

    def take_key(self, event: QKeyEvent) -> bool:
        """A key that nobody else wanted while this stands on screen: whether it is one of its own, and done."""
        return False

    def present(self, snapshot: Snapshot) -> None:
        """Show this snapshot: keep it, prepare little, call `update()`. Called at most 30 times a second."""
        raise NotImplementedError

    def clear(self) -> None:
        """Back to the empty state (a ghost that says what will be shown)."""

    def subtitle(self) -> str:
        """One line of what it shows."""
        return ""

    def reading(self) -> str:
        """The live reading in words, from the panel's own arrays; **bold** marks the number that matters."""
        return ""

    def colour_bar(self) -> ColourBar | None:
        return None

    def explain(self, cursor: Cursor) -> Explanation:
        """Formula and numbers under the cursor for the right card."""
        return Explanation(self.title)

    def export(self) -> Mapping[str, np.ndarray]:
        """What is shown, as arrays for CSV and for copying."""
        return {}

    def current_wants(self) -> frozenset[str]:
        """What it needs traced right now (an expanded view may want more)."""
        return frozenset(self.wants)

    def current_source(self) -> str:
        """What its gradients should be of: "probe", "batch" or "windows" (`Watch.source`)."""
        return "probe"

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        """Choices its menu offers: (key, options, current). E.g. ("source", ("probe", "batch"), "probe")."""
        return ()

    def choose(self, key: str, option: str) -> None:
        """The user picked an option of `menu_choices`."""

    @classmethod
    def shown_at_first(cls, run: RunStarted) -> bool:
        """Whether it stands in the default layout of such a run, if that can serve it."""
        return cls.shown_by_default

    @classmethod
    def reason_unserved(cls, run: RunStarted) -> str | None:
        """Why this run cannot serve the panel, as a sentence; None where it can."""
        if cls.without_gradients is not None and run.learns_by != "gradient":
            return f"{run.title} learns without gradients{cls.without_gradients}"
        if not cls.needs:
            return None
        for need in cls.needs:
            for given in run.provides:
                if fnmatch.fnmatchcase(given, need) or fnmatch.fnmatchcase(need, given):
                    return None
        return f"{run.title} {cls.lacking or f'has no {cls.title.lower()}'}"


class SheetPanel(Panel):
    """x is the probe position. The window gives the shared grid; the panel never draws its own token axis."""

    place = "sheet"

    def __init__(self) -> None:
        super().__init__()
        self.grid = ColumnGrid(n=0, gutter=76, cell=0, first=0, visible=0)

    def set_grid(self, grid: ColumnGrid) -> None:
        if grid != self.grid:
            self.grid = grid
            self.update()

    def strip_row(self) -> tuple[np.ndarray, str] | None:
        """A map's row of the cursor for the 8 px above the probe strip: colour indices (n,) and the map's name."""
        return None


class TimePanel(Panel):
    """x is the training step."""

    place = "time"


class FreePanel(Panel):
    """Its own picture: trees, maps, trellis. It stands in the column; with `place` "sheet" among the rows there."""

    place: ClassVar[Literal["sheet", "time", "free"]] = "free"
