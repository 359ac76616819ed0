"""Notices: lines that come without asking and never block. Errors stay until they are closed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from seqviz.core.events import Notice
from seqviz.gui import theme
from seqviz.gui.icon_button import IconButton
from seqviz.gui.labels import TextLabel, Tone
from seqviz.gui.surfaces import Surface

SHOWN_MS = {"info": 8_000, "warning": 15_000}
MOST, KEPT = 3, 200


class NoticeLine(Surface):
    """One notice: its line, "details" where there are some, "copy report", and a cross."""

    closed = Signal(object)
    resized = Signal()

    def __init__(self, notice: Notice, parent: QWidget | None = None) -> None:
        super().__init__("raised", parent=parent)
        self.notice = notice
        tone: Tone = "warn" if notice.level == "error" else "ink"
        words = {"error": "Error", "warning": "Note", "info": ""}[notice.level]
        self.text = TextLabel(f"{words}: {notice.text}" if words else notice.text, 12, tone, wrap=True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.details = QPushButton("Details")
        self.copy = QPushButton("Copy report")
        self.close_button = IconButton("close", "Close", "flat")
        self._report: QPlainTextEdit | None = None
        line = QHBoxLayout()
        line.addWidget(self.text, 1)
        for button in (self.details, self.copy):
            button.setVisible(bool(notice.details))
            button.setProperty("flat", "true")
            line.addWidget(button)
        line.addWidget(self.close_button)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(theme.px(14), theme.px(8), theme.px(8), theme.px(8))
        self._box.addLayout(line)
        self.setAccessibleName(notice.text)
        self.details.clicked.connect(self.show_details)
        self.copy.clicked.connect(self.copy_report)
        self.close_button.clicked.connect(self._close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._close)
        if notice.level in SHOWN_MS:
            self._timer.start(SHOWN_MS[notice.level])

    def stop(self) -> None:
        self._timer.stop()

    @Slot()
    def show_details(self) -> None:
        """Open the traceback below the line; a second click closes it."""
        if self._report is not None:
            self._report.setVisible(self._report.isHidden())
            self.resized.emit()
            return
        self._timer.stop()
        self._report = QPlainTextEdit(self.notice.details)
        self._report.setReadOnly(True)
        self._report.setFixedHeight(theme.px(220))
        self._box.addWidget(self._report)
        self._report.show()
        self.resized.emit()

    @Slot()
    def copy_report(self) -> None:
        QGuiApplication.clipboard().setText(f"{self.notice.text}\n\n{self.notice.details}")

    @Slot()
    def _close(self) -> None:
        self._timer.stop()
        self.closed.emit(self)


class NoticeStack(QWidget):
    """At most three lines, the newest last; all of them are kept in `kept` for the list in the menu."""

    changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.kept: list[Notice] = []
        self.lines: list[NoticeLine] = []
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(theme.px(6))
        self.hide()

    @Slot(object)
    def add(self, notice: Notice) -> None:
        """Show one; the same text twice is shown once."""
        self.kept = [*self.kept[-(KEPT - 1) :], notice]
        if any(line.notice.text == notice.text for line in self.lines):
            return
        while len(self.lines) >= MOST:
            self.remove(self._least_important())
        line = NoticeLine(notice, self)
        line.closed.connect(self.remove)
        line.resized.connect(self.changed)
        self.lines.append(line)
        self._box.addWidget(line)
        line.show()
        self.show()
        self.changed.emit()

    def _least_important(self) -> NoticeLine:
        return next((line for line in self.lines if line.notice.level != "error"), self.lines[0])

    @Slot(object)
    def remove(self, line: NoticeLine) -> None:
        if line in self.lines:
            self.lines.remove(line)
            self._box.removeWidget(line)
            line.stop()
            line.hide()
            line.deleteLater()
            self.setVisible(bool(self.lines))
            self.changed.emit()

    def fit(self, width: int) -> None:
        """Take the height that the lines need at this width."""
        self.setFixedWidth(width)
        self._box.activate()
        needs = self._box.heightForWidth(width) if self._box.hasHeightForWidth() else self._box.sizeHint().height()
        self.setFixedHeight(max(needs, 1))

    def clear(self) -> None:
        for line in list(self.lines):
            self.remove(line)

    # Qt overrides

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest and self.lines:
            self.changed.emit()  # larger type needs more room
        return super().event(event)
