"""The right card: what you are looking at, its formula with the numbers under the cursor, what to watch for."""

from __future__ import annotations

from collections.abc import Callable

import shiboken6
from PySide6.QtCore import QPointF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from seqviz.gui import theme
from seqviz.gui.labels import Hairline, TextLabel
from seqviz.gui.panel_frame import PanelFrame
from seqviz.gui.panels.base import Explanation, Quantity
from seqviz.gui.row_stack import scrolled
from seqviz.gui.session import RunSession
from seqviz.gui.surfaces import Surface
from seqviz.gui.widgets.formula_label import FormulaLabel
from seqviz.gui.widgets.painted import PaintedWidget

WIDTH, EVERY_MS = 264, 150
FIRST_STEPS = Explanation(
    "One text, every view",
    sentence="The strip in the middle is the probe: the text through which all views look at the model. "
    "Double click it to type your own. Move along it with the arrow keys; the cursor marks the same "
    "character in every view.",
    quantities=(
        Quantity("Space", "play, pause"),
        Quantity(".", "one step"),
        Quantity("Ctrl+Shift+P", "every command"),
    ),
)


class QuantityList(PaintedWidget):
    """Names at the left, numbers at the right, a swatch where the quantity has a colour of its own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._quantities: tuple[Quantity, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_quantities(self, quantities: tuple[Quantity, ...]) -> None:
        if quantities != self._quantities:
            resized = len(quantities) != len(self._quantities)
            self._quantities = quantities
            self.setAccessibleDescription("; ".join(f"{q.name} {q.value}" for q in quantities))
            if resized:
                self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(200), theme.px(22) * len(self._quantities))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(80), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours, row = QPainter(self), theme.theme(), theme.px(22)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, quantity in enumerate(self._quantities):
            bold, plain = theme.metrics(12, bold=True), theme.metrics(12)
            base = row * index + row / 2 + plain.capHeight() / 2
            left = 0.0
            if quantity.swatch:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.gate_colour(quantity.swatch))
                painter.drawRoundedRect(0, round(base - theme.px(9)), theme.px(10), theme.px(10), 2, 2)
                left = theme.px(18)
            width = bold.horizontalAdvance(quantity.value)
            painter.setFont(theme.font(12, bold=True))
            painter.setPen(colours.ink)
            painter.drawText(QPointF(self.width() - width, base), quantity.value)
            painter.setFont(theme.font(12))
            painter.setPen(colours.ink2)
            room = self.width() - width - left - 8
            name = plain.elidedText(quantity.name, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QPointF(left, base), name)
        painter.end()


class LookingCard(Surface):
    """Follows the panel under the mouse; its numbers change a few times a second, not thirty."""

    pin_clicked = Signal()
    copy_clicked = Signal()

    def __init__(self, session: RunSession, parent: QWidget | None = None) -> None:
        super().__init__("rail", "left", parent)
        self._session = session
        self._frame: PanelFrame | None = None
        self._at_rest: Callable[[], PanelFrame | None] = lambda: None
        self.kicker = TextLabel("first steps", 11, "ink2")
        self.title = TextLabel("", 16, bold=True, wrap=True)
        self.formula = FormulaLabel()
        self.sentence = TextLabel("", 12, "ink2", wrap=True)
        self.quantities = QuantityList()
        self.key_number = TextLabel("", 22, bold=True)
        self.key_meaning = TextLabel("", 11, "ink2", wrap=True)
        self.watch_title = TextLabel("Watch for", 11, bold=True)
        self.watch_for = TextLabel("", 11, "ink2", wrap=True)
        self.pin = QPushButton("Pin this position as s")
        self.copy = QPushButton("Copy these numbers")
        self._build()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        self.pin.clicked.connect(self.pin_clicked)
        self.copy.clicked.connect(self.copy_clicked)
        session.snapshot_changed.connect(self._soon)
        session.cursor_changed.connect(self._soon)
        session.config_changed.connect(self.refresh)
        self.refresh()

    def _build(self) -> None:
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(theme.px(16), theme.px(14), theme.px(16), theme.px(12))
        box.setSpacing(theme.px(8))
        number = QHBoxLayout()
        number.addWidget(self.key_number)
        number.addWidget(self.key_meaning, 1)
        self.watch_box = _Aside()
        watch = QVBoxLayout(self.watch_box)
        watch.setContentsMargins(theme.px(12), 0, 0, 0)
        watch.setSpacing(theme.px(4))
        watch.addWidget(self.watch_title)
        watch.addWidget(self.watch_for)
        self.line = Hairline()
        for widget in (self.kicker, self.title, self.formula, self.sentence, self.quantities):
            box.addWidget(widget)
        box.addLayout(number)
        box.addWidget(self.line)
        box.addWidget(self.watch_box)
        box.addStretch(1)
        for button in (self.pin, self.copy):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            box.addWidget(button)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(1, 0, 0, 0)
        outer.addWidget(scrolled(inner))

    def look_at(self, frame: PanelFrame | None) -> None:
        """The panel the card speaks of; None: first steps."""
        if frame is not self._frame:
            self._frame = frame
            self.refresh()

    def rest_on(self, frame: Callable[[], PanelFrame | None]) -> None:
        """What it speaks of once something was learnt and nobody has pointed at a panel yet."""
        self._at_rest = frame

    @property
    def frame_name(self) -> str:
        """Name of the panel looked at, "" for none."""
        frame = self._looked_at()
        return "" if frame is None else frame.name

    def _looked_at(self) -> PanelFrame | None:
        if self._frame is not None and not shiboken6.isValid(self._frame):
            self._frame = None  # closed meanwhile
        if self._session.run is None:
            return None
        if self._frame is not None:
            return self._frame
        return self._at_rest() if self._session.history.last_step else None

    def stop(self) -> None:
        self._timer.stop()

    def explanation(self) -> Explanation:
        """What the card says now."""
        frame = self._looked_at()
        return FIRST_STEPS if frame is None else frame.panel.explain(self._session.cursor)

    def as_text(self) -> str:
        """Title, sentence and numbers for the clipboard."""
        told = self.explanation()
        lines = [told.title, told.formula, told.sentence, *(f"{q.name}\t{q.value}" for q in told.quantities)]
        return "\n".join(line for line in (*lines, f"{told.key_number} {told.key_meaning}".strip()) if line)

    @Slot()
    def _soon(self) -> None:
        if self.isVisible() and not self._timer.isActive():
            self._timer.start(EVERY_MS)

    @Slot()
    def refresh(self) -> None:
        """Write what the panel says about the cursor's position."""
        told = self.explanation()
        first = told is FIRST_STEPS
        self.kicker.setText("first steps" if first else "looking at")
        _say(self.title, told.title)
        self.formula.setVisible(bool(told.formula))
        self.formula.set_formula(told.formula)
        _say(self.sentence, told.sentence)
        self.quantities.set_quantities(told.quantities)
        _say(self.key_number, told.key_number)
        _say(self.key_meaning, told.key_meaning)
        config = self._session.config
        watch = config.watch_for if config is not None else ""
        for widget in (self.watch_box, self.line):
            widget.setVisible(bool(watch))
        _say(self.watch_for, watch)
        pinned = self._session.pinned
        self.pin.setText("Unpin s" if pinned is not None else f"Pin t = {self._session.cursor.column} as s")
        self.pin.setVisible(not first)
        self.copy.setVisible(not first)

    def on_theme_changed(self) -> None:
        super().on_theme_changed()
        self.setFixedWidth(theme.px(WIDTH))

    def showEvent(self, event: object) -> None:
        self.setFixedWidth(theme.px(WIDTH))
        self.refresh()


class _Aside(PaintedWidget):
    """A bar at the left, as beside a remark in a margin."""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(0, 0, theme.px(3), self.height(), theme.theme().track)
        painter.end()


def _say(label: TextLabel, text: str) -> None:
    if text != label.text():
        label.setText(text)
    label.setVisible(bool(text))
