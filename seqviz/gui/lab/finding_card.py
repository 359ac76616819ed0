"""One finding of the diagnosis as a card: what is wrong, how sure that is, what it rests on, what to try on a twin."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from seqviz.core.lab_events import Finding
from seqviz.gui import theme
from seqviz.gui.labels import TextLabel
from seqviz.gui.surfaces import Surface

WORDS = ((0.9, "almost certain"), (0.75, "very likely"), (0.6, "likely"), (0.5, "more likely than not"))
GAP, ARROW, LINE = 8, 14, 16
WRAPPED = Qt.TextFlag.TextWordWrap.value | Qt.AlignmentFlag.AlignTop.value
NUMBER_SHARE = 0.42  # of a row's width, at most, for the number


def how_sure(confidence: float) -> str:
    """A confidence in words and as a number: "very likely, 0.82"."""
    words = next((words for least, words in WORDS if confidence >= least), "a hint")
    return f"{words}, {confidence:.2f}"


class EvidenceRow(QAbstractButton):
    """What was measured at the left, its number at the right; a click asks for the view that shows it."""

    def __init__(self, measured: str, number: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.measured, self.number = measured, number
        self.setAccessibleName(f"{measured}: {number}")
        self.setToolTip("Bring up the view that shows it")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        left, right = self._parts(width)
        tall = max(self._height(self.measured, left.width(), False), self._height(self.number, right.width(), True))
        return int(tall) + theme.px(GAP)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(200), self.heightForWidth(max(self.width(), theme.px(200))))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(40), theme.px(LINE + GAP))

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def _parts(self, width: float) -> tuple[QRectF, QRectF]:
        """Where the words and the number stand, each from the top."""
        room = width - theme.px(ARROW)
        needed = theme.metrics(12, bold=True).horizontalAdvance(self.number) + 2
        wide = min(needed, room * NUMBER_SHARE)
        top = theme.px(GAP) / 2
        left = QRectF(0, top, max(room - wide - theme.px(GAP), 1), 10_000)
        return left, QRectF(room - wide, top, wide, 10_000)

    def _height(self, text: str, width: float, bold: bool) -> float:
        metrics = theme.metrics(12 if bold else 11, bold=bold)
        return metrics.boundingRect(QRectF(0, 0, width, 10_000), WRAPPED, text).height()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme.theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.isDown():
            painter.fillRect(self.rect(), colours.well)
        left, right = self._parts(self.width())
        painter.setFont(theme.font(11))
        painter.setPen(colours.ink2)
        painter.drawText(left, WRAPPED, self.measured)
        painter.setFont(theme.font(12, bold=True))
        painter.setPen(colours.ink)
        painter.drawText(right, WRAPPED | Qt.AlignmentFlag.AlignRight.value, self.number)
        x, y = self.width() - theme.px(6), left.top() + theme.px(LINE) / 2
        painter.setPen(QPen(colours.ink if self.underMouse() else colours.ink3, 1.5))
        painter.drawPolyline(QPolygonF([QPointF(x - 3, y - 4), QPointF(x + 1, y), QPointF(x - 3, y + 4)]))
        if self.hasFocus():
            painter.setPen(QPen(colours.ink, 1))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()


class FindingCard(Surface):
    """`view_wanted` carries a panel's name, `tried` a dict: remedies by name, with the value to set each to."""

    view_wanted = Signal(str)
    tried = Signal(object)

    def __init__(self, finding: Finding, parent: QWidget | None = None) -> None:
        super().__init__("raised", parent=parent)
        self.finding = finding
        self.setAccessibleName(f"{finding.title}: {how_sure(finding.confidence)}")
        self.rows = [EvidenceRow(measured, number) for measured, number in finding.evidence]
        self.buttons = [QPushButton(suggestion.words) for suggestion in finding.suggestions]
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.px(12), theme.px(8), theme.px(12), theme.px(10))
        box.setSpacing(theme.px(4))
        box.addWidget(TextLabel(finding.title, 13, bold=True, wrap=True))
        box.addWidget(TextLabel(how_sure(finding.confidence), 11, "ink3"))
        box.addWidget(TextLabel(finding.sentence, 12, wrap=True))
        for row in self.rows:
            row.clicked.connect(partial(self.view_wanted.emit, finding.panel))
            box.addWidget(row)
        if self.buttons:
            box.addWidget(TextLabel("Try on a twin:", 11, "ink3"))
        for button, suggestion in zip(self.buttons, finding.suggestions, strict=True):
            button.setToolTip("Puts a twin with just that changed beside a copy of this run")
            button.setAutoDefault(True)  # Enter presses the one that has the focus: Space is the window's
            button.setMinimumWidth(theme.px(40))
            button.clicked.connect(partial(self.tried.emit, suggestion.changes))
            line = QHBoxLayout()
            line.addWidget(button)
            line.addStretch(1)
            box.addLayout(line)
