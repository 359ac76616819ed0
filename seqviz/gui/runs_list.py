"""Runs of late with their figure: those of this session, and the folders of earlier ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from seqviz.core.events import Evaluated, RunStarted
from seqviz.gui import theme
from seqviz.gui.number_text import loss_text
from seqviz.gui.session import RunSession
from seqviz.gui.widgets.painted import PaintedWidget

MOST, ROW = 4, 24


@dataclass(frozen=True)
class RunSummary:
    """One line: `value` in `unit`, None where nothing was validated."""

    folder: str
    title: str
    family: str
    value: float | None
    unit: str


ListRuns = Callable[[], list[RunSummary]]


class RunsList(PaintedWidget):
    """`opened` carries a folder. The run on screen is bold and cannot be opened again."""

    opened = Signal(str)

    def __init__(self, session: RunSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._earlier: list[RunSummary] = []
        self._seen: dict[str, RunSummary] = {}
        self._current = ""
        self._hovered = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName("runs")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        session.run_started.connect(self._take_run)
        session.evaluated.connect(self._take_value)

    def show_earlier(self, runs: list[RunSummary]) -> None:
        """Run folders found on disk, newest first."""
        self._earlier = runs
        self._changed()

    def rows(self) -> list[RunSummary]:
        """What is listed, the newest first."""
        mine = list(reversed(self._seen.values()))
        return [*mine, *(run for run in self._earlier if run.folder not in self._seen)][:MOST]

    @Slot(object)
    def _take_run(self, run: RunStarted) -> None:
        self._drop_untrained()
        self._current = run.folder or run.run_id
        known = self._seen.pop(self._current, None)
        earlier = next((r for r in self._earlier if r.folder == run.folder), None)
        fresh = RunSummary(self._current, run.title, run.family, None, run.unit.name)
        self._seen[self._current] = known or earlier or fresh
        self._changed()

    def _drop_untrained(self) -> None:
        """A run that was only looked at before its first validation leaves no line behind."""
        before = self._seen.get(self._current)
        if before is not None and before.value is None:
            del self._seen[self._current]

    @Slot(object)
    def _take_value(self, event: Evaluated) -> None:
        run = self._session.run
        if run is not None and self._current in self._seen and event.step:
            value = run.unit.convert(event.loss)
            self._seen[self._current] = replace(self._seen[self._current], value=value, unit=run.unit.name)
            self._changed()

    def _changed(self) -> None:
        self.setVisible(bool(self.rows()))
        self.updateGeometry()
        self.update()

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(theme.px(184), theme.px(30 + ROW * len(self.rows())))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(100), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours, width = QPainter(self), theme.theme(), self.width()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(colours.ink)
        painter.setFont(theme.font(13, bold=True))
        painter.drawText(QPointF(0, theme.px(16)), "Runs")
        rows = self.rows()
        units = {run.unit for run in rows}
        painter.setFont(theme.font(11))
        painter.setPen(colours.ink2)
        unit = units.pop() if len(units) == 1 else ""
        painter.drawText(QPointF(width - theme.metrics(11).horizontalAdvance(unit), theme.px(16)), unit)
        for index, run in enumerate(rows):
            self._paint_row(painter, run, QRectF(0, theme.px(28 + ROW * index), width, theme.px(ROW)), index)
        painter.end()

    def _paint_row(self, painter: QPainter, run: RunSummary, area: QRectF, index: int) -> None:
        colours, mine = theme.theme(), run.folder == self._current
        if mine or index == self._hovered:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.sheet if mine else colours.well)
            painter.drawRoundedRect(area.adjusted(-6, 0, 6, 0), 3, 3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.family_colour(run.family))
        painter.drawEllipse(QPointF(theme.px(4), area.center().y()), theme.px(4), theme.px(4))
        painter.setFont(theme.font(12, bold=mine))
        painter.setPen(colours.ink)
        measure = theme.metrics(12, bold=mine)
        value = "–" if run.value is None else loss_text(run.value)
        room = area.width() - theme.px(16) - measure.horizontalAdvance(value) - 8
        base = area.center().y() + measure.capHeight() / 2
        title = measure.elidedText(run.title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QPointF(theme.px(16), base), title)
        painter.drawText(QPointF(area.width() - measure.horizontalAdvance(value), base), value)

    def _row_at(self, y: float) -> int:
        row = int((y - theme.px(28)) // theme.px(ROW))
        return row if 0 <= row < len(self.rows()) else -1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        row = self._row_at(event.position().y())
        if row != self._hovered:
            self._hovered = row
            self.setToolTip(self.rows()[row].title if row >= 0 else "")
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._open(self._row_at(event.position().y()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.key() in moves and self.rows():
            self._hovered = min(max(self._hovered + moves[Qt.Key(event.key())], 0), len(self.rows()) - 1)
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(self._hovered)
        else:
            super().keyPressEvent(event)

    def _open(self, row: int) -> None:
        if 0 <= row < len(self.rows()) and self.rows()[row].folder != self._current:
            self.opened.emit(self.rows()[row].folder)
