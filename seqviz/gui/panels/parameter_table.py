"""Every parameter tensor on one line: size, gradient, update, noise, direction; sorted by what one clicks on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPen, QWheelEvent

from seqviz.core.tensor_names import tensor_title
from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor, Explanation, FreePanel, Quantity, panels
from seqviz.gui.panels.parameter_cells import (
    COLUMNS,
    FIGURE_WORDS,
    GUIDE,
    NAME,
    RATIO,
    RATIOS,
    SHAPE,
    SIZES,
    Column,
    figure_text,
    is_left,
    paint_histogram,
    paint_name,
    paint_ratio,
    paint_shape,
    write,
)
from seqviz.gui.panels.parameter_views import ParameterView
from seqviz.gui.reading import fitting

BAND = (0.5e-3, 2e-3)  # around the guide; the rule of thumb says no more than "somewhere around 1e-3"
ROW, TALL_ROW, HEAD = 21, 40, 34
_FORMULA = r"\frac{\| \Delta \theta \|}{\| \theta \|} \approx 10^{-3}"
NOISE_ALONE = 0.18  # signal to noise of gradients that are noise alone (training/parameter_watch.py)


FIGURE_ROOM = 50  # px at scale 1 for the number beside the picture of the ratio


@panels.register("parameter_table")
class ParameterTablePanel(ParameterView, FreePanel):
    """One line for each weight tensor: its gradient, its update against its size, how noisy and how steady it is."""

    name = "parameter_table"
    title = "Every tensor"
    question = "Which weights learn, and how fast?"
    place = "sheet"
    rooms = {"weights": 20}
    order = 62
    weight = 44
    minimum_height = 140
    ghost = "Gradient, update, noise and direction of every weight tensor"

    def __init__(self) -> None:
        super().__init__()
        self.sorted_by = ""
        self.largest_first = True
        self.first = 0  # row at the top
        self.rows: list[int] = []  # tensors in the order shown
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def prepare(self) -> None:
        if self.newest is None:
            self.rows = []
            return
        values = self._sort_values()
        order = list(range(len(self.names)))
        if values is not None:
            known = np.where(np.isfinite(values), values, -np.inf if self.largest_first else np.inf)
            order = sorted(order, key=lambda i: -known[i] if self.largest_first else known[i])
        self.rows = order
        self.first = max(0, min(self.first, len(order) - self.visible_rows()))

    def _sort_values(self) -> np.ndarray | None:
        assert self.newest is not None
        if self.sorted_by == "size":
            return np.array([float(np.prod(shape)) for shape in self.newest.shapes])
        return self.newest.figures[self.sorted_by] if self.sorted_by else None

    # geometry

    def row_height(self) -> float:
        """As high as there is room for, within reason: few tensors are read from afar."""
        free = (self.height() - theme.px(HEAD) - theme.px(4)) / max(len(self.rows), 1)
        return max(float(theme.px(ROW)), min(free, float(theme.px(TALL_ROW))))

    def visible_rows(self) -> int:
        return max(1, int((self.height() - theme.px(HEAD) - theme.px(4)) / self.row_height() + 1e-6))

    def columns(self) -> list[tuple[Column, float, float]]:
        """(column, left, width) of those that there is room for."""
        room = float(self.width() - theme.px(14) - theme.px(18))
        shown = list(COLUMNS)
        while sum(theme.px(c.least) for c in shown) > room and any(c.rank for c in shown):
            shown.remove(max(shown, key=lambda c: c.rank))
        per = room / sum(theme.px(column.least) for column in shown)
        left, found = float(theme.px(14)), []
        for column in shown:
            wide = theme.px(column.least) * per
            found.append((column, left, wide))
            left += wide
        return found

    def ratio_axis(self, left: float, width: float) -> tuple[float, float]:
        """Where the picture of the ratio begins in its column, and how wide it is."""
        return left + theme.px(8), max(width - theme.px(16 + FIGURE_ROOM), 1)

    def row_at(self, y: float) -> int | None:
        """Index of a tensor by a height in the widget."""
        row = int((y - theme.px(HEAD)) // self.row_height()) + self.first
        shown = y >= theme.px(HEAD) and row < min(len(self.rows), self.first + self.visible_rows())
        return self.rows[row] if shown else None

    # painting

    def paint(self, painter: QPainter) -> None:
        colours, head, high = theme.theme(), theme.px(HEAD), self.row_height()
        columns = self.columns()
        shown = self.rows[self.first : self.first + self.visible_rows()]
        for place, tensor in enumerate(shown):
            y = head + place * high
            if self.names[tensor] == self.tensor:
                painter.fillRect(QRectF(theme.px(6), y, self.width() - theme.px(12), high), colours.well)
        self._paint_band(painter, columns, head, head + len(shown) * high)
        self._paint_head(painter, columns)
        for place, tensor in enumerate(shown):
            for column, left, width in columns:
                self._paint_cell(painter, column, tensor, QRectF(left, head + place * high, width, high))
        self._paint_scroll(painter, head, len(shown) * high)

    def _paint_head(self, painter: QPainter, columns: list[tuple[Column, float, float]]) -> None:
        colours = theme.theme()
        for column, left, width in columns:
            flag = Qt.AlignmentFlag.AlignLeft if is_left(column) else Qt.AlignmentFlag.AlignRight
            sorts = bool(column.title and column.figure and column.figure == self.sorted_by)
            mark = (" ↓" if self.largest_first else " ↑") if sorts else ""
            box = QRectF(left, theme.px(3), width - theme.px(10), theme.px(14))
            painter.setFont(theme.font(11, bold=True))
            painter.setPen(colours.ink if sorts else colours.ink2)
            title = theme.metrics(11, bold=True).elidedText(
                column.title, Qt.TextElideMode.ElideRight, width - theme.px(14)
            )
            painter.drawText(box, int(flag | Qt.AlignmentFlag.AlignVCenter), title + mark)
            painter.setFont(theme.font(11))
            painter.setPen(colours.ink3)
            words = theme.metrics(11).elidedText(column.under, Qt.TextElideMode.ElideRight, width - theme.px(6))
            painter.drawText(box.translated(0, theme.px(14)), int(flag | Qt.AlignmentFlag.AlignVCenter), words)
        painter.setPen(QPen(colours.line, 1))
        y = theme.px(HEAD) - 1
        painter.drawLine(QLineF(theme.px(6), y, self.width() - theme.px(6), y))

    def _paint_band(
        self, painter: QPainter, columns: list[tuple[Column, float, float]], top: float, bottom: float
    ) -> None:
        """The guide of the update ratios behind all rows."""
        colours = theme.theme()
        _, left, width = next(entry for entry in columns if entry[0] is RATIO)
        left, inner = self.ratio_axis(left, width)
        low, high = (left + RATIOS.place(value) * inner for value in BAND)
        painter.fillRect(QRectF(low, top, high - low, bottom - top), theme.faded(colours.ink3, 0.20))
        x = left + RATIOS.place(GUIDE) * inner
        painter.setPen(QPen(colours.ink3, 1))
        painter.drawLine(QLineF(x, top, x, bottom))

    def _paint_cell(self, painter: QPainter, column: Column, tensor: int, box: QRectF) -> None:
        assert self.newest is not None
        if column is NAME:
            paint_name(painter, self.names[tensor], box, chosen=self.names[tensor] == self.tensor)
        elif column is SHAPE:
            paint_shape(painter, self.newest.shapes[tensor] if self.newest.shapes else (), box)
        elif column is SIZES:
            paint_histogram(painter, self.newest.histograms[tensor], box, theme.family_colour(self.family))
        else:
            value = float(self.newest.figures[column.figure][tensor])
            if column is RATIO:
                line = self.ratio_axis(box.left(), box.width())
                paint_ratio(painter, value, box, line, theme.family_colour(self.family))
            write(painter, box, figure_text(column.figure, value))

    def _paint_scroll(self, painter: QPainter, top: float, height: float) -> None:
        """Where in a longer list one is."""
        if len(self.rows) <= self.visible_rows():
            return
        share, start = self.visible_rows() / len(self.rows), self.first / len(self.rows)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.theme().track)
        x = self.width() - theme.px(10)
        painter.drawRoundedRect(QRectF(x, top + start * height, theme.px(4), share * height), 2, 2)

    # words

    def subtitle(self) -> str:
        if not self.newest:
            return ""
        outside = self.snapshot.run is not None and self.snapshot.run.outside
        seen = "as the optimiser gets them" if outside else "before clipping"
        return f"at step {theme.thousands(self.newest.step)}, gradients {seen}"

    def reading(self) -> str:
        if self.newest is None:
            return ""
        ratios = self.newest.figures["update_ratio"]
        known = ratios[np.isfinite(ratios) & (ratios > 0)]
        if not len(known):
            return "**no weight** moved at this step"
        middle = float(np.median(known))
        away = fitting(self.width(), f"a weight moves by **{theme.short(middle)}** of its size a step (median)")
        inside = int(((known >= BAND[0]) & (known <= BAND[1])).sum())
        return f"{away}; {inside} of {len(ratios)} tensors lie in the band around 10⁻³"

    def explain(self, cursor: Cursor) -> Explanation:
        sentence = (
            "How far the last step moved each tensor, against the tensor's size. Around a thousandth is a good sign; "
            "much more is restless, much less hardly learns. Signal to noise compares a gradient's running mean with "
            f"its scatter; {NOISE_ALONE} is what noise alone gives. 90° between two gradients: nothing in common."
        )
        if self.newest is None:
            return Explanation(self.title, _FORMULA, sentence)
        rows = [Quantity("tensor", tensor_title(self.tensor))]
        rows += [
            Quantity(words, figure_text(figure, float(self.newest.figures[figure][self.index])))
            for figure, words in FIGURE_WORDS.items()
        ]
        ratio = figure_text("update_ratio", float(self.newest.figures["update_ratio"][self.index]))
        return Explanation(
            self.title, _FORMULA, sentence, tuple(rows), ratio, "is what the step changed of this tensor"
        )

    def export(self) -> Mapping[str, np.ndarray]:
        if self.newest is None:
            return {}
        return {"tensor": np.array(self.names), **{name: np.asarray(v) for name, v in self.newest.figures.items()}}

    # the mouse and the keys

    def sort_by(self, figure: str) -> None:
        """By a figure, largest first; once more: smallest first; "" the model's order."""
        self.largest_first = not self.largest_first if figure == self.sorted_by else True
        self.sorted_by = figure
        self.first = 0
        self.renew()

    def roll(self, rows: int) -> None:
        self.first = max(0, min(self.first + rows, len(self.rows) - self.visible_rows()))
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        self.setFocus()
        if at.y() < theme.px(HEAD):
            for column, left, width in self.columns():
                if left <= at.x() < left + width and (column.figure or not column.drawn):
                    self.sort_by(column.figure)
            return
        tensor = self.row_at(at.y())
        if tensor is not None:
            self.pick(self.names[tensor])

    def wheelEvent(self, event: QWheelEvent) -> None:
        if len(self.rows) > self.visible_rows():
            self.roll(-round(event.angleDelta().y() / 40))
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down choose the tensor above and below."""
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        move = steps.get(Qt.Key(event.key()))
        if move is None or not self.rows:
            super().keyPressEvent(event)
            return
        row = max(0, min(self.rows.index(self.index) + move, len(self.rows) - 1))
        self.pick(self.names[self.rows[row]])
        if not self.first <= row < self.first + self.visible_rows():
            self.roll(row - self.first if row < self.first else row - self.first - self.visible_rows() + 1)

    def resizeEvent(self, event: object) -> None:
        self.roll(0)
