"""The centre: the aligned sheet with the time column beside it, or one page in their place."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from seqviz.gui import theme
from seqviz.gui.sheet import Sheet
from seqviz.gui.time_column import TimeColumn

GAP, COLUMN_LEAST, COLUMN_SHARE = 8, 272, 0.278


class Views(QWidget):
    """The sheet takes what the time column leaves: at least 272 px, a good quarter of the width."""

    def __init__(self, sheet: Sheet, column: TimeColumn, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sheet, self._column = sheet, column
        sheet.setParent(self)
        column.setParent(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.arrange()

    def arrange(self) -> None:
        width, height, gap = self.width(), self.height(), theme.px(GAP)
        column = max(theme.px(COLUMN_LEAST), round(width * COLUMN_SHARE))
        self._sheet.setGeometry(0, 0, max(width - column - gap, 1), height)
        self._column.setGeometry(width - column, 0, column, height)


class Centre(QStackedWidget):
    """`views` is page 0; other pages are made when they are asked for."""

    page_changed = Signal()

    def __init__(self, sheet: Sheet, column: TimeColumn, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.views = Views(sheet, column)
        self.addWidget(self.views)

    def show_page(self, page: QWidget | None) -> None:
        """Show a page in place of the views; None: the views again."""
        target = page or self.views
        if self.indexOf(target) < 0:
            self.addWidget(target)
        if target is not self.currentWidget():
            self.setCurrentWidget(target)
            self.page_changed.emit()
