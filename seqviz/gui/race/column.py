"""One racer in a narrow column: rank, name, bits now, size and speed, the probe as it is surprised by it, its text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from seqviz.core.events import Sample
from seqviz.gui import theme
from seqviz.gui.race.styles import RacerStyle
from seqviz.gui.race.tiles import TileLayout, lay_tiles, paint_tile_cursor, paint_tiles
from seqviz.gui.widgets.curve_labels import colour_of
from seqviz.gui.widgets.curve_painting import paint_marker
from seqviz.gui.widgets.painted import PaintedWidget
from seqviz.gui.widgets.sample_text import SampleLook, SampleText, plain_text

MARGIN, HEAD, TILE_SHARE, SAMPLE_HEAD = 10, 92, 0.6, 18


@dataclass(frozen=True)
class ColumnWords:
    """The head of a column, in words. `rank` "" where there is none; `warning` in place of size and speed."""

    label: str
    style: RacerStyle
    rank: str
    value: str
    unit: str
    size: str
    speed: str
    warning: str = ""
    counts: bool = False


def in_two(text: str, measure: QFontMetricsF, room: float) -> list[str]:
    """As many words as fit in a first line, the others in a second."""
    words = text.split(" ")
    fits = [n for n in range(1, len(words) + 1) if measure.horizontalAdvance(" ".join(words[:n])) <= room]
    at = max(fits, default=1)
    return [" ".join(words[:at]), " ".join(words[at:])]


class RacerColumn(PaintedWidget):
    """Hover points at a token; a click (or Enter) selects the racer and asks for the token's explanation."""

    token_hovered = Signal(int)
    token_clicked = Signal(int)
    selected = Signal()
    edit_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words: ColumnWords | None = None
        self._tokens: tuple[str, ...] = ()
        self._bits: NDArray[np.floating] | None = None
        self._sample: Sample | None = None
        self._highest, self._cursor, self._chosen, self._writes = 8.0, 0, False, True
        self._layout = TileLayout(0, (), 11, 0.0)
        self._serial = self._samples = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_words(self, words: ColumnWords) -> None:
        if words != self._words:
            self._words = words
            self.setAccessibleName(words.label)
            told = (words.rank, words.value, words.unit, words.size, words.speed, words.warning)
            self.setAccessibleDescription(" ".join(filter(None, told)))
            self.update(0, 0, self.width(), theme.px(HEAD))

    def show_probe(self, tokens: tuple[str, ...], bits: NDArray[np.floating] | None, highest: float) -> None:
        """`bits` (t,) of each token, the range 0 .. `highest`."""
        if tokens != self._tokens or bits is not self._bits or highest != self._highest:
            new_text = tokens != self._tokens
            self._tokens, self._bits, self._highest = tokens, bits, highest
            self._serial += 1
            if new_text:
                self._lay_out()
            self.update()

    def show_sample(self, sample: Sample | None, writes: bool = True) -> None:
        """The newest sample; `writes`: whether one can be awaited at all."""
        if sample is not self._sample or writes != self._writes:
            self._sample, self._writes = sample, writes
            self._samples += 1
            self.setToolTip("" if sample is None else plain_text(sample)[:1500])
            self.update()

    def set_cursor_token(self, token: int) -> None:
        if token != self._cursor:
            self._cursor = token
            if self._layout.area_of(token) is None:
                self._lay_out()
            self.update()

    def set_chosen(self, chosen: bool) -> None:
        if chosen != self._chosen:
            self._chosen = chosen
            self.update()

    @property
    def words(self) -> ColumnWords | None:
        return self._words

    @property
    def chosen(self) -> bool:
        return self._chosen

    @property
    def cursor_token(self) -> int:
        return self._cursor

    def tile_area(self, token: int) -> QRectF | None:
        """Where a token's tile stands in the widget; None where it is not shown."""
        area = self._layout.area_of(token)
        return None if area is None else area.translated(theme.px(MARGIN), theme.px(HEAD))

    def _lay_out(self) -> None:
        width = self.width() - 2 * theme.px(MARGIN)
        height = (self.height() - theme.px(HEAD)) * TILE_SHARE
        self._layout = lay_tiles(self._tokens, width, height, self._cursor)
        self._serial += 1

    # painting

    def _draw_head(self, painter: QPainter) -> None:
        words, colours = self._words, theme.theme()
        if words is None:
            return
        margin, bold = theme.px(MARGIN), theme.metrics(13, bold=True)
        colour, base = colour_of(words.style.colour), theme.px(21)
        rank = theme.metrics(12, bold=True).horizontalAdvance(words.rank)
        left, size = margin + theme.px(26), 13
        room = self.width() - left - rank - margin - 4
        if bold.horizontalAdvance(words.label) <= room:
            self.draw_swatch(painter, words.style, margin, base - bold.capHeight() / 2)
        else:  # the name matters more than the piece of its line
            self.draw_marker(painter, words.style, margin + theme.px(4), base - bold.capHeight() / 2)
            left, size, bold = margin + theme.px(12), 11, theme.metrics(11, bold=True)
        painter.setFont(theme.font(size, bold=True))
        painter.setPen(colour_of(words.style.colour, text=True) if words.style.colour else colour)
        room = self.width() - left - rank - margin - 4
        painter.drawText(QPointF(left, base), bold.elidedText(words.label, Qt.TextElideMode.ElideRight, room))
        painter.setFont(theme.font(12, bold=True))
        painter.setPen(colours.ink)
        painter.drawText(QPointF(self.width() - margin - rank, base), words.rank)
        large, base = theme.metrics(22, bold=True), theme.px(47)
        painter.setFont(theme.font(22, bold=True))
        painter.setPen(colours.warn if words.warning else colours.ink)
        painter.drawText(QPointF(margin, base), words.value)
        x = margin + large.horizontalAdvance(words.value) + theme.px(6)
        painter.setFont(theme.font(11))
        painter.setPen(colours.ink2)
        small = theme.metrics(11)
        unit = small.elidedText(words.unit, Qt.TextElideMode.ElideRight, self.width() - x - margin)
        painter.drawText(QPointF(x, base), unit)
        painter.setPen(colours.warn if words.warning else colours.ink3)
        room = self.width() - 2.0 * margin
        rows = in_two(words.warning, small, room) if words.warning else [words.size, words.speed]
        for row, line in zip(rows, (theme.px(65), theme.px(80)), strict=False):
            if small.horizontalAdvance(row) > room:
                row = row.replace("parameters", "params")
            painter.drawText(QPointF(margin, line), small.elidedText(row, Qt.TextElideMode.ElideRight, room))

    @staticmethod
    def draw_swatch(painter: QPainter, style: RacerStyle, x: float, y: float) -> None:
        """A piece of its line with its marker."""
        colour, width = colour_of(style.colour), theme.px(20)
        pen = QPen(colour, 2.0 * theme.scale())
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if style.dash:
            pen.setDashPattern([part * 0.7 for part in style.dash])
        painter.setPen(pen)
        painter.drawLine(QLineF(x, y, x + width, y))
        RacerColumn.draw_marker(painter, style, x + width / 2, y)

    @staticmethod
    def draw_marker(painter: QPainter, style: RacerStyle, x: float, y: float) -> None:
        """The marker of its line around a point."""
        marker = style.marker if style.marker != "none" else "disc"
        paint_marker(painter, x, y, colour_of(style.colour), marker, theme.px(8))

    def _draw_tiles(self, painter: QPainter) -> None:
        painter.translate(theme.px(MARGIN), theme.px(HEAD))
        paint_tiles(painter, self._layout, self._tokens, self._bits, self._highest)

    def _draw_sample(self, painter: QPainter) -> None:
        margin, top = theme.px(MARGIN), theme.px(HEAD) + self._layout.height + theme.px(8)
        painter.setFont(theme.font(11))
        painter.setPen(theme.theme().ink3)
        waiting = "nothing written yet" if self._writes else ""
        painter.drawText(QPointF(margin, top + theme.px(11)), self._sample_words() if self._sample else waiting)
        if self._sample is None:
            return
        room = self.height() - top - theme.px(SAMPLE_HEAD) - theme.px(6)
        probe = SampleText(self._sample, SampleLook(self.width() - 2 * margin, most_lines=1))
        lines = int(room // probe.line_height)
        if lines > 0:
            look = SampleLook(self.width() - 2 * margin, most_lines=lines)
            SampleText(self._sample, look).paint(painter, margin, top + theme.px(SAMPLE_HEAD))

    def _sample_words(self) -> str:
        """When it was written: after so many steps of a learner, batches read by what counts."""
        step = 0 if self._sample is None else self._sample.step
        if self._words is not None and self._words.counts:
            return f"writes, batch {theme.thousands(step)}"
        return f"writes, step {theme.thousands(step)}"

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(theme.px(170), theme.px(340))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(104), theme.px(180))

    def resizeEvent(self, event: QEvent) -> None:
        self._lay_out()

    def on_theme_changed(self) -> None:
        self._lay_out()
        super().on_theme_changed()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme.theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colours.ink, 2) if self._chosen else Qt.PenStyle.NoPen)
        painter.setBrush(colours.sheet)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), theme.px(6), theme.px(6))
        painter.drawPixmap(0, 0, self.static_layer(self._words, self._draw_head, "head"))
        painter.drawPixmap(0, 0, self.static_layer(self._serial, self._draw_tiles, "tiles"))
        sample = (self._samples, self._layout.height)
        painter.drawPixmap(0, 0, self.static_layer(sample, self._draw_sample, "sample"))
        painter.translate(theme.px(MARGIN), theme.px(HEAD))
        paint_tile_cursor(painter, self._layout, self._cursor)
        painter.resetTransform()
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colours.ink, 1, Qt.PenStyle.DotLine))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(4, 4, -4, -4), theme.px(5), theme.px(5))
        painter.end()

    def _token_at(self, event: QMouseEvent) -> int | None:
        at = event.position()
        return self._layout.token_at(at.x() - theme.px(MARGIN), at.y() - theme.px(HEAD))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        token = self._token_at(event)
        if token is not None:
            self.token_hovered.emit(token)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self.selected.emit()
        token = self._token_at(event)
        if token is not None:
            self.token_clicked.emit(token)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.edit_asked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Select):
            self.selected.emit()
            self.token_clicked.emit(self._cursor)
        else:
            super().keyPressEvent(event)
