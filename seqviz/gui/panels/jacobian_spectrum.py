"""One step back, position by position: all singular values of the Jacobian of a step, on a logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QResizeEvent

from seqviz.gui import theme
from seqviz.gui.colour_maps import BLANK, DATA_LEVELS, MASKED
from seqviz.gui.panels.base import Cursor, Explanation, Quantity, Snapshot, panels
from seqviz.gui.panels.jacobian_place import WHOLE, Choice, JacobianPlace, factor_text, partial
from seqviz.gui.panels.painted_sheet import PaintedSheetPanel
from seqviz.gui.reading import fitting
from seqviz.gui.widgets.axes import Axis
from seqviz.gui.widgets.matrix_view import matrix_image

LOWEST, HIGHEST = 1e-2, 10.0  # the range at first; it grows by decades where values lie outside
FLOOR, CEILING = 1e-6, 1e6  # it never grows further
BIN = 3  # px at scale 1: height of one cell of the density


@panels.register("jacobian_spectrum")
class JacobianSpectrumPanel(PaintedSheetPanel):
    """How much a gradient can grow or shrink on its one step back from each token: every singular value of the step."""

    name = "jacobian_spectrum"
    title = "One step back"
    question = "What does one step back do to the gradient?"
    wants = ("jacobian.*.singular_values",)
    needs = wants
    lacking = (
        "has no state that is handed on from position to position: nothing multiplies the gradient on its way back"
    )
    order = 60
    weight = 30
    minimum_height = 110
    shown_by_default = False
    rooms = {"jacobians": 10}
    follows = ("jacobian.",)
    ghost = "Singular values of one step: by how much each token stretches or shrinks the gradient that comes back."

    def __init__(self) -> None:
        super().__init__()
        self.chosen = JacobianPlace("singular_values")
        self.values: NDArray[np.floating] | None = None  # (t, rank), the largest first
        self.low, self.high = LOWEST, HIGHEST
        self._drawn: tuple[object, QImage] | None = None

    def prepare(self, old: Snapshot) -> None:
        if self.snapshot.run is not old.run:
            self.low, self.high = LOWEST, HIGHEST
            if self.chosen.meet(self.snapshot.run):
                self.wants_changed.emit()
        found = self.snapshot.matching(self.chosen.wildcard())
        self.chosen.see(found)
        self.values = found.get(self.chosen.name())
        if self.values is not None:
            self._widen()

    def _widen(self) -> None:
        """Whole decades, only ever wider within a run: a picture that breathes cannot be compared with the last one."""
        assert self.values is not None
        shown = self.values[np.isfinite(self.values) & (self.values > 0)]  # 0: cut off, nowhere on the axis
        if not len(shown):
            return
        tenth, top = float(np.quantile(shown, 0.1)), float(shown.max())
        self.low = min(self.low, max(10.0 ** math.floor(math.log10(tenth)), FLOOR))
        self.high = max(self.high, min(10.0 ** math.ceil(math.log10(top)), CEILING))

    def ready(self) -> bool:
        return self.values is not None and len(self.values) == self.grid.n and bool(np.isfinite(self.values).any())

    def ghost_words(self) -> str:
        if self.values is not None and len(self.values) > 1 and not np.isfinite(self.values).any():
            return "The weights or states are no numbers any more: there is nothing to multiply by."
        return self.ghost

    # painting

    @property
    def area(self) -> QRectF:
        top = theme.px(6)
        return QRectF(self.grid.left, top, self.grid.width, max(self.height() - top - theme.px(8), 1))

    @property
    def axis(self) -> Axis:
        return Axis(self.low, self.high, log=True)

    def y_of(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Pixels, kept inside the area; nan stays nan."""
        places = np.clip(self.axis.places(np.where(values > 0, values, self.low)), 0.0, 1.0)
        return np.where(np.isnan(values), np.nan, self.area.bottom() - places * self.area.height())

    def paint(self, painter: QPainter) -> None:
        painter.drawImage(self.area, self._density())
        key = (self.grid, self.low, self.high, self.chosen.letter, self.height())
        painter.drawPixmap(0, 0, self.static_layer(key, self._paint_axes))
        self._paint_largest(painter)

    def _paint_axes(self, painter: QPainter) -> None:
        area, axis, colours = self.area, self.axis, theme.theme()
        one = area.bottom() - axis.place(1.0) * area.height()
        for value, text in axis.labels():
            y = area.bottom() - axis.place(value) * area.height()
            if abs(y - one) > theme.px(12):
                self.paint_gutter(painter, text, min(max(y, theme.px(8)), self.height() - theme.px(8)))
                painter.setPen(QPen(theme.faded(colours.line, 0.7), 1))
                painter.drawLine(QLineF(area.left(), round(y) + 0.5, area.right(), round(y) + 0.5))
        painter.setPen(QPen(colours.ink2, 1.25 * theme.scale()))
        painter.drawLine(QLineF(area.left(), one, area.right(), one))
        self.paint_gutter(painter, "kept: 1", one, bold=True)

    def _density(self) -> QImage:
        """How many of a step's singular values lie at each height; darker is more."""
        assert self.values is not None
        key = (self.serial, self.grid, self.height(), self.low, self.high, theme.version())
        if self._drawn is not None and self._drawn[0] == key:
            return self._drawn[1]
        rows = max(int(self.area.height() / theme.px(BIN)), 8)
        seen = self.seen(self.values)  # (visible, rank)
        places = self.axis.places(np.where(seen > 0, seen, self.low))
        bins = np.clip(((1.0 - places) * rows).astype(np.intp), 0, rows - 1)
        known = np.isfinite(seen)
        counts = np.zeros((rows, len(seen)), dtype=np.float64)
        columns = np.broadcast_to(np.arange(len(seen))[:, None], seen.shape)
        np.add.at(counts, (bins[known], columns[known]), 1.0)
        share = np.sqrt(counts / max(counts.max(), 1.0))
        indices = np.where(counts > 0, np.rint(40 + share * (DATA_LEVELS - 41)), MASKED).astype(np.uint8)
        wide = np.repeat(indices, self.grid.cell, axis=1)  # (rows, visible * cell)
        if self.grid.cell > 3:
            wide[:, self.grid.cell - 1 :: self.grid.cell] = MASKED
        self._drawn = (key, matrix_image(wide, _shades(self.hue)))
        return self._drawn[1]

    @property
    def hue(self) -> QColor:
        run = self.snapshot.run
        return theme.family_colour(run.family if run is not None else "")

    def _paint_largest(self, painter: QPainter) -> None:
        """A bar at the largest of each step, thick where it stretches; they are what bounds the gradient."""
        assert self.values is not None
        largest = self.seen(self.values)[:, 0]
        cell, thick = self.grid.cell, 2.5 * theme.scale()
        for column, (value, y) in enumerate(zip(largest, self.y_of(largest), strict=True)):
            if np.isnan(value):
                continue
            x, tall = self.grid.left + column * cell, thick * (2.0 if value > 1 else 1.0)
            painter.fillRect(QRectF(x, y - tall / 2, max(cell - 1, 1), tall), self.hue)
        painter.setPen(QPen(theme.theme().ink2, 1.25 * theme.scale()))
        middle = self.y_of(np.median(self.seen(self.values), axis=1))
        for column, y in enumerate(middle):
            if not np.isnan(y):
                x = self.grid.left + column * cell
                painter.drawLine(QLineF(x, y, x + max(cell - 1, 1), y))

    def paint_over(self, painter: QPainter) -> None:
        super().paint_over(painter)
        self._paint_number(painter)

    def _paint_number(self, painter: QPainter) -> None:
        """The largest at the cursor, beside its column."""
        assert self.values is not None
        value = float(self.values[self.column, 0])
        if math.isnan(value) or not self.grid.shows(self.column):
            return
        words = factor_text(value)
        width, high = theme.metrics(11, True).horizontalAdvance(words) + 6, theme.px(14)
        y = float(self.y_of(np.array([value]))[0])
        x = self.grid.x_of(self.column)
        right = x + self.grid.cell + theme.px(3)
        left = right if right + width <= self.grid.left + self.grid.width else x - width - theme.px(3)
        above = y - high - theme.px(5)
        box = QRectF(left, above if above >= 0 else y + theme.px(6), width, high)
        painter.fillRect(box, theme.faded(theme.theme().sheet, 0.85))
        painter.setFont(theme.font(11, True))
        painter.setPen(theme.theme().ink)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), words)

    # words

    @property
    def largest(self) -> NDArray[np.floating]:
        """Of the steps that were looked at."""
        if self.values is None:
            return np.empty(0)
        top = self.values[:, 0]
        return top[~np.isnan(top)]

    def subtitle(self) -> str:
        place, letter = self.chosen, self.chosen.letter
        of = f"∂{letter}ₜ/∂{letter}ₜ₋₁" if place.state != WHOLE else "∂(h, c)ₜ/∂(h, c)ₜ₋₁"
        held = f", {place.held} held" if place.held else ""
        layer = f", {place.layer_words()}" if place.layer_words() else ""
        full = f"singular values of {of}{held}{layer}; thick: the largest, thin: the median"
        return fitting(self.width() * 0.6, full, f"singular values of {of}{held}{layer}")

    def reading(self) -> str:
        top = self.largest
        if self.values is None or not len(top):
            return "**no numbers** left to multiply" if self.ghost_words() != self.ghost else ""
        under = int((top < 1).sum())
        mean = geometric_mean(top)
        words = f"{self.token_word}s" if len(top) != 1 else self.token_word
        looked = f"{len(top)} {words}" + (" looked at" if len(top) < len(self.values) - 1 else "")
        return (
            f"the largest is under 1 at **{under} of {looked}**: "
            f"on the geometric mean a step back multiplies by at most **{factor_text(mean)}**"
        )

    def explain(self, cursor: Cursor) -> Explanation:
        letter = self.chosen.letter if self.chosen.state != WHOLE else "s"
        formula = rf"J_t = {partial(letter, 't', 't-1')} = U \, diag(\sigma_1 \ldots \sigma_n) \, V^T"
        sentence = self._sentence()
        if self.values is None or not 0 <= cursor.column < len(self.values):
            return Explanation(self.title, formula, sentence)
        row = self.values[cursor.column].astype(np.float64)
        place = Quantity(f"t = {cursor.column}", self.place_words(cursor.column))
        if np.isnan(row).any():
            why = (
                "There is no state before the first."
                if cursor.column == 0
                else "This step has no numbers: too dear, or its state is broken."
            )
            return Explanation(self.title, formula, f"{sentence} {why}", (place,))
        figures = (
            place,
            Quantity("largest, σ₁", factor_text(row[0])),
            Quantity("median", theme.short(float(np.median(row)))),
            Quantity("smallest", theme.short(row[-1])),
            Quantity("directions that it stretches", f"{int((row > 1).sum())} of {len(row)}"),
            Quantity("directions that it cuts off", f"{int((row == 0).sum())} of {len(row)}"),
        )
        return Explanation(
            self.title, formula, sentence, figures, f"× {factor_text(row[0])}", "at most, this step back"
        )

    def _sentence(self) -> str:
        said = (
            "A gradient that goes back through this step is stretched by at most its largest singular value, "
            "and shrunk by the others."
        )
        if self.chosen.held:
            other = self.chosen.held
            return f"{said} This is the block with {other} held; what goes through {other} as well is in (h, c)."
        return said

    # choices

    def current_wants(self) -> frozenset[str]:
        return frozenset({self.chosen.wildcard()})

    def menu_choices(self) -> tuple[Choice, ...]:
        return self.chosen.choices()

    def choose(self, key: str, option: str) -> None:
        if self.chosen.choose(key, option):
            self.wants_changed.emit()
        self.refresh()

    def export(self) -> Mapping[str, np.ndarray]:
        return {} if self.values is None else {self.chosen.name(): self.values}

    # Qt overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Words of the header are chosen by the width."""
        super().resizeEvent(event)
        self.header_changed.emit()


def geometric_mean(values: NDArray[np.floating]) -> float:
    """What the same factor at every step would have to be; 0 where one of them is 0."""
    if not (values > 0).all():
        return 0.0
    return float(np.exp(np.log(values.astype(np.float64)).mean()))


def _shades(hue: QColor) -> list[int]:
    """A table from the sheet's colour to half of `hue`: what few values share is pale."""
    sheet = theme.theme().sheet
    table = [theme.mixed(sheet, hue, 0.62 * n / (DATA_LEVELS - 1)).rgba() for n in range(DATA_LEVELS)]
    table += [0] * (256 - len(table))
    table[BLANK] = theme.theme().ghost.rgba()
    return table
