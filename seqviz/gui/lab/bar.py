"""The laboratory's own bar over the views: which room is shown, and what it answers."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from seqviz.gui import theme
from seqviz.gui.lab.rooms import ROOMS, Room, room_titled
from seqviz.gui.widgets.choice_switch import ChoiceSwitch
from seqviz.gui.widgets.painted import PaintedWidget

HEIGHT = 36


class LabBar(PaintedWidget):
    """`room_chosen` carries a room's name."""

    room_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.room: Room = ROOMS[0]
        self.missing = ""
        tips = {room.title: f"{room.question} (Alt+{number})" for number, room in enumerate(ROOMS, 1)}
        self.switch = ChoiceSwitch("room", [room.title for room in ROOMS], tips, self)
        self.switch.chosen.connect(self._choose)
        self._place()

    def show_room(self, room: Room, missing: str = "") -> None:
        """Mark the room that is shown; `missing`: why what leads it is not there, said beside the question."""
        self.room, self.missing = room, missing
        self.switch.show_option(room.title)
        self.update()

    def words(self, width: float) -> str:
        """What stands beside the switch: the question and what is missing, where there is room for both."""
        both = " · ".join(part for part in (self.room.question, self.missing) if part)
        return both if theme.metrics(12).horizontalAdvance(both) <= width else self.missing or self.room.question

    def _choose(self, title: str) -> None:
        self.room_chosen.emit(room_titled(title).name)

    def _place(self) -> None:
        self.setFixedHeight(theme.px(HEIGHT))
        self.switch.setFixedSize(self.switch.sizeHint())
        self.switch.move(0, (self.height() - self.switch.height()) // 2)

    def on_theme_changed(self) -> None:
        super().on_theme_changed()
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme.font(12))
        painter.setPen(theme.theme().ink2)
        left = self.switch.width() + theme.px(16)
        area = QRectF(left, 0, max(self.width() - left, 0), self.height())
        metrics = painter.fontMetrics()
        words = self.words(area.width())
        words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, int(area.width()))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), words)
        painter.end()
