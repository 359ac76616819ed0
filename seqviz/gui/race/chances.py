"""Who expected the token under the cursor: the chance that every racer gave it, as bars in the racers' colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from seqviz.gui import theme
from seqviz.gui.race.racer import Racer
from seqviz.gui.widgets.curve_labels import colour_of
from seqviz.gui.widgets.painted import PaintedWidget

ROW = 25
_VLEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_VRIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True)
class Chance:
    """`share` 0 .. 1; nan where the racer gives no probability."""

    number: int
    label: str
    colour: str
    share: float
    chosen: bool = False

    @property
    def text(self) -> str:
        return percent(self.share)


def percent(share: float) -> str:
    """`38 %`, `4.4 %`, `0.02 %`, `–` where there is none."""
    if math.isnan(share):
        return "–"
    value = 100 * share
    if value >= 9.95:
        return f"{value:.0f} %"
    if value >= 0.095:
        return f"{value:.1f} %"
    return "0 %" if value == 0 else "< 0.01 %" if value < 0.01 else f"{value:.2f} %"


def chances(racers: Sequence[Racer], token: int, selected: int) -> list[Chance]:
    """What each gave to the token at this position, the surest first; those that gave nothing last."""
    found = []
    for racer in racers:
        bits = racer.surprisal()
        known = bits is not None and 0 <= token < len(bits) and not math.isnan(bits[token])
        share = 2.0 ** -float(bits[token]) if known and bits is not None else math.nan
        found.append(Chance(racer.number, racer.label, racer.style.colour, share, racer.number == selected))
    return sorted(found, key=lambda c: (math.isnan(c.share), -c.share if not math.isnan(c.share) else 0.0, c.number))


def spread_words(found: Sequence[Chance]) -> str:
    """One sentence about who knew."""
    known = [chance for chance in found if not math.isnan(chance.share)]
    if len(known) < 2:
        return ""
    best, worst = known[0], known[-1]
    if best.share < 0.1:
        return f"Nobody expected it: even {best.label} gave it only {best.text}."
    if worst.share > 0.6:
        return "All of them saw it coming."
    if best.share >= 0.3 and best.share >= 3 * max(known[1].share, 1e-9):
        return f"Only {best.label} saw it coming."
    if best.share < 2 * worst.share:
        return "They are of about one mind here."
    times = best.share / worst.share if worst.share > 0 else math.inf
    many = "infinitely many" if math.isinf(times) else theme.short(float(f"{times:.2g}"))
    return f"{best.label} thought it {many} times likelier than {worst.label}."


class ChanceBars(PaintedWidget):
    """One row a racer; a click selects it."""

    row_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None, size: float = 11) -> None:
        super().__init__(parent)
        self._rows: tuple[Chance, ...] = ()
        self._size = size  # of the type, px at scale 1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("chance given by every racer")

    def show_chances(self, rows: Sequence[Chance]) -> None:
        if tuple(rows) != self._rows:
            grown = len(rows) != len(self._rows)
            self._rows = tuple(rows)
            self.setAccessibleDescription(", ".join(f"{row.label} {row.text}" for row in rows))
            if grown:
                self.updateGeometry()
            self.update()

    @property
    def rows(self) -> tuple[Chance, ...]:
        return self._rows

    def sizeHint(self) -> QSize:
        return QSize(theme.px(200), self._row_height * max(len(self._rows), 2))

    @property
    def _row_height(self) -> int:
        return theme.px(ROW * self._size / 11)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme.theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        measure, row = theme.metrics(self._size, bold=True), self._row_height
        names = max((measure.horizontalAdvance(r.label) for r in self._rows), default=0.0)
        names = min(names, self.width() * 0.42) + theme.px(8)
        numbers = measure.horizontalAdvance("< 0.01 %") + theme.px(4)
        room = max(self.width() - names - numbers, 10.0)
        top = max((r.share for r in self._rows if not math.isnan(r.share)), default=1.0) or 1.0
        for at, chance in enumerate(self._rows):
            y = at * row
            bold = chance.chosen
            painter.setFont(theme.font(self._size, bold))
            painter.setPen(colours.ink if bold else colours.ink2)
            label = theme.metrics(self._size, bold).elidedText(chance.label, Qt.TextElideMode.ElideRight, names - 6)
            painter.drawText(QRectF(0, y, names, row), _VLEFT, label)
            width = 0.0 if math.isnan(chance.share) else max(room * chance.share / top, 1.5)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour_of(chance.colour))
            painter.drawRoundedRect(QRectF(names, y + row * 0.2, width, row * 0.6), 2, 2)
            painter.setPen(colours.ink if bold else colours.ink2)
            painter.drawText(QRectF(self.width() - numbers, y, numbers, row), _VRIGHT, chance.text)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = int(event.position().y() // self._row_height)
        if 0 <= at < len(self._rows):
            self.row_clicked.emit(self._rows[at].number)
