"""The first page: what shall we train? It stands where the map will be, over a probe that is there already."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from seqviz.gui import theme
from seqviz.gui.groups import plain_first
from seqviz.gui.labels import TextLabel
from seqviz.gui.meanings import family_of
from seqviz.gui.preset_list import PresetChoice
from seqviz.gui.widgets.painted import PaintedWidget

OWN_TEXT = ""  # the card's name for the page of one's own text
MOST = 8
# What a newcomer meets first; what is not named here follows.
FAMILIES = ("lstm", "rnn", "transformer", "ngram", "hmm", "convolution", "tree", "gru")


class ExperimentCard(PaintedWidget):
    """A picture, a title with its dot, two lines of what to watch for."""

    chosen = Signal(str)

    def __init__(self, name: str, model: str, title: str, words: str, race: bool = False) -> None:
        super().__init__()
        self.name, self._model, self._title, self._words, self._race = name, model, title, words, race
        self._current = self._hovered = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(title)
        self.setAccessibleDescription(words)
        self.setToolTip(words)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_current(self, current: bool) -> None:
        if current != self._current:
            self._current = current
            self.update()

    @property
    def current(self) -> bool:
        return self._current

    # Qt overrides

    def sizeHint(self) -> QSize:
        return QSize(theme.px(200), theme.px(108))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(140), theme.px(84))

    def enterEvent(self, event: QEnterEvent) -> None:
        self._hovered = True
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._hovered = False
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.chosen.emit(self.name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self.name)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, colours = QPainter(self), theme.theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = colours.ink if self._current or self.hasFocus() else colours.track if self._hovered else colours.line
        painter.setPen(QPen(frame, 2 if self._current else 1))
        painter.setBrush(colours.rail)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        margin = theme.px(11)
        text_height = theme.px(54)
        picture = QRectF(margin, margin, self.width() - 2 * margin, max(self.height() - text_height - 2 * margin, 12))
        if self._race:
            _draw_race(painter, picture)
        else:
            draw_sign(painter, self._model, picture)
        self._paint_words(painter, margin, picture.bottom() + theme.px(6))
        painter.end()

    def _paint_words(self, painter: QPainter, left: float, top: float) -> None:
        colours, bold = theme.theme(), theme.metrics(13, bold=True)
        base = top + theme.px(14)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.family_colour(self._model) if self._model and not self._race else colours.ink2)
        painter.drawEllipse(QPointF(left + theme.px(4), base - bold.capHeight() / 2), theme.px(4), theme.px(4))
        x = left + theme.px(16)
        painter.setPen(colours.ink)
        painter.setFont(theme.font(13, bold=True))
        key = "Space" if self._current else ""
        room = self.width() - x - left - theme.metrics(11, bold=True).horizontalAdvance(key) - 6
        painter.drawText(QPointF(x, base), bold.elidedText(self._title, Qt.TextElideMode.ElideRight, room))
        painter.setPen(colours.ink2)
        painter.setFont(theme.font(11, bold=True))
        width = theme.metrics(11, bold=True).horizontalAdvance(key)
        painter.drawText(QPointF(self.width() - left - width, base), key)
        painter.setFont(theme.font(11))
        area = QRectF(left, base + theme.px(5), self.width() - 2 * left, theme.px(32))
        painter.drawText(
            area, int(Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap), _two_lines(self._words, area)
        )


def _two_lines(text: str, area: QRectF) -> str:
    """As many whole words as two lines hold."""
    measure, words, lines = theme.metrics(11), text.split(), [""]
    for word in words:
        longer = f"{lines[-1]} {word}".strip()
        if measure.horizontalAdvance(longer) <= area.width():
            lines[-1] = longer
        elif len(lines) == 2:
            lines[-1] = measure.elidedText(longer + " ...", Qt.TextElideMode.ElideRight, area.width())
            break
        else:
            lines.append(word)
    return "\n".join(lines)


def draw_sign(painter: QPainter, model: str, area: QRectF) -> None:
    """A small drawing of what this kind of model is known for; no data, so no colour map."""
    painter.save()
    colour = theme.family_colour(model) if model else theme.theme().ink3
    family = family_of(model)
    if family in _SIGNS:
        _SIGNS[family](painter, area, colour)
    elif not model:
        painter.setPen(QPen(colour, 1.5, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), 4, 4)
        painter.setFont(theme.font(11))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), ".txt  .md  .py")
    else:
        _draw_track(painter, area, colour, fading=family == "rnn")
    painter.restore()


def _draw_track(painter: QPainter, area: QRectF, colour: QColor, fading: bool) -> None:
    """A gate that opens and closes, or a memory that fades."""
    painter.setPen(QPen(colour, 2))
    points = []
    for i in range(61):
        x = i / 60
        y = 1 - math.exp(-4 * x) if fading else (0.85 if abs(x - 0.36) < 0.03 or abs(x - 0.78) < 0.03 else 0.12)
        points.append(QPointF(area.left() + x * area.width(), area.top() + y * area.height()))
    painter.drawPolyline(QPolygonF(points))


def _draw_triangle(painter: QPainter, area: QRectF, colour: QColor) -> None:
    high, wide = max(area.height() / 7, 2.0), max(area.width() / 3 / 8, 2.0)
    painter.setPen(Qt.PenStyle.NoPen)
    for block in range(3):
        left = area.left() + block * area.width() / 3
        for row in range(7):
            for column in range(row + 1):
                strong = (row - column == block) or (column == 0 and block == 2)
                painter.setBrush(theme.faded(colour, 0.9 if strong else 0.22))
                painter.drawRect(QRectF(left + column * wide, area.top() + row * high, wide - 1, high - 1))


def _draw_stairs(painter: QPainter, area: QRectF, colour: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    width = area.width() / 16
    for i in range(16):
        height = area.height() * math.exp(-i / 4)
        painter.drawRect(QRectF(area.left() + i * width, area.bottom() - height, width - 2, height))


def _draw_cone(painter: QPainter, area: QRectF, colour: QColor) -> None:
    """One output above, what it sees below."""
    rows, columns = 4, 16
    across, down = area.width() / (columns - 1), area.height() / (rows - 1)
    radius = min(across, down) / 5

    def place(row: int, column: int) -> QPointF:
        return QPointF(area.left() + column * across, area.bottom() - row * down)

    painter.setBrush(colour)
    for row in range(1, rows):
        for column in range(columns - 1, -1, -(2**row)):
            for below in (column, column - 2 ** (row - 1)):
                painter.setPen(QPen(theme.faded(colour, 0.6), 1))
                painter.drawLine(place(row, column), place(row - 1, below))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(place(row, column), radius, radius)
    for column in range(columns):
        painter.drawEllipse(place(0, column), radius, radius)


def _draw_trellis(painter: QPainter, area: QRectF, colour: QColor) -> None:
    """Hidden states in time, and the likeliest path through them."""
    path, radius = (1, 1, 0, 2, 2, 1, 0, 0, 1), area.height() / 14
    across, down = area.width() / len(path), area.height() / 3
    places = [QPointF(area.left() + (t + 0.5) * across, area.top() + (s + 0.5) * down) for t, s in enumerate(path)]
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.faded(colour, 0.3))
    for t in range(len(path)):
        for state in range(3):
            painter.drawEllipse(QPointF(places[t].x(), area.top() + (state + 0.5) * down), radius, radius)
    painter.setPen(QPen(colour, 2))
    painter.drawPolyline(QPolygonF(places))
    painter.setBrush(colour)
    for at in places:
        painter.drawEllipse(at, radius, radius)


def _draw_tree(painter: QPainter, area: QRectF, colour: QColor) -> None:
    """Parts, and what they are put together to."""
    painter.setBrush(colour)
    levels, down = 4, area.height() / 3
    for level in range(levels):
        count = 2**level
        for node in range(count):
            at = QPointF(area.left() + (node + 0.5) * area.width() / count, area.top() + level * down)
            if level:
                up = QPointF(area.left() + (node // 2 + 0.5) * area.width() * 2 / count, at.y() - down)
                painter.setPen(QPen(theme.faded(colour, 0.6), 1.5))
                painter.drawLine(at, up)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(at, 3, 3)


_SIGNS = {
    "transformer": _draw_triangle,
    "ngram": _draw_stairs,
    "hmm": _draw_trellis,
    "convolution": _draw_cone,
    "tree": _draw_tree,
}


def _draw_race(painter: QPainter, area: QRectF) -> None:
    """Several losses on one clock."""
    painter.save()
    for family, end in zip(FAMILIES[:5], (0.95, 0.7, 0.8, 0.45, 0.3), strict=True):
        points = [
            QPointF(
                area.left() + x / 40 * area.width(), area.top() + area.height() * end * (1 - math.exp(-x / 12 * end))
            )
            for x in range(41)
        ]
        painter.setPen(QPen(theme.family_colour(family), 1.5))
        painter.drawPolyline(QPolygonF(points))
    painter.restore()


class FirstStart(QWidget):
    """`chosen` carries a preset's name, or OWN_TEXT."""

    chosen = Signal(str)

    def __init__(self, presets: list[PresetChoice], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: list[ExperimentCard] = []
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.px(24), theme.px(20), theme.px(24), theme.px(12))
        box.setSpacing(theme.px(10))
        box.addWidget(TextLabel("What shall we train?", 24, bold=True))
        words = "Pick an experiment and press Space. Every view below fills in with the first traced frame."
        box.addWidget(TextLabel(words, 12, "ink2", wrap=True))
        grid = QGridLayout()
        grid.setSpacing(theme.px(10))
        for preset in varied(presets, MOST):
            card = ExperimentCard(preset.name, preset.model, preset.title, preset.description, preset.racers > 0)
            self._add(grid, card)
        words = "Drop a file on the window, open one, or paste some words."
        self._add(grid, ExperimentCard(OWN_TEXT, "", "Your own text", words))
        box.addLayout(grid, 1)

    def _add(self, grid: QGridLayout, card: ExperimentCard) -> None:
        card.chosen.connect(self.chosen)
        grid.addWidget(card, len(self.cards) // 3, len(self.cards) % 3)
        self.cards.append(card)

    def show_current(self, name: str) -> None:
        """Frame the card of the experiment that Space would start."""
        for card in self.cards:
            card.set_current(bool(name) and card.name == name)


def varied(presets: list[PresetChoice], count: int) -> list[PresetChoice]:
    """Presets that differ most: the plainest one of each family, a race at the end."""
    own = [preset for preset in presets if not preset.name.startswith(("figures/", "yours/"))]
    best: dict[str, PresetChoice] = {}
    for preset in sorted((p for p in own if not p.racers), key=lambda p: (plain_first(p), p.name)):
        best.setdefault(family_of(preset.model), preset)
    known = [best.pop(family) for family in FAMILIES if family in best]
    races = sorted((p for p in own if p.racers), key=lambda p: -p.racers)[:1]
    return [*[*known, *best.values()][: count - len(races)], *races]
