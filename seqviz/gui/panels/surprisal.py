"""Surprisal: how many bits each token of the probe came as news to the model."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from seqviz.gui import theme
from seqviz.gui.colour_maps import MASKED
from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, Quantity, Snapshot, panels
from seqviz.gui.panels.painted_sheet import PaintedSheetPanel
from seqviz.gui.widgets.axes import Axis
from seqviz.gui.widgets.matrix_view import index_image, matrix_image
from seqviz.gui.widgets.token_names import token_name

TALL = 160  # px at scale 1; higher bars get ticks
HEADROOM = 13  # px at scale 1 above the bars, for numbers
PEAK_BITS = 2.0  # lower bars are never peaks


@panels.register("surprisal")
class SurprisalPanel(PaintedSheetPanel):
    """How surprised the model was by each token, in bits: the bar of a token is what reading it cost."""

    name = "surprisal"
    title = "Surprisal"
    question = "What surprises it?"
    wants = ("surprisal",)
    needs = ("surprisal",)
    order = 20
    weight = 0
    fixed_height = 54 + HEADROOM
    minimum_height = fixed_height
    has_header = False
    ghost = "Surprisal in bits: how unexpected each token was."

    def __init__(self) -> None:
        super().__init__()
        self.values: NDArray[np.floating] | None = None
        self.indices: NDArray[np.uint8] | None = None
        self._picture: tuple[object, QImage] | None = None
        self._crests: tuple[object, list[int]] | None = None
        self._highest = 1.0  # of a run without a vocabulary, as first seen

    @property
    def highest(self) -> float:
        """Upper end of the range in bits, fixed per run: ceil(log2 V) + 1."""
        run = self.snapshot.run
        if run is not None and run.vocabulary:
            return math.ceil(math.log2(max(len(run.vocabulary), 2))) + 1.0
        return self._highest

    def prepare(self, old: Snapshot) -> None:
        self.values = self.snapshot.array("surprisal")
        if self.values is None:
            self.indices = None
            return
        if self.snapshot.run is not old.run or self._highest == 1.0:
            known = self.values[np.isfinite(self.values)]
            self._highest = float(math.ceil(known.max()) + 1) if len(known) else 1.0
        self.indices = index_image(self.values, 0.0, self.highest)

    def ready(self) -> bool:
        return self.values is not None and len(self.values) == self.grid.n

    def baseline_bits(self) -> float | None:
        """What a model that knows only frequencies pays, in bits per token."""
        line = self.snapshot.history.baselines.get("unigram")
        return None if line is None else line.nats / math.log(2)

    # painting

    def paint(self, painter: QPainter) -> None:
        area, peaks = self._area(), self._peaks()
        painter.drawImage(area.topLeft(), self._bars(area))
        key = (self.grid, self.highest, self.baseline_bits(), self._baseline_end(area))
        painter.drawPixmap(0, 0, self.static_layer(key, self._paint_axes))
        for column in peaks:
            if column != self.column:
                self._paint_number(painter, column)
        self._paint_number(painter, self.column, bold=True)

    def _area(self) -> QRectF:
        top = theme.px(HEADROOM)
        return QRectF(self.grid.left, top, self.grid.width, max(self.height() - top - 3, 1))

    def _heights(self, area: QRectF) -> NDArray[np.intp]:
        """(visible,) bar heights in px; 0 where nothing is known."""
        assert self.values is not None
        shares = np.nan_to_num(np.clip(self.seen(self.values) / self.highest, 0.0, 1.0), nan=0.0)
        heights = np.maximum(np.rint(shares * area.height()), 2)
        return np.where(np.isnan(self.seen(self.values)), 0, heights).astype(np.intp)

    def _bars(self, area: QRectF) -> QImage:
        """All bars as one picture of the size they have on screen."""
        assert self.indices is not None
        key = (self.serial, self.grid, self.height(), theme.version())
        if self._picture is not None and self._picture[0] == key:
            return self._picture[1]
        cell, rows = self.grid.cell, int(area.height())
        down = np.arange(rows, 0, -1)[:, None]  # (row, 1): height above the axis
        indices = np.where(down <= self._heights(area), self.seen(self.indices), MASKED).astype(np.uint8)
        wide = np.repeat(indices, cell, axis=1)  # (row, visible * cell)
        for gap in range(1 if cell < 12 else 2):
            wide[:, cell - 1 - gap :: cell] = MASKED
        self._picture = (key, matrix_image(wide, theme.colour_table("cividis")))
        return self._picture[1]

    def _paint_axes(self, painter: QPainter) -> None:
        area = self._area()
        self._paint_gutter(painter, area)
        self._paint_baseline(painter, area)

    def _paint_gutter(self, painter: QPainter, area: QRectF) -> None:
        self.paint_gutter(painter, f"{self.highest:g}", area.top())
        self.paint_gutter(painter, "0", area.bottom() - theme.px(4))
        if area.height() > theme.px(TALL):
            self._paint_ticks(painter, area)
        middle, flag = area.center().y(), int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for text, bold, y in (("surprisal", True, middle - theme.px(7)), ("bits", False, middle + theme.px(7))):
            painter.setFont(theme.font(11, bold))
            painter.setPen(theme.theme().ink2 if bold else theme.theme().ink3)
            painter.drawText(QRectF(self.gutter_left, y - 10, self.grid.left, 20), flag, text)

    def _paint_ticks(self, painter: QPainter, area: QRectF) -> None:
        """Where it has the sheet to itself: round numbers between the ends."""
        for value, text in Axis(0.0, self.highest).labels():
            y = round(area.bottom() - value / self.highest * area.height())
            if 0 < value < self.highest and abs(y - area.center().y()) > theme.px(20):
                self.paint_gutter(painter, text, y)

    def _paint_baseline(self, painter: QPainter, area: QRectF) -> None:
        bits = self.baseline_bits()
        if bits is None or bits > self.highest:
            return
        y, colours = area.bottom() - bits / self.highest * area.height(), theme.theme()
        pen = QPen(colours.ink3, 1.25)
        pen.setDashPattern([1.0, 2.5])
        painter.setPen(pen)
        painter.drawLine(QLineF(area.left(), y, area.right(), y))
        end = self._baseline_end(area)
        if end is None:
            return
        text = f"unigram {bits:.2f}"
        painter.setFont(theme.font(11))
        painter.setPen(colours.ink3)
        painter.drawText(QPointF(end - theme.metrics(11).horizontalAdvance(text), y - theme.px(3)), text)

    def _baseline_end(self, area: QRectF) -> int | None:
        """Right end of the baseline's name: the first place from the right that no bar reaches; None: nowhere."""
        bits = self.baseline_bits()
        if bits is None:
            return None
        room = theme.metrics(11).horizontalAdvance(f"unigram {bits:.2f}")
        columns = math.ceil(room / max(self.grid.cell, 1)) + 1
        low = self._heights(area) < min(bits / self.highest, 1.0) * area.height()
        number = self.column - self.grid.first  # the number at the cursor stands left of its column
        low[max(number - 3, 0) : max(number + 4, 0)] = False  # or right of it
        for peak in self._peaks():
            low[max(peak - self.grid.first - 1, 0) : max(peak - self.grid.first + 2, 0)] = False
        for end in range(len(low), columns - 1, -1):
            if low[end - columns : end].all():
                return self.grid.left + end * self.grid.cell
        return None

    def _peaks(self) -> list[int]:
        """Columns whose number is written: clear local maxima, the highest first, so far apart that none touch."""
        assert self.values is not None
        key = (self.serial, self.grid)
        if self._crests is not None and self._crests[0] == key:
            return self._crests[1]
        values = np.nan_to_num(self.values, nan=0.0, posinf=self.highest)
        padded = np.concatenate(([0.0], values, [0.0]))
        crest = (
            (values >= padded[:-2])
            & (values >= padded[2:])
            & (values >= max(PEAK_BITS, values.mean() + 0.8 * values.std()))
        )
        room = theme.metrics(11).horizontalAdvance("0.0") + theme.px(8)
        chosen: list[int] = []
        for column in sorted(np.flatnonzero(crest), key=lambda c: -values[c]):
            apart = all(abs(column - other) * self.grid.cell >= room for other in chosen)
            if self.grid.shows(int(column)) and apart:
                chosen.append(int(column))
        self._crests = (key, chosen)
        return chosen

    def _paint_number(self, painter: QPainter, column: int, bold: bool = False) -> None:
        assert self.values is not None
        value = float(self.values[column])
        if math.isnan(value) or not self.grid.shows(column):
            return
        text, measure = bits_text(value), theme.metrics(11, bold)
        area, width = self._area(), measure.horizontalAdvance(text)
        y = area.bottom() - min(value / self.highest, 1.0) * area.height() - theme.px(3)
        x = self.grid.centre_of(column) - width / 2
        high = theme.px(11)
        if bold:  # beside the cursor's column
            x, y = self._beside(column, width, y)
            high = theme.px(13)
        painter.fillRect(QRectF(x - 3, y - high + 2, width + 6, high), theme.theme().sheet)
        painter.setFont(theme.font(11, bold))
        painter.setPen(theme.theme().ink if bold else theme.theme().ink2)
        painter.drawText(QPointF(x, y), text)

    def _beside(self, column: int, width: float, y: float) -> tuple[float, float]:
        """Where the number at the cursor starts: left or right of its column, on the side with the lower bars, and
        above them.
        """
        area, gap, best = self._area(), theme.px(5), None
        heights = self._heights(area)
        for x in (self.grid.x_of(column) - width - gap, self.grid.x_of(column) + self.grid.cell + gap):
            first = int((x - 2 - self.grid.left) // self.grid.cell)
            last = int((x + width + 2 - self.grid.left) // self.grid.cell)
            under = heights[max(first, 0) : last + 1]
            free = area.bottom() - float(under.max(initial=0)) - theme.px(3)
            if x >= 2.0 and x + width <= self.width() and (best is None or min(y, free) > best[1]):
                best = (x, min(y, free))
        return best if best is not None else (max(self.grid.x_of(column) - width - gap, 2.0), y)

    # words

    @property
    def hidden(self) -> tuple[int, ...]:
        """Places of the probe that the model is not shown: it fills them in from both sides."""
        ruler = None if self.snapshot.frame is None else self.snapshot.frame.rulers.get("t")
        return () if ruler is None else ruler.hidden

    def subtitle(self) -> str:
        return f"bits that each {self.token_word} of the probe costs"

    def reading(self) -> str:
        if self.values is None or np.isnan(self.values).all():
            return "**no bits** of this probe" if self.values is not None and len(self.values) > 1 else ""
        impossible = int(np.isposinf(self.values).sum())
        if impossible:
            those = f"{impossible} {self.token_word}{'s' if impossible > 1 else ''}"
            return f"**infinite**: {those} of the probe never seen here before"
        worst, mean = int(np.nanargmax(self.values)), float(np.nanmean(self.values))
        return f"**{mean:.2f} bits** a {self.token_word} on average; {self.place_words(worst)} costs most"

    def colour_bar(self) -> ColourBar:
        return ColourBar("surprisal in bits", "0", "cividis", f"{self.highest:g}")

    def explain(self, cursor: Cursor) -> Explanation:
        formula = r"-\log_2 p(x_t \mid x_{shown})" if self.hidden else r"-\log_2 p(x_t \mid x_{<t})"
        sentence = f"How many bits {self.token_word} t costs a reader who expects what the model expects."
        if self.values is None or not 0 <= cursor.column < len(self.values):
            return Explanation(self.title, formula, sentence)
        bits = float(self.values[cursor.column])
        place = Quantity(f"t = {cursor.column}", self.place_words(cursor.column))
        if math.isnan(bits):
            why = "It is shown, not asked for." if self.hidden else "The first one is given, not predicted."
            return Explanation(self.title, formula, f"{sentence} {why}", (place,))
        quantities = [place, Quantity("probability it was given", theme.short(2.0**-bits))]
        line = self.baseline_bits()
        if line is not None:
            quantities.append(Quantity("frequencies alone, on average", f"{line:.2f} bits"))
        quantities.append(Quantity("mean of the probe", f"{bits_text(float(np.nanmean(self.values)), 2)} bits"))
        name = token_name(self.tokens[cursor.column]) if cursor.column < len(self.tokens) else "this position"
        return Explanation(self.title, formula, sentence, tuple(quantities), bits_text(bits), f"bits for {name}")

    def export(self) -> Mapping[str, np.ndarray]:
        return {} if self.values is None else {"surprisal": self.values}


def bits_text(bits: float, digits: int = 1) -> str:
    """`2.1`; `∞` for what a counting model calls impossible."""
    return "∞" if bits == math.inf else f"{bits + 0.0:.{digits}f}"
