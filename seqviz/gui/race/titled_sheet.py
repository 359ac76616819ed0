"""A white sheet with a question as its title, one line of what it shows, a reading in words, switches at the right."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from seqviz.gui import theme
from seqviz.gui.surfaces import Surface
from seqviz.gui.widgets.panel_header import Header, header_height, paint_header

MARGIN = 14


class TitledSheet(Surface):
    """`content` stands under the head; `controls` at the head's right end."""

    def __init__(
        self,
        title: str,
        content: QWidget,
        controls: tuple[QWidget, ...] = (),
        reads: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("sheet", parent=parent)
        self._header, self._reads = Header(title), reads
        self._controls = controls
        self.content = content
        self._box = QVBoxLayout(self)
        self._box.setSpacing(0)
        self._head = QWidget()
        head = QHBoxLayout(self._head)
        head.setContentsMargins(0, theme.px(7), 0, 0)
        head.setSpacing(theme.px(6))
        head.addStretch(1)
        for control in controls:
            head.addWidget(control)
        self._box.addWidget(self._head)
        self._box.addWidget(content, 1)
        self.setAccessibleName(title)
        self._measure()

    @property
    def header(self) -> Header:
        return self._header

    def say(self, subtitle: str, reading: str = "") -> None:
        """What it shows, and what that says now."""
        wanted = Header(self._header.title, subtitle, reading)
        if wanted != self._header:
            self._header = wanted
            self.setAccessibleDescription(reading.replace("**", ""))
            self.update(0, 0, self.width(), header_height(self._reads))

    def reading_width(self) -> float:
        """Pixels that the reading has."""
        return self.width() - 2.0 * theme.px(MARGIN)

    def subtitle_width(self) -> float:
        """Pixels between the title and the controls."""
        title = theme.metrics(13, bold=True).horizontalAdvance(self._header.title) + theme.px(10)
        return self.reading_width() - self._taken() - theme.px(8) - title

    def _taken(self) -> float:
        """By the controls at the right."""
        return float(sum(c.sizeHint().width() + theme.px(6) for c in self._controls if c.isVisibleTo(self)))

    def _measure(self) -> None:
        margin = theme.px(MARGIN)
        self._box.setContentsMargins(margin, 0, margin, theme.px(8))
        self._head.setFixedHeight(header_height(self._reads))
        layout = self._head.layout()
        if layout is not None:
            layout.setContentsMargins(0, theme.px(7), 0, header_height(self._reads) - theme.px(31))

    def on_theme_changed(self) -> None:
        super().on_theme_changed()
        self._measure()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, width = theme.px(MARGIN), self.reading_width()
        taken = self._taken()
        head = Header(self._header.title, self._header.subtitle)
        paint_header(painter, QRectF(left, 0, width - taken - theme.px(8), self.height()), head)
        if self._header.reading:
            told = Header("", "", self._header.reading)
            paint_header(painter, QRectF(left, 0, width, self.height()), told)
        painter.end()
