"""How big the model is: parameters by group, memory, and how far back it can see."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from seqviz.core.events import RunStarted
from seqviz.gui import theme
from seqviz.gui.widgets.painted import PaintedWidget

MOST_ROWS = 4


def memory_words(count: int) -> str:
    """Bytes in the unit a person reads: KiB below one MiB."""
    if count < 2**10:
        return f"{count} bytes"
    return f"{count / 2**20:.1f} MiB" if count >= 2**20 else f"{count / 2**10:.0f} KiB"


def shown_groups(groups: tuple[tuple[str, int], ...]) -> list[tuple[str, int]]:
    """At most four rows: the smallest groups beyond that are added up as "other"."""
    real = [(name, count) for name, count in groups if count]
    if len(real) <= MOST_ROWS:
        return real
    biggest = sorted(real, key=lambda item: -item[1])[: MOST_ROWS - 1]
    rest = sum(count for _, count in real) - sum(count for _, count in biggest)
    return [item for item in real if item in biggest] + [("other", rest)]


class SizeBox(PaintedWidget):
    """Painted by hand; `lines` is what it says."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run: RunStarted | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("size of the model")

    def show_run(self, run: RunStarted | None) -> None:
        self._run = run
        self.setAccessibleDescription("; ".join(" ".join(line) for line in self.lines()))
        self.updateGeometry()
        self.update()

    @property
    def total(self) -> int:
        return 0 if self._run is None else sum(count for _, count in self._run.parameters)

    def lines(self) -> list[tuple[str, str]]:
        """What stands under the number and its bar."""
        if self._run is None:
            return []
        memory = memory_words(self._run.memory_bytes) if self.total else ""
        facts = [("memory", memory), ("receptive field", self._run.receptive_field)]
        return [(name, value) for name, value in facts if value]

    def _groups(self) -> list[tuple[str, int]]:
        return [] if self._run is None else shown_groups(self._run.parameters)

    def _tones(self) -> list[QColor]:
        """Greys, so that no colour here could be taken for data; the biggest group is darkest."""
        colours, groups = theme.theme(), self._groups()
        tones = [theme.faded(colours.ink2, share) for share in (0.35, 0.9, 0.6, 0.45)]
        biggest = max(range(len(groups)), key=lambda i: groups[i][1], default=0)
        picked = [tones[0], tones[2], tones[3], theme.faded(colours.ink2, 0.25)][: len(groups)]
        if picked:
            picked[biggest] = tones[1]
        return picked

    # Qt overrides

    def sizeHint(self) -> QSize:
        rows = len(self._groups()) + len(self.lines())
        return QSize(
            theme.px(184),
            theme.px((74 if self.total else 48) + 18 * rows + 6) if self._run is not None else theme.px(48),
        )

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(100), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self.static_layer(self._run and self._run.run_id, self._draw))
        painter.end()

    def _draw(self, painter: QPainter) -> None:
        colours, width = theme.theme(), self.width()
        painter.setFont(theme.font(13, bold=True))
        painter.setPen(colours.ink)
        painter.drawText(QPointF(0, theme.px(14)), "Size")
        if self._run is None:
            painter.setFont(theme.font(11))
            painter.setPen(colours.ink2)
            painter.drawText(QPointF(0, theme.px(36)), "known once the model is built")
            return
        if self.total:
            painter.setFont(theme.font(20, bold=True))
            painter.drawText(QPointF(0, theme.px(42)), theme.thousands(self.total))
            self._right(painter, "parameters", theme.px(42))
            self._draw_bar(painter, QRectF(0, theme.px(52), width, theme.px(8)))
        else:
            self._line(painter, "no weights to train", "", 0, theme.px(36))
        y = theme.px(80 if self.total else 54)
        for (name, count), tone in zip(self._groups(), self._tones(), strict=True):
            painter.fillRect(QRectF(0, y - theme.px(8), theme.px(8), theme.px(8)), tone)
            self._line(painter, name, theme.thousands(count), theme.px(14), y)
            y += theme.px(18)
        y += theme.px(4)
        for name, value in self.lines():
            self._line(painter, name, value, 0, y)
            y += theme.px(18)

    def _draw_bar(self, painter: QPainter, area: QRectF) -> None:
        groups, total = self._groups(), max(self.total, 1)
        x, gap = area.left(), 2.0
        room = area.width() - gap * (len(groups) - 1)
        for (_, count), tone in zip(groups, self._tones(), strict=True):
            share = max(room * count / total, 1.0)
            painter.fillRect(QRectF(x, area.top(), share, area.height()), tone)
            x += share + gap

    def _line(self, painter: QPainter, name: str, value: str, left: float, y: float) -> None:
        painter.setFont(theme.font(11))
        painter.setPen(theme.theme().ink2)
        room = self.width() - left - theme.metrics(11).horizontalAdvance(value) - 6
        painter.drawText(QPointF(left, y), _elided(name, room))
        self._right(painter, value, y)

    def _right(self, painter: QPainter, text: str, y: float) -> None:
        painter.setFont(theme.font(11))
        painter.setPen(theme.theme().ink2)
        painter.drawText(QPointF(self.width() - theme.metrics(11).horizontalAdvance(text), y), text)


def _elided(text: str, room: float) -> str:
    return theme.metrics(11).elidedText(text, Qt.TextElideMode.ElideRight, room)
