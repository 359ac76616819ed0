"""One knob of the form: label, value, and the control that fits its kind."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QSizePolicy, QWidget

from seqviz.core.knobs import KnobDescription
from seqviz.gui import theme
from seqviz.gui.choice_words import choice_words
from seqviz.gui.widgets import knob_painting as paint
from seqviz.gui.widgets import knob_scale as scale
from seqviz.gui.widgets.painted import PaintedWidget

_FIXED = "Fixed once the run has started: Reset begins again with another value."


class KnobRow(PaintedWidget):
    """int and float: slider (double click or Enter types); bool: switch; choice: combo box; text, path: field.

    Signals
    -------
    value_edited
        a valid new value, once per edit: at the end of a drag, per key, per typed or chosen value.
    value_dragged
        values passed through while dragging; show them, apply nothing.
    """

    value_edited = Signal(object)
    value_dragged = Signal(object)

    def __init__(self, knob: KnobDescription, value: object, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.knob = knob
        self._value = value
        self._value_before_drag = value
        self._before: float | None = None
        self._error = ""
        self._blocked = ""
        self._hovered = self._dragging = False
        self._field: QLineEdit | None = None
        self._combo: QComboBox | None = None
        self._entry: QLineEdit | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(knob.label)
        if knob.kind == "choice":
            self._combo = self._make_combo()
        elif knob.kind in ("text", "path"):
            self._entry = self._make_entry()
        else:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setMouseTracking(True)
        self._describe()

    @property
    def is_slider(self) -> bool:
        return self.knob.kind in ("int", "float")

    def value(self) -> object:
        return self._value

    def set_value(self, value: object) -> None:
        """Show a value; emits nothing and clears the error."""
        self._value = value
        self._error = ""
        if self._combo is not None and self._combo.currentData() != str(value):
            self._combo.blockSignals(True)
            self._combo.setCurrentIndex(self._combo.findData(str(value)))
            self._combo.blockSignals(False)
        if self._entry is not None:
            self._entry.setText(str(value))
        self._describe()
        self.updateGeometry()
        self.update()

    def set_before(self, value: float | None) -> None:
        """Mark where the value stood before the last change; None: no mark."""
        self._before = value
        self.update()

    def set_error(self, text: str) -> None:
        """Say under the row what is wrong ("" for nothing)."""
        if text != self._error:
            self._error = text
            self._describe()
            self.updateGeometry()
            self.update()

    @property
    def error(self) -> str:
        return self._error

    def set_running(self, running: bool) -> None:
        """While a run goes on only live knobs can be moved; the tool tip says why."""
        self.set_blocked(_FIXED if running and not self.knob.live else "")

    def set_blocked(self, reason: str) -> None:
        """Block editing and say why; "" frees it."""
        self._blocked = reason
        for child in (self._combo, self._entry):
            if child is not None:
                child.setEnabled(not reason)
        self._close_field()
        self._describe()
        self.update()

    @property
    def blocked(self) -> str:
        return self._blocked

    def type_value(self) -> None:
        """Open a field over the number."""
        if not self.is_slider or self._blocked or self._field is not None:
            return
        field = QLineEdit(scale.value_text(self.knob, self._value).lstrip("+"), self)
        field.setProperty("compact", "true")
        field.setFont(theme.font(12, bold=True))
        field.setAlignment(Qt.AlignmentFlag.AlignRight)
        field.setGeometry(self._value_rect())
        field.setAccessibleName(f"{self.knob.label}, type a value")
        field.installEventFilter(self)
        self._field = field
        field.setVisible(True)
        field.setFocus()
        field.selectAll()

    def _make_combo(self) -> QComboBox:
        combo = QComboBox(self)
        combo.setProperty("compact", "true")
        for choice in self.knob.choices:
            combo.addItem(choice_words(choice), choice)
        combo.setCurrentIndex(combo.findData(str(self._value)))
        combo.setAccessibleName(self.knob.label)
        combo.installEventFilter(self)
        combo.currentIndexChanged.connect(lambda index: self._commit(combo.itemData(index)))
        self.setFocusProxy(combo)
        return combo

    def _make_entry(self) -> QLineEdit:
        entry = QLineEdit(str(self._value), self)
        entry.setProperty("compact", "true")
        entry.setAccessibleName(self.knob.label)
        entry.editingFinished.connect(self._accept_entry)
        self.setFocusProxy(entry)
        return entry

    def _accept_entry(self) -> None:
        if self._entry is not None and self._entry.text() != str(self._value):
            self._commit(self._entry.text())

    def _accept_typed(self) -> None:
        assert self._field is not None
        text = self._field.text()
        self.setFocus()
        self._close_field()
        try:
            value = scale.parsed(self.knob, text)
        except ValueError as error:
            self.set_error(str(error))
            return
        self._commit(value)

    def _commit(self, value: object) -> None:
        """Take a value from the person: refuse what the knob does not allow, emit what is new."""
        wrong = self.knob.error(value)
        if wrong is not None:
            self.set_error(wrong.replace(f"{self.knob.key}:", f"{self.knob.label}:", 1))
            return
        self.set_error("")
        if value != self._value:
            self.set_value(value)
            self.value_edited.emit(value)

    def _close_field(self) -> None:
        """Take the field away; who closes it by a key gives the focus back to the row."""
        if self._field is not None:
            field, self._field = self._field, None
            field.removeEventFilter(self)
            field.setVisible(False)
            field.deleteLater()

    def _describe(self) -> None:
        knob = self.knob
        parts = [knob.help] if knob.help else []
        if self.is_slider:
            low, high = (scale.value_text(knob, v) for v in scale.bounds(knob))
            parts.append(f"{low} to {high}{' ' + knob.unit if knob.unit else ''}")
        elif knob.unit:
            parts.append(knob.unit)
        parts.append("May change while running." if knob.live else "")
        parts += [self._blocked, self._error]
        self.setToolTip("\n".join(p for p in parts if p))
        state = self._error or self._blocked
        self.setAccessibleDescription(f"{scale.value_text(knob, self._value)} {knob.unit} {state}".strip())

    def _number(self) -> float:
        return float(self._value) if isinstance(self._value, int | float) else scale.bounds(self.knob)[0]

    def _slider_ends(self) -> tuple[float, float]:
        return theme.px(7), self.width() - theme.px(7)

    def _value_rect(self) -> QRect:
        width = max(theme.px(72), self.width() // 3)
        return QRect(self.width() - width, 0, width, theme.px(20))

    def _place_at(self, point: QPointF) -> float:
        left, right = self._slider_ends()
        return (point.x() - left) / max(right - left, 1)

    def _drag_to(self, point: QPointF) -> None:
        value = scale.value_at(self.knob, self._place_at(point))
        if value != self._value:
            self._value = value
            self._describe()
            self.update()
            self.value_dragged.emit(value)

    # Qt overrides

    def sizeHint(self) -> QSize:
        error = paint.error_height(self._error, self.width())
        return QSize(theme.px(188), theme.px(paint.ROW_HEIGHT) + error)

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(120), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width, enabled, slim = self.width(), not self._blocked, self.is_slider
        y = theme.px(paint.LABEL_Y) if slim else theme.px(paint.ROW_HEIGHT) / 2
        text = scale.value_text(self.knob, self._value) if slim else ""
        taken = theme.metrics(12, bold=True).horizontalAdvance(text) + 8 if slim else self._control_width() + 8
        paint.paint_label(painter, width, y, self.knob.label, self.knob.live, width - taken)
        if slim:
            paint.paint_value(painter, width, y, text, bool(self._error), enabled)
            left, right = self._slider_ends()
            before = None if self._before is None else scale.place_of(self.knob, self._before)
            place = scale.place_of(self.knob, self._number())
            grown = 1.0 if self._dragging else 0.5 if self._hovered and enabled else 0.0
            slider_y = theme.px(paint.SLIDER_Y)
            paint.paint_slider(painter, left, right, slider_y, place, before, grown, self.hasFocus(), enabled)
        elif self.knob.kind == "bool":
            paint.paint_switch(painter, width, y, bool(self._value), self.hasFocus(), enabled)
        if self._error:
            paint.paint_error(painter, width, theme.px(paint.ROW_HEIGHT), self._error)
        painter.end()

    def _control_width(self) -> int:
        """A little over half; a combo box takes what its longest choice needs, as long as the label keeps its room."""
        if self.knob.kind == "bool":
            return theme.px(36)
        half = int(self.width() * 0.52)
        if self._combo is None:
            return half
        label = int(theme.metrics(12).horizontalAdvance(self.knob.label)) + theme.px(26 if self.knob.live else 12)
        return max(half, min(self._combo.sizeHint().width() + theme.px(4), self.width() - label))

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._error:
            self.updateGeometry()  # the sentence may wrap differently now
        width, height = self._control_width(), theme.px(24)
        for child in (self._combo, self._entry):
            if child is not None:
                top = (theme.px(paint.ROW_HEIGHT) - height) // 2
                child.setGeometry(self.width() - width, top, width, height)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._blocked:
            return
        if self.knob.kind == "bool":
            self._commit(not self._value)
        elif self.is_slider and event.position().y() >= theme.px(16):
            self._value_before_drag = self._value
            self._dragging = True
            self._drag_to(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._drag_to(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._dragging = False
            value, self._value = self._value, self._value_before_drag
            self._commit(value)
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.is_slider and self._value_rect().contains(event.position().toPoint()):
            self.type_value()
        else:
            self.mousePressEvent(event)  # a quick second click counts like the first

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        moves = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_PageDown: -10,
            Qt.Key.Key_PageUp: 10,
            Qt.Key.Key_Home: -(10**6),
            Qt.Key.Key_End: 10**6,
        }
        if self._blocked:
            super().keyPressEvent(event)
        elif self.is_slider and key in moves:
            number = self._number() if self.knob.kind == "float" else round(self._number())
            self._commit(scale.stepped(self.knob, number, moves[Qt.Key(key)]))
        elif self.is_slider and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self.type_value()
        elif self.knob.kind == "bool" and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Right):
            self._commit(not self._value)
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEvent) -> None:
        self._hovered = True
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = False
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._combo and event.type() == QEvent.Type.Wheel:
            event.ignore()  # scrolling the rail must not change a knob on its way
            return True
        if watched is self._field and self._field is not None:
            enter = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in enter:
                self._accept_typed()  # here, or the row would hear the same key and open the field again
                return True
            if event.type() == QEvent.Type.FocusOut:
                self._close_field()
            elif isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
                self.setFocus()
                self._close_field()
                return True
        return False
