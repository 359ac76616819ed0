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
        self._bar: QWidget | None = None
        sheet.setParent(self)
        column.setParent(self)

    def set_bar(self, bar: QWidget) -> None:
        """A bar over both, while it is not hidden."""
        self._bar = bar
        bar.setParent(self)
        self.arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.arrange()

    def arrange(self) -> None:
        width, height, gap = self.width(), self.height(), theme.px(GAP)
        top = 0
        if self._bar is not None and not self._bar.isHidden():
            self._bar.setGeometry(0, 0, width, self._bar.height())
            top = self._bar.height() + gap // 2
        column = max(theme.px(COLUMN_LEAST), round(width * COLUMN_SHARE))
        self._sheet.setGeometry(0, top, max(width - column - gap, 1), height - top)
        self._column.setGeometry(width - column, top, column, height - top)


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
