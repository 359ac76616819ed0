"""Samples as a diary down the steps: step and loss at the left, what the model wrote then at the right."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QMenu, QSizePolicy

from seqviz.core.events import Sample
from seqviz.gui import theme
from seqviz.gui.widgets.sample_text import SampleLook, SampleText, plain_text

_STEP_WIDTH, _PAD, _MARGIN = 46, 5, 3
_LATEST_LINES, _OLDER_LINES, _ALL_LINES = 8, 3, 400
_NEAR = 1.6  # a sample stands for a target step when they differ by less than this factor


def diary_entries(samples: Sequence[Sample]) -> list[Sample]:
    """Few samples that tell the story: the first, those nearest to 10, 100, 500, 1 000, 5 000 ..., the latest."""
    by_step = {s.step: s for s in samples}  # of several at one step the newest
    steps = sorted(by_step)
    if not steps:
        return []
    chosen = {steps[0], steps[-1]}
    for target in _targets(steps[-1]):
        near = min(steps, key=lambda s: abs(math.log(max(s, 0.5) / target)))
        if abs(math.log(max(near, 0.5) / target)) < math.log(_NEAR):
            chosen.add(near)
    return [by_step[s] for s in sorted(chosen)]


def _targets(last: int) -> list[int]:
    found, power = [1, 10], 100
    while power <= last:
        found += [power, 5 * power]
        power *= 10
    return found


class SampleDiary(QAbstractScrollArea):
    """A click unfolds an entry; the context menu and Ctrl+C copy plain text."""

    def __init__(self) -> None:
        super().__init__()
        self._samples: tuple[Sample, ...] = ()
        self._highest_bits = 0.0
        self._loss_text: Callable[[float], str] = theme.short
        self._texts: dict[tuple[int, SampleLook], SampleText] = {}
        self._theme_version = -1
        self._open: Sample | None = None
        self._tops: list[float] = []
        self._picture: tuple[object, QPixmap] | None = None
        self._serial = 0
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("Samples")
        self.viewport().setAutoFillBackground(False)
        theme.theme_changed.changed.connect(self.on_theme_changed)

    @property
    def samples(self) -> tuple[Sample, ...]:
        return self._samples

    def set_samples(self, samples: Sequence[Sample], loss_text: Callable[[float], str]) -> None:
        """Entries from the top, the last one on `well`. `loss_text` writes a loss in nats in the run's unit."""
        bar = self.verticalScrollBar()
        follows = bar.value() >= bar.maximum() - 2
        self._samples, self._loss_text = tuple(samples), loss_text
        if self._open is not None and not any(s is self._open for s in self._samples):
            self._open = None
        self._relayout()
        if follows:
            bar.setValue(bar.maximum())

    def set_highest_bits(self, bits: float) -> None:
        """End of the colour scale of the underlines; 0 hides them."""
        if bits != self._highest_bits:
            self._highest_bits = bits
            self._relayout()

    def unfold(self, number: int) -> None:
        """Show all lines of an entry, or fold it again."""
        sample = self._samples[number]
        self._open = None if sample is self._open else sample
        self._relayout()

    def entry_at(self, y: float) -> int | None:
        """Number of the entry at a height of the viewport."""
        y += self.verticalScrollBar().value()
        for number, top in enumerate(self._tops):
            if top <= y < top + self._height_of(number):
                return number
        return None

    def copy(self, number: int | None = None) -> None:
        """Put an entry (None: the unfolded one, else the latest) on the clipboard as plain text."""
        if not self._samples:
            return
        chosen = self._samples[number] if number is not None else self._open or self._samples[-1]
        QApplication.clipboard().setText(plain_text(chosen))

    def copy_all(self) -> None:
        texts = (f"step {s.step}\n{plain_text(s)}" for s in self._samples)
        QApplication.clipboard().setText("\n\n".join(texts))

    def menu_of(self, number: int | None) -> QMenu:
        """What can be done with the entry under the mouse."""
        menu = QMenu(self)
        one = QAction("Copy this sample", menu)
        one.triggered.connect(lambda: self.copy(number))
        every = QAction("Copy all samples", menu)
        every.triggered.connect(self.copy_all)
        menu.addActions([one, every])
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    # layout

    def _text(self, number: int) -> SampleText:
        sample, last = self._samples[number], number == len(self._samples) - 1
        opened = sample is self._open
        lines = _ALL_LINES if opened else _LATEST_LINES if last else _OLDER_LINES
        width = self.viewport().width() - theme.px(_STEP_WIDTH + 12 + _PAD)
        look = SampleLook(float(max(width, 40)), self._highest_bits, lines, breaks=opened or last)
        key = (id(sample), look)
        if key not in self._texts:
            self._texts[key] = SampleText(sample, look)
        return self._texts[key]

    def _height_of(self, number: int) -> float:
        least = 2 if self._samples[number].valid_loss is not None else 1
        text = self._text(number)
        return max(text.height, least * text.line_height) + theme.px(2 * _PAD)

    def _relayout(self) -> None:
        if self._theme_version != theme.version():
            self._theme_version = theme.version()
            self._texts.clear()
        self._tops, y = [], 0.0
        for number in range(len(self._samples)):
            self._tops.append(y)
            y += self._height_of(number) + theme.px(_MARGIN)
        alive = {id(s) for s in self._samples}
        if len(self._texts) > 4 * len(alive) + 8:
            self._texts.clear()
        page = self.viewport().height()
        self.verticalScrollBar().setPageStep(page)
        self.verticalScrollBar().setSingleStep(theme.px(18))
        self.verticalScrollBar().setRange(0, max(0, math.ceil(y) - page))
        self._serial += 1
        self.viewport().update()

    @Slot()
    def on_theme_changed(self) -> None:
        """Colours or scale changed: lay out and paint again."""
        self._relayout()

    # painting

    def _draw(self, painter: QPainter) -> None:
        offset = self.verticalScrollBar().value()
        for number, top in enumerate(self._tops):
            y, height = top - offset, self._height_of(number)
            if y + height >= 0 and y <= self.viewport().height():
                self._draw_entry(painter, number, y, height)

    def _draw_entry(self, painter: QPainter, number: int, y: float, height: float) -> None:
        colours, sample, text = theme.theme(), self._samples[number], self._text(number)
        last = number == len(self._samples) - 1
        if last or sample is self._open:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.well)
            painter.drawRoundedRect(QRectF(0, y, self.viewport().width(), height), 6, 6)
        top, width, line = y + theme.px(_PAD), theme.px(_STEP_WIDTH), text.line_height
        painter.setFont(theme.font(12, bold=last))
        painter.setPen(colours.ink if last else colours.ink3)
        _paint_right(painter, width, top + text.ascent, theme.thousands(sample.step), last)
        if sample.valid_loss is not None:
            painter.setFont(theme.font(11))
            painter.setPen(colours.ink3)
            _paint_right(painter, width, top + line + text.ascent, self._loss_text(sample.valid_loss), size=11)
        text.paint(painter, width + theme.px(12), top)

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(theme.px(280), theme.px(200))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(160), theme.px(40))

    def paintEvent(self, event: QPaintEvent) -> None:
        view, ratio = self.viewport(), self.devicePixelRatioF()
        key = (self._serial, self.verticalScrollBar().value(), view.size(), ratio, theme.version())
        if self._picture is None or self._picture[0] != key:
            pixmap = QPixmap(view.size() * ratio)
            pixmap.setDevicePixelRatio(ratio)
            pixmap.fill(Qt.GlobalColor.transparent)
            inner = QPainter(pixmap)
            inner.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
            self._draw(inner)
            inner.end()
            self._picture = (key, pixmap)
        painter = QPainter(view)
        painter.drawPixmap(QPoint(0, 0), self._picture[1])
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        bar = self.verticalScrollBar()
        follows = bar.value() >= bar.maximum() - 2
        self._relayout()
        if follows:
            bar.setValue(bar.maximum())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            number = self.entry_at(event.position().y())
            if number is not None:
                self.unfold(number)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._samples:
            self.menu_of(self.entry_at(event.pos().y())).popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)


def _paint_right(
    painter: QPainter, right: float, baseline: float, text: str, bold: bool = False, size: int = 12
) -> None:
    painter.drawText(QPointF(right - theme.metrics(size, bold).horizontalAdvance(text), baseline), text)
