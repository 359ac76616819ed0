"""A few words side by side of which one is chosen: by mouse, by the arrow keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from seqviz.gui import theme
from seqviz.gui.widgets.painted import PaintedWidget

HEIGHT, MARGIN = 24, 10
_CENTRE = int(Qt.AlignmentFlag.AlignCenter)


class ChoiceSwitch(PaintedWidget):
    """`chosen` carries the option. Options have tool tips of their own where `tips` says so."""

    chosen = Signal(str)

    def __init__(
        self,
        name: str,
        options: Sequence[str],
        tips: Mapping[str, str] | None = None,
        parent: QWidget | None = None,
        margin: int = MARGIN,
    ) -> None:
        super().__init__(parent)
        self._margin = margin
        self._options, self._tips = tuple(options), dict(tips or {})
        self._current = self._options[0]
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)
        self.setAccessibleDescription(self._current)

    @property
    def current(self) -> str:
        return self._current

    @property
    def options(self) -> tuple[str, ...]:
        return self._options

    def show_option(self, option: str) -> None:
        """Mark an option; emits nothing. ValueError for one that there is not."""
        if option not in self._options:
            raise ValueError(f"{option!r} is none of {', '.join(self._options)}")
        if option != self._current:
            self._current = option
            self.setAccessibleDescription(option)
            self.update()

    def choose(self, option: str) -> None:
        """As if the user had clicked it."""
        if option != self._current:
            self.show_option(option)
            self.chosen.emit(option)

    def area_of(self, option: str) -> QRectF:
        """Where an option stands."""
        x = 1.0
        for name in self._options:
            width = self._width_of(name)
            if name == option:
                return QRectF(x, 1.0, width, self.height() - 2.0)
            x += width
        raise ValueError(f"{option!r} is none of {', '.join(self._options)}")

    def _width_of(self, option: str) -> float:
        return theme.metrics(11, bold=True).horizontalAdvance(option) + 2 * theme.px(self._margin)

    def _option_at(self, x: float, y: float) -> str | None:
        return next((name for name in self._options if self.area_of(name).contains(x, y)), None)

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(round(sum(map(self._width_of, self._options)) + 2), theme.px(HEIGHT))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        option = self._option_at(event.position().x(), event.position().y())
        if event.button() == Qt.MouseButton.LeftButton and option is not None:
            self.choose(option)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if by is None:
            super().keyPressEvent(event)
            return
        at = self._options.index(self._current) + by
        self.choose(self._options[min(max(at, 0), len(self._options) - 1)])

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            option = self._option_at(event.pos().x(), event.pos().y())
            QToolTip.showText(event.globalPos(), self._tips.get(option or "", self.toolTip()), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme.theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(colours.ink, 1.5) if self.hasFocus() else QPen(colours.line, 1))
        painter.setBrush(colours.ghost)
        painter.drawRoundedRect(frame, theme.px(6), theme.px(6))
        for option in self._options:
            area, on = self.area_of(option), option == self._current
            if on:
                painter.setPen(QPen(colours.track, 1))
                painter.setBrush(colours.sheet)
                painter.drawRoundedRect(area.adjusted(1.5, 1.5, -1.5, -1.5), theme.px(4), theme.px(4))
            painter.setFont(theme.font(11, bold=on))
            painter.setPen(colours.ink if on else colours.ink2)
            painter.drawText(area, _CENTRE, option)
        painter.end()
