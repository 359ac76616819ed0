"""A panel torn out: a window of its own, with a copy of the probe strip where it stands on the sheet's columns."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from seqviz.gui import theme
from seqviz.gui.aligned_view import AlignedView
from seqviz.gui.panel_frame import PanelFrame
from seqviz.gui.panels.base import Snapshot


class FloatWindow(QWidget):
    """Closing it puts the panel back where it was."""

    docked = Signal(str)  # the panel's name
    cursor_moved = Signal(object)

    def __init__(self, frame: PanelFrame, gutter: int, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.frame = frame
        self.setWindowTitle(f"{frame.panel.title} - seqviz")
        self.view = AlignedView(frame.panel, frame, gutter)
        self.view.cursor_moved.connect(self.cursor_moved)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.view)
        self.resize(theme.px(720), theme.px(480))

    def present(self, snapshot: Snapshot, probe: str) -> None:
        if self.isVisible():
            self.view.present(snapshot, probe)

    def closeEvent(self, event: QCloseEvent) -> None:
        event.accept()
        self.docked.emit(self.frame.name)
