"""Hidden state: what the units of a layer hold at every token, slow units on top."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from seqviz.gui import theme
from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, Quantity, Snapshot, panels
from seqviz.gui.panels.gate_statistics import persistence
from seqviz.gui.panels.painted_sheet import PaintedSheetPanel
from seqviz.gui.panels.state_names import symbol, titles_of
from seqviz.gui.widgets.matrix_view import index_image, matrix_image, paint_matrix

FEW = 32
RESORT_GROWTH = 1.5  # rows are put in order again when the step has grown by this factor


@panels.register("hidden_state")
class HiddenStatePanel(PaintedSheetPanel):
    """What each unit holds at each token: one row a unit, slow units on top, fast ones below."""

    name = "hidden_state"
    title = "Hidden state"
    question = "What does it remember?"
    needs = ("layers.*.hidden_state", "layers.*.cell_state", "belief.mean")
    wants = (*needs, "layers.*.normalised_cell", "layers.*.depth.*.state", "layers.*.transition.*", "output.*")
    order = 40
    weight = 21
    minimum_height = 80
    ghost = "Hidden state: what each unit remembers at each token."

    def __init__(self) -> None:
        super().__init__()
        self._sites: dict[str, str] = {}
        self._site = ""
        self._all_units = False
        self._array: NDArray[np.floating] | None = None
        self._indices: NDArray[np.uint8] | None = None  # (row, t)
        self._rows: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        self._sorted_at = -1
        self._limits: dict[str, dict[str, float]] = {}  # site -> see `limits`, fixed at the first frame
        self._drawn: tuple[object, QImage] | None = None

    @property
    def site(self) -> str:
        known = list(self._sites.values())
        return self._site if self._site in known else (known[0] if known else "")

    @property
    def limit(self) -> float:
        """The range is -limit .. +limit; the widest one where named rows have ranges of their own."""
        return max(self.limits.values(), default=1.0)

    @property
    def limits(self) -> dict[str, float]:
        """End of the range by what is measured: "position" and "velocity" of a belief, "" where all rows share one."""
        return self._limits.get(self.site, {"": 1.0})

    @property
    def rows(self) -> NDArray[np.intp]:
        """Units from top to bottom."""
        return self._rows

    def prepare(self, old: Snapshot) -> None:
        if self.snapshot.run is not old.run:
            self._limits.clear()
            self._sorted_at = -1
        found = {n: a for want in self.wants for n, a in self.snapshot.matching(want).items()}
        self._sites = titles_of(found)
        self._array = found.get(self.site)
        if self._array is None:
            self._indices = None
            return
        if self.site not in self._limits:
            self._limits[self.site] = self._first_limits()
        self._sort()
        shares = self._array / self._limits_of_rows()  # (t, unit) of the row's own range
        self._indices = index_image(shares.T[self._rows], -1.0, 1.0)

    def _first_limits(self) -> dict[str, float]:
        """What is measured in different units (cells, cells a step) cannot share one range."""
        assert self._array is not None
        kinds = np.array([measured(name) for name in self.row_names])
        if not len(kinds):
            return {"": fixed_limit(self._array, self.site)}
        return {kind: fixed_limit(self._array[:, kinds == kind], self.site) for kind in dict.fromkeys(kinds.tolist())}

    def _limits_of_rows(self) -> NDArray[np.float64]:
        """(unit,) the end of the range of each row."""
        assert self._array is not None
        kinds = [measured(name) for name in self.row_names] or [""] * self._array.shape[1]
        return np.array([self.limits.get(kind, self.limit) for kind in kinds])

    def _sort(self) -> None:
        """Order the units by persistence; seldom, so that rows do not jump while the model learns."""
        assert self._array is not None
        assert self.snapshot.frame is not None
        units, step = self._array.shape[1], self.snapshot.frame.step
        shown = units if self._all_units else min(FEW, units)
        due = self._sorted_at < 0 or step < self._sorted_at or step > max(self._sorted_at * RESORT_GROWTH, 10)
        if not due and len(self._rows) == shown and self._rows.max(initial=0) < units:
            return
        order = np.argsort(-persistence(self._array), kind="stable")
        if self.row_names:
            order = np.arange(units)
        self._rows = order[np.linspace(0, units - 1, shown).round().astype(np.intp)]
        self._sorted_at = step

    def ready(self) -> bool:
        return self._array is not None and len(self._array) == self.grid.n

    @property
    def row_names(self) -> tuple[str, ...]:
        """What the model calls the rows of this state; () where they are units without names."""
        frame = self.snapshot.frame
        if frame is None or self._array is None or self.site not in frame.axes:
            return ()
        names = self.snapshot.labels(frame.axes[self.site][-1])
        return names if len(names) == self._array.shape[1] else ()

    # painting

    def area(self) -> QRectF:
        return QRectF(self.grid.left, 2, self.grid.width, max(self.height() - 8, 1))

    def paint(self, painter: QPainter) -> None:
        assert self._indices is not None
        key = (self.serial, self.grid, theme.version())
        if self._drawn is None or self._drawn[0] != key:
            seen = self._indices[:, self.grid.first : self.grid.first + self.grid.visible]
            self._drawn = (key, matrix_image(seen, theme.colour_table("diverging")))
        paint_matrix(painter, self.area(), self._drawn[1])
        labels = self.static_layer((self.grid, "labels"), self._paint_labels)
        painter.drawPixmap(0, 0, labels)

    def _paint_labels(self, painter: QPainter) -> None:
        area = self.area()
        if self.row_names:
            self._paint_names(painter, area)
            return
        self.paint_gutter(painter, "slow", area.top() + theme.px(6))
        self.paint_gutter(painter, "fast", area.bottom() - theme.px(6))
        if area.height() > theme.px(56):
            self.paint_gutter(painter, "units", area.center().y())

    def _paint_names(self, painter: QPainter, area: QRectF) -> None:
        high = area.height() / len(self._rows)
        every = max(1, round(theme.px(12) / high + 0.4))
        for place, unit in enumerate(self._rows.tolist()):
            if place % every == 0:
                self.paint_gutter(painter, self.row_names[unit], area.top() + (place + 0.5) * high)

    # words

    def subtitle(self) -> str:
        if self._array is None:
            return "units of the layer, slow to fast"
        title = next((t for t, s in self._sites.items() if s == self.site), "")
        if self.row_names:
            ranges = ", ".join(f"{kind} ±{theme.short(end)}" for kind, end in self.limits.items())
            return f"{title} of the belief: {ranges}"
        return f"{title}: {len(self._rows)} of {self._array.shape[1]} units, slow to fast"

    def colour_bar(self) -> ColourBar:
        letter = {"h": "hₜ", "c": "cₜ"}.get(symbol(self.site), "value")
        if len(self.limits) > 1:
            return ColourBar("of the row's range", "−1", "diverging", "+1")
        end = theme.short(self.limit)
        return ColourBar(letter, f"−{end}", "diverging", f"+{end}")

    def reading(self) -> str:
        if self._array is None or len(self._array) < 3 or self.row_names:
            return ""
        kept = np.sort(persistence(self._array))
        tenth = max(len(kept) // 10, 1)
        slow, fast = (f"{v:.2f}".replace("-", "−") for v in (kept[-tenth:].mean(), kept[:tenth].mean()))
        return (
            f"from one {self.token_word} to the next the slowest tenth of the units correlates at **{slow}**, "
            f"the fastest at {fast}"
        )

    def explain(self, cursor: Cursor) -> Explanation:
        cell = symbol(self.site) == "c"
        formula = r"c_t = f_t \odot c_{t-1} + i_t \odot g_t" if cell else r"h_t = f(x_t, h_{t-1})"
        if "cell_state" in "".join(self._sites.values()) and not cell:
            formula = r"h_t = o_t \odot \tanh(c_t)"
        sentence = "The state is all that the network knows of the text so far."
        if not self.ready() or self._array is None or not 0 <= cursor.column < len(self._array):
            return Explanation(self.title, formula, sentence)
        t, values = cursor.column, self._array[cursor.column]
        strongest = int(np.argmax(np.abs(values)))
        quantities = [
            Quantity(f"t = {t}", self.place_words(t)),
            Quantity("mean size of a unit", f"{float(np.abs(values).mean()):.2f}"),
            Quantity(f"strongest: {self._row_name(strongest)}", f"{float(values[strongest]):+.2f}".replace("-", "−")),
        ]
        if t == 0:
            return Explanation(self.title, formula, sentence, tuple(quantities))
        change = float(np.linalg.norm(values - self._array[t - 1])) / max(float(np.linalg.norm(values)), 1e-12)
        meaning = f"times its own length: how far reading {self.place_words(t)} moved the state"
        return Explanation(self.title, formula, sentence, tuple(quantities), f"{change:.2f}", meaning)

    def _row_name(self, unit: int) -> str:
        return self.row_names[unit] if self.row_names else f"unit {unit}"

    def export(self) -> Mapping[str, np.ndarray]:
        return {} if self._array is None else {self.site: self._array}

    # menu

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        few, every = f"{FEW} units", "all units"
        choices: list[tuple[str, tuple[str, ...], str]] = [("rows", (few, every), every if self._all_units else few)]
        if len(self._sites) > 1:
            site = next(t for t, s in self._sites.items() if s == self.site)
            choices.insert(0, ("state", tuple(self._sites), site))
        choices.append(("range", ("as first seen", "fit to what is shown"), "as first seen"))
        return tuple(choices)

    def choose(self, key: str, option: str) -> None:
        if key == "rows":
            self._all_units = option == "all units"
        elif key == "range" and option.startswith("fit"):
            self._limits.pop(self.site, None)
        elif option in self._sites:
            self._site = self._sites[option]
        self._sorted_at = -1
        self.refresh()


def measured(name: str) -> str:
    """What a named row measures, along whichever axis: "velocity" of "velocity x"."""
    return name.rsplit(" ", 1)[0]


def fixed_limit(values: NDArray[np.floating], site: str) -> float:
    """1 for states squashed by tanh; for others a round robust maximum (99th percentile of the sizes)."""
    sizes = np.abs(values[np.isfinite(values)])
    if not len(sizes) or (site.endswith("hidden_state") and float(sizes.max()) <= 1.0):
        return 1.0
    robust = max(float(np.quantile(sizes, 0.99)) * 1.25, 1e-3)
    power = 10.0 ** np.floor(np.log10(robust))
    return float(next(m * power for m in (1, 1.5, 2, 3, 5, 7.5, 10) if m * power >= robust * 0.999))
