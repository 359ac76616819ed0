"""The debugger's bar: buttons, the track of the five phases, and the sub-step in words."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from seqviz.gui import theme
from seqviz.gui.icon_button import IconButton
from seqviz.gui.lab.sub_steps import KINDS, SubSteps
from seqviz.gui.widgets.painted import PaintedWidget
from seqviz.gui.widgets.panel_header import paint_reading

BUTTONS = (
    ("first", "first", "To the first sub-step ({)"),
    ("back", "back", "One sub-step back ([ or Shift+F10)"),
    ("next", "next", "One sub-step on (] or F10)"),
    ("to_cursor", "to_cursor", "Run to the cursor (Ctrl+F10)"),
    ("last", "last", "To the end (})"),
    ("play", "play", "Play the wave (F8)"),
)


class PhaseTrack(PaintedWidget):
    """forward, loss, backward, clip, update as one line with a marker; a click or a drag goes there."""

    chosen = Signal(int)  # number of the sub-step

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.steps = SubSteps(0)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("sub-steps")

    def show_steps(self, steps: SubSteps) -> None:
        self.steps = steps
        self.setAccessibleDescription(f"{steps.now.kind}, {steps.at + 1} of {steps.count}")
        self.update()

    def areas(self) -> list[QRectF]:
        """One rectangle a phase: the single sub-steps as wide as their names, the passes share the rest."""
        names = [theme.metrics(11, bold=True).horizontalAdvance(kind) + theme.px(14) for kind in KINDS]
        passes = {0, 2}
        rest = self.width() - sum(wide for i, wide in enumerate(names) if i not in passes)
        x, found = 0.0, []
        for index, wide in enumerate(names):
            wide = max(rest / 2, theme.px(30)) if index in passes else wide
            found.append(QRectF(x, 0, wide, self.height()))
            x += wide
        return found

    def place_of(self, index: int) -> float:
        """Where the middle of a sub-step lies, px."""
        kind = self.steps.of(index).kind
        area, span = self.areas()[KINDS.index(kind)], self.steps.span(kind)
        return area.left() + area.width() * (index - span.start + 0.5) / max(len(span), 1)

    def index_at(self, x: float) -> int:
        """The sub-step under x."""
        for kind, area in zip(KINDS, self.areas(), strict=True):
            span = self.steps.span(kind)
            if x < area.right() and len(span):
                share = min(max((x - area.left()) / area.width(), 0.0), 0.999)
                return span.start + int(share * len(span))
        return self.steps.count - 1

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(theme.px(320), theme.px(26))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.chosen.emit(self.index_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.chosen.emit(self.index_at(event.position().x()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme.theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        marker = self.place_of(self.steps.at)
        now = KINDS.index(self.steps.now.kind)
        for index, (kind, area) in enumerate(zip(KINDS, self.areas(), strict=True)):
            inner = area.adjusted(0, 0, -theme.px(2), 0)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.ghost)
            painter.drawRoundedRect(inner, 3, 3)
            if index <= now:
                done = QRectF(inner)
                if index == now:
                    done.setRight(min(marker, inner.right()) if len(self.steps.span(kind)) > 1 else inner.right())
                painter.setBrush(colours.track)
                painter.drawRoundedRect(done, 3, 3)
            painter.setFont(theme.font(11, bold=index == now))
            painter.setPen(colours.ink if index <= now else colours.ink3)
            painter.drawText(inner, int(Qt.AlignmentFlag.AlignCenter), kind)
        if self.steps.now.t >= 0:
            painter.fillRect(QRectF(round(marker) - 1, 0, 2.5, self.height()), colours.ink)
        painter.end()


class StepSentence(PaintedWidget):
    """One line of words with the number in bold."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def say(self, text: str) -> None:
        if text != self.text:
            self.text = text
            self.setAccessibleName(text.replace("**", ""))
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(200), round(theme.metrics(12).height()) + theme.px(4))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        baseline = self.height() / 2 + theme.metrics(12).capHeight() / 2
        paint_reading(painter, 0, baseline, self.text, self.width())
        painter.end()


class DebuggerBar(QWidget):
    """`asked` carries one of first, back, next, to_cursor, last, play, renew; `chosen` the number of a sub-step."""

    asked = Signal(str)
    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.track, self.sentence = PhaseTrack(), StepSentence()
        self.buttons: dict[str, IconButton] = {}
        row = QHBoxLayout()
        row.setSpacing(4)
        row.setContentsMargins(0, 0, 0, 0)
        for name, sign, tip in BUTTONS:
            self._add(row, name, sign, tip)
        row.addSpacing(8)
        row.addWidget(self.track, 1)
        row.addSpacing(4)
        self._add(row, "renew", "reset", "Take the step of now: what is shown is held since an earlier one (F5)")
        self.buttons["renew"].hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        box.addLayout(row)
        box.addWidget(self.sentence)
        self.track.chosen.connect(self.chosen)
        self.setCursor(Qt.CursorShape.ArrowCursor)

    def _add(self, row: QHBoxLayout, name: str, sign: str, tip: str) -> None:
        button = IconButton(sign, tip, "plain")
        button.clicked.connect(partial(self.asked.emit, name))
        self.buttons[name] = button
        row.addWidget(button)

    def show_steps(self, steps: SubSteps, sentence: str, playing: bool, stale: bool) -> None:
        """`stale`: a newer step than the one held is there."""
        self.track.show_steps(steps)
        self.sentence.say(sentence)
        for name in ("first", "back"):
            self.buttons[name].setEnabled(steps.at > 0)
        for name in ("next", "last", "to_cursor"):
            self.buttons[name].setEnabled(not steps.at_end)
        self.buttons["play"].set_sign("pause" if playing else "play", "", "Stop (F8)" if playing else BUTTONS[-1][2])
        self.buttons["renew"].setVisible(stale)

    @property
    def natural_height(self) -> int:
        return self.sizeHint().height()
