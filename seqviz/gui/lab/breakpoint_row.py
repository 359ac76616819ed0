"""One condition of the breakpoints panel: a switch, what is measured, the limit, and what it was the last time."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from seqviz.core.breakpoints import BreakpointDescription
from seqviz.core.lab_commands import BreakpointSetting
from seqviz.gui import theme
from seqviz.gui.widgets.knob_painting import paint_switch
from seqviz.gui.widgets.painted import PaintedWidget

HEIGHT, LINE, SWITCH, FIELD = 46, 21, 38, 50
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class BreakpointRow(PaintedWidget):
    """`changed` carries the setting and whether it is armed. Enter, Right and a click on the words switch it."""

    changed = Signal(object, bool)

    def __init__(
        self, about: BreakpointDescription, setting: BreakpointSetting, armed: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.about, self.setting, self.armed = about, setting, armed
        self.error = ""
        self._value, self._step = math.nan, 0
        self.limit = self._field(f"{about.title}: limit", f"{setting.limit:g}") if about.has_limit else None
        self.far = (
            self._field(f"{about.title}: distance in positions", str(setting.distance)) if about.distance else None
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._describe()

    def _field(self, name: str, text: str) -> QLineEdit:
        field = QLineEdit(text, self)
        field.setProperty("compact", "true")
        field.setAccessibleName(name)
        field.setAlignment(Qt.AlignmentFlag.AlignRight)
        field.editingFinished.connect(self._accept)
        return field

    def show_value(self, value: float, step: int) -> None:
        """What was measured last, and at which step."""
        if (value, step) != (self._value, self._step):
            self._value, self._step = value, step
            self.update()

    def switch(self) -> None:
        """Arm it, or no longer."""
        self._accept()
        if not self.error:
            self.armed = not self.armed
            self._describe()
            self.changed.emit(self.setting, self.armed)

    def words(self) -> str:
        """What it says, for tests and screen readers."""
        about = self.about
        if not about.has_limit:
            return f"stop at {about.title}"
        far = f" {self.setting.distance} positions back" if about.distance else ""
        side = "below" if about.below else "above"
        return f"stop when {about.title}{far} {side} {self.setting.limit:g} {about.unit}".strip()

    def value_text(self) -> str:
        """The last measured value; a dear one with its step."""
        if math.isnan(self._value):
            return ""
        at = "" if self.about.every_step else f"at step {theme.thousands(self._step)} "
        return f"{at}{theme.short(self._value)}"

    def _accept(self) -> None:
        """Read the fields; what is no number is said and changes nothing."""
        try:
            limit = self.setting.limit if self.limit is None else float(self.limit.text().replace(",", "."))
            far = self.setting.distance if self.far is None else int(self.far.text())
        except ValueError:
            self._say("a number, please")
            return
        if not math.isfinite(limit) or (self.far is not None and far < 1):
            self._say("1 position or more" if math.isfinite(limit) else "a number, please")
            return
        self._say("")
        setting = BreakpointSetting(self.setting.name, limit, far)
        if setting != self.setting:
            self.setting = setting
            self._describe()
            self.changed.emit(setting, self.armed)

    def _say(self, error: str) -> None:
        self.error = error
        self._describe()

    def _describe(self) -> None:
        about = self.about
        often = "" if about.every_step else "\nIt looks at the batch as often as the watch budget allows."
        self.setToolTip(f"{about.quantity}{f' in {about.unit}' if about.unit else ''}\n{about.help}{often}")
        self.setAccessibleName(self.words())
        self.setAccessibleDescription(self.error or ("armed" if self.armed else "off"))
        self.update()

    def _places(self) -> list[tuple[str, QRectF]]:
        """The second line from left to right: words and fields ("far", "limit") with where they stand."""
        about, gap, top, high = self.about, theme.px(5), theme.px(LINE), float(theme.px(HEIGHT - LINE - 4))
        words = theme.metrics(11)
        parts = [about.quantity] if about.has_limit else [f"{about.quantity} no longer a finite number"]
        if about.distance:
            parts += ["over", "far"]
        if about.has_limit:
            parts += ["below" if about.below else "above", "limit", about.unit]
        if sum(words.horizontalAdvance(part) + gap for part in parts) + theme.px(SWITCH + 30) > self.width():
            parts = [{"below": "<", "above": ">"}.get(part, part) for part in parts]
        places, x = [], float(theme.px(SWITCH))
        for part in filter(None, parts):
            width = {"far": theme.px(30), "limit": theme.px(FIELD)}.get(part) or words.horizontalAdvance(part)
            places.append((part, QRectF(x, top, float(width), high)))
            x += width + gap
        return places

    # Qt overrides

    def on_theme_changed(self) -> None:
        super().on_theme_changed()
        self._arrange()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(300), theme.px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(160), theme.px(HEIGHT))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()

    def _arrange(self) -> None:
        fields = {"far": self.far, "limit": self.limit}
        for name, area in self._places():
            field = fields.get(name)
            if field is not None:
                field.setFont(theme.font(11, bold=True))
                field.setGeometry(area.toRect())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.switch()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Right):
            if self.hasFocus():
                self.switch()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme.theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        first = QRectF(theme.px(SWITCH), 0, self.width() - theme.px(SWITCH) - theme.px(2), theme.px(LINE))
        paint_switch(painter, theme.px(SWITCH - 5), first.center().y(), self.armed, self.hasFocus(), True)
        painter.setFont(theme.font(12, bold=self.armed))
        painter.setPen(colours.ink if self.armed else colours.ink2)
        painter.drawText(first, _LEFT, self.about.title)
        text = self.error or (
            f"{'now ' if self.about.every_step else ''}{self.value_text()}" if self.value_text() and self.armed else ""
        )
        painter.setFont(theme.font(11, bold=bool(text) and not self.error))
        painter.setPen(colours.warn if self.error else colours.ink)
        painter.drawText(first, _RIGHT, text)
        painter.setFont(theme.font(11))
        painter.setPen(colours.ink2 if self.armed else colours.ink3)
        for name, area in self._places():
            room = self.width() - area.left()
            whole = area.width() <= room + 2 or name != self.about.unit  # no half unit
            if name not in ("far", "limit") and room > 0 and whole:
                shown = theme.metrics(11).elidedText(name, Qt.TextElideMode.ElideRight, room)
                painter.drawText(QRectF(area.left(), area.top(), room, area.height()), _LEFT, shown)
        painter.end()
