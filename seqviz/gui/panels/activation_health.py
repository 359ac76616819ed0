"""Activation health: one row a check, its number against its limit, and where to look closer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPolygonF

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor, Explanation, Quantity, panels
from seqviz.gui.panels.health_checks import HealthCheck, checks_of
from seqviz.gui.panels.painted_free import PaintedFreePanel

ROW, BAR = 46, 6
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


@panels.register("activation_health")
class ActivationHealthPanel(PaintedFreePanel):
    """Saturation, dead units, growing states, layer norms, attention: each number beside its limit."""

    name = "activation_health"
    title = "Activation health"
    question = "Are its activations healthy?"
    wants = ("health.*",)
    needs = ("health.norm.*", "health.saturation.*")
    lacking = "has no activations that could be ill"
    shown_by_default = False
    rooms = {"health": 20}
    order = 41
    weight = 40
    minimum_height = 4 * ROW
    ghost = "One row for each check of the activations."

    def __init__(self) -> None:
        super().__init__()
        self.checks: tuple[HealthCheck, ...] = ()
        self.chosen = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def prepare(self) -> None:
        self.checks = checks_of(self.snapshot.matching("health.*"))
        self.chosen = min(self.chosen, len(self.checks) - 1)

    def ready(self) -> bool:
        return bool(self.checks)

    @property
    def steps(self) -> int:
        return len(self.tokens)

    # painting

    def row_rect(self, row: int) -> QRectF:
        high = min(theme.px(ROW), self.height() / max(len(self.checks), 1))
        return QRectF(0, row * high, self.width(), high)

    def paint(self, painter: QPainter) -> None:
        for row, check in enumerate(self.checks):
            self._paint_check(painter, self.row_rect(row), check, row == self.chosen)

    def _paint_check(self, painter: QPainter, rect: QRectF, check: HealthCheck, chosen: bool) -> None:
        colours = theme.theme()
        if chosen:
            painter.fillRect(rect, colours.well)
        line, left = theme.px(16), theme.px(18)
        roomy = rect.height() >= theme.px(40)
        top = rect.top() + theme.px(2)
        self._paint_mark(painter, QPointF(theme.px(7), top + line / 2), check.fine)
        inner = QRectF(left, top, rect.width() - left - theme.px(4), line)
        self._words(painter, inner, check.title, _LEFT, 12, bold=True)
        self._words(painter, inner, self._verdict(check, inner.width()), _RIGHT, 12, bold=True)
        self._paint_bar(painter, QRectF(left, top + line + 2, inner.width(), theme.px(BAR)), check)
        if roomy:
            below = QRectF(left, top + line + theme.px(BAR) + 2, inner.width(), line)
            self._words(painter, below, check.detail, _LEFT, 11, quiet=True)

    @staticmethod
    def _verdict(check: HealthCheck, room: float) -> str:
        """The number, and words to the mark where there is room for them."""
        words = check.number if check.fine else f"look closer   {check.number}"
        measure = theme.metrics(12, bold=True)
        fits = measure.horizontalAdvance(check.title) + measure.horizontalAdvance(words) + theme.px(10) <= room
        return words if fits else check.number

    @staticmethod
    def _paint_bar(painter: QPainter, bed: QRectF, check: HealthCheck) -> None:
        """The number's place, and a stroke at its limit."""
        colours = theme.theme()
        painter.fillRect(bed, colours.ghost)
        filled = QRectF(bed.left(), bed.top(), max(round(check.share * bed.width()), 1), bed.height())
        painter.fillRect(filled, colours.track if check.fine else colours.warn)
        limit = bed.left() + round(check.limit * bed.width())
        painter.fillRect(QRectF(limit - 1, bed.top() - 2, 2, bed.height() + 4), colours.ink2)

    @staticmethod
    def _paint_mark(painter: QPainter, centre: QPointF, fine: bool) -> None:
        """A ring where all is well, a filled triangle where not: told by shape."""
        colours, half = theme.theme(), theme.px(5)
        if fine:
            painter.setPen(colours.ink3)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(centre, half - 1, half - 1)
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.warn)
        x, y = centre.x(), centre.y()
        painter.drawPolygon(QPolygonF([QPointF(x, y - half), QPointF(x + half, y + half), QPointF(x - half, y + half)]))

    @staticmethod
    def _words(
        painter: QPainter, area: QRectF, text: str, flags: int, size: int, bold: bool = False, quiet: bool = False
    ) -> None:
        painter.setFont(theme.font(size, bold))
        painter.setPen(theme.theme().ink3 if quiet else theme.theme().ink)
        shown = theme.metrics(size, bold).elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, flags, shown)

    # words

    def subtitle(self) -> str:
        return "a stroke marks each limit; click a row for its view"

    def reading(self) -> str:
        if not self.checks:
            return ""
        bad = [check.title for check in self.checks if not check.fine]
        if not bad:
            return f"**all {len(self.checks)} checks** are within their limits"
        return f"**{len(bad)} of {len(self.checks)}** beyond their limit: {', '.join(bad)}"

    def explain(self, cursor: Cursor) -> Explanation:
        sentence = (
            "Each number is measured on this run's own activations: on the probe, and dead units over the validation "
            "windows. The limits are rules of thumb; a net beyond one may still learn."
        )
        if not 0 <= self.chosen < len(self.checks):
            rows = tuple(Quantity(check.title, check.number) for check in self.checks)
            return Explanation(self.title, "", sentence, rows)
        check = self.checks[self.chosen]
        return Explanation(self.title, "", sentence, (Quantity(check.title, ""),), check.number, check.detail)

    def export(self) -> Mapping[str, np.ndarray]:
        return {
            "check": np.array([check.title for check in self.checks]),
            "number": np.array([check.number for check in self.checks]),
            "fine": np.array([check.fine for check in self.checks]),
        }

    # Qt overrides

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._choose(self._row_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._choose(-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self._row_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and row >= 0:
            self._open(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down choose a row, Enter opens its view."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is not None and self.checks:
            self._choose(min(max(self.chosen + step, 0), len(self.checks) - 1))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.chosen >= 0:
            self._open(self.chosen)
        else:
            super().keyPressEvent(event)

    def _open(self, row: int) -> None:
        if self.checks[row].panel:
            self.view_asked.emit(self.checks[row].panel)

    def _row_at(self, at: QPointF) -> int:
        return next((row for row in range(len(self.checks)) if self.row_rect(row).contains(at)), -1)

    def _choose(self, row: int) -> None:
        if row != self.chosen:
            self.chosen = row
            self.header_changed.emit()
            self.update()
