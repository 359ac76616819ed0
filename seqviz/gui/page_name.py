"""The left end of a top bar: the program's name and the switch between its pages."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from seqviz.gui import theme
from seqviz.gui.icon_button import IconButton
from seqviz.gui.widgets.choice_switch import ChoiceSwitch
from seqviz.gui.widgets.painted import PaintedWidget

PAGES = ("Model", "Lab", "Race")
WIDTH, HEIGHT = 216, 55
_KEYS = {
    "Model": "One model, looked at from all sides (Ctrl+1)",
    "Lab": "The gradient laboratory: where the gradient of this model goes (Ctrl+3)",
    "Race": "Several models on one clock (Ctrl+2)",
}


class PageName(PaintedWidget):
    """`page_chosen` carries the page; the switch goes back to where it stands until the window turns the page."""

    page_chosen = Signal(str)

    def __init__(self, page: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._page, self._folded = page, False
        self.switch = ChoiceSwitch("page", PAGES, _KEYS, self, margin=5)
        self.switch.show_option(page)
        self.rail_button = IconButton("menu", "The experiment", "flat", parent=self)
        self.rail_button.hide()
        self.switch.chosen.connect(self._choose)
        self._measure()

    def _choose(self, page: str) -> None:
        self.switch.show_option(self._page)
        self.page_chosen.emit(page)

    def show_page(self, page: str) -> None:
        """The window has turned to this page."""
        self._page = page
        self.switch.show_option(page)

    def fold(self, folded: bool) -> None:
        """Where the rail is a drawer its button takes the place of the name."""
        self._folded = folded
        self.rail_button.setVisible(folded)
        self._measure()

    def _measure(self) -> None:
        size = self.switch.sizeHint()
        self.switch.setFixedSize(size)
        left = theme.px(40) if self._folded else theme.px(WIDTH) - size.width() - theme.px(6)
        self.setFixedSize(left + size.width() + theme.px(6), theme.px(HEIGHT))
        self.switch.move(left, (self.height() - size.height()) // 2)
        self.rail_button.move(theme.px(12), (self.height() - self.rail_button.height()) // 2)
        self.update()

    def on_theme_changed(self) -> None:
        super().on_theme_changed()
        self._measure()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._folded:
            return
        painter = QPainter(self)
        painter.setFont(theme.font(18, bold=True))
        painter.setPen(theme.theme().ink)
        area = QRectF(theme.px(16), 0, self.switch.x() - theme.px(16), self.height())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), "seqviz")
        painter.end()
