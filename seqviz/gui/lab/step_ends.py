"""Painting of the last two sub-steps: the gradient's length against the limit, and what becomes of each tensor."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import groupby

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from seqviz.core.units import Unit
from seqviz.gui import theme
from seqviz.gui.lab.anatomy import Anatomy, StepFigures, tensor_group, tensor_letter
from seqviz.gui.number_text import loss_text, power_label
from seqviz.gui.widgets.panel_header import paint_reading

LOW, HIGH, GUIDE = -6.0, 0.0, -3.0  # log10 of update / weight: what the bars show, and the usual rule
LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


def paint_clip(painter: QPainter, area: QRectF, figures: StepFigures, done: bool) -> None:
    """Two bars: the length of the whole gradient before and after, and the limit as a line."""
    colours = theme.theme()
    line = theme.metrics(11).height() + theme.px(2)
    after = figures.norm * figures.kept
    without = "entries cut to their limit" if figures.kept < 1 else "no limit is set"
    limit = f"limit {theme.short(figures.limit)}" if figures.limit else without
    _title(painter, area, "clip", f"‖∇L‖, {limit}", done)
    known = [value for value in (figures.norm, figures.limit) if math.isfinite(value)]
    highest = max([*known, 1e-12]) * 1.08
    words = theme.metrics(11).horizontalAdvance("before")
    number = theme.metrics(11, bold=True).horizontalAdvance("0.000 000")
    bed_left = area.left() + words + theme.px(8)
    room = max(area.right() - bed_left - number, theme.px(20))
    rows = (("before", figures.norm, colours.track), ("after", after, colours.ink2))
    for number_of, (word, value, colour) in enumerate(rows):
        y = area.top() + line * (number_of + 1) + theme.px(4)
        bar = QRectF(bed_left, y + line * 0.22, room, line * 0.56)
        painter.fillRect(bar, colours.ghost)
        painter.setFont(theme.font(11))
        painter.setPen(colours.ink3)
        painter.drawText(QRectF(area.left(), y, words + 4, line), LEFT, word)
        if not done:
            continue
        if math.isfinite(value):
            painter.fillRect(QRectF(bar.left(), bar.top(), max(room * value / highest, 1.0), bar.height()), colour)
        painter.setFont(theme.font(11, bold=True))
        painter.setPen(colours.ink if math.isfinite(value) else colours.warn)
        painter.drawText(QRectF(bar.right() + theme.px(6), y, number, line), LEFT, theme.short(value))
    if figures.limit and done:
        x = round(bed_left + room * figures.limit / highest)
        painter.fillRect(QRectF(x - 1, area.top() + line, 2, 2 * line + theme.px(8)), colours.ink)


def paint_update(painter: QPainter, area: QRectF, anatomy: Anatomy, done: bool, unit: Unit | None) -> None:
    """A bar per tensor: update / weight on a log axis with the 1e-3 guide; the loss before and after."""
    colours, figures = theme.theme(), anatomy.figures
    assert figures is not None
    line = theme.metrics(11).height()
    taken = paint_loss(painter, area, figures, unit) if done else 0.0
    _title(painter, area.adjusted(0, 0, -taken, 0), "update", "‖update‖ / ‖weight‖ of each tensor", done)
    grouped = area.height() >= 4.5 * line + theme.px(10)  # else the bars would be too low to be read
    top, bottom = area.top() + line + theme.px(5), area.bottom() - (2 if grouped else 1) * line - theme.px(1)
    axis = theme.metrics(11).horizontalAdvance("10⁻³") + theme.px(5)
    bars = QRectF(area.left() + axis, top, area.width() - axis, max(bottom - top, 4.0))

    def height_of(power: float) -> float:
        return bars.bottom() - bars.height() * min(max((power - LOW) / (HIGH - LOW), 0.0), 1.0)

    painter.fillRect(bars, colours.ghost)
    if done:
        _paint_bars(painter, bars, anatomy, height_of)
    guide = round(height_of(GUIDE)) + 0.5
    painter.setPen(QPen(colours.ink3, 1.25, Qt.PenStyle.DashLine))
    painter.drawLine(QPointF(bars.left(), guide), QPointF(bars.right(), guide))
    painter.setFont(theme.font(11))
    painter.setPen(colours.ink3)
    painter.drawText(QRectF(area.left(), guide - line / 2, axis, line), LEFT, power_label(10.0**GUIDE))
    _paint_names(painter, bars, anatomy)
    if done:
        _paint_ratios(painter, bars, anatomy, height_of)
    if grouped:
        _paint_groups(painter, bars, list(anatomy.tensors), bars.width() / max(len(anatomy.tensors), 1))


def _tops(bars: QRectF, anatomy: Anatomy, height_of: Callable[[float], float]) -> Iterator[tuple[float, float, float]]:
    """(left edge of the place, y of the bar's top, ratio) of each tensor that moves."""
    each = bars.width() / max(len(anatomy.tensors), 1)
    for index, tensor in enumerate(anatomy.tensors.values()):
        if tensor.ratio > 0:
            top = height_of(math.log10(tensor.ratio)) if math.isfinite(tensor.ratio) else bars.top()
            yield bars.left() + index * each, top, tensor.ratio


def _paint_bars(painter: QPainter, bars: QRectF, anatomy: Anatomy, height_of: Callable[[float], float]) -> None:
    each = bars.width() / max(len(anatomy.tensors), 1)
    wide = min(each - theme.px(4), theme.px(34))
    for x, top, _ in _tops(bars, anatomy, height_of):
        painter.fillRect(QRectF(x + (each - wide) / 2, top, wide, bars.bottom() - top), theme.theme().track)


def _paint_ratios(painter: QPainter, bars: QRectF, anatomy: Anatomy, height_of: Callable[[float], float]) -> None:
    """The numbers, inside the bars at their feet: there no line runs through them."""
    measure, each = theme.metrics(11), bars.width() / max(len(anatomy.tensors), 1)
    painter.setFont(theme.font(11))
    painter.setPen(theme.theme().ink)
    for x, _, ratio in _tops(bars, anatomy, height_of):
        number = theme.short(ratio)
        wide = measure.horizontalAdvance(number)
        if wide < each - 1:
            painter.drawText(QPointF(x + (each - wide) / 2, bars.bottom() - theme.px(3)), number)


def _paint_names(painter: QPainter, bars: QRectF, anatomy: Anatomy) -> None:
    measure, each = theme.metrics(11), bars.width() / max(len(anatomy.tensors), 1)
    painter.setFont(theme.font(11))
    painter.setPen(theme.theme().ink3)
    for index, name in enumerate(anatomy.tensors):
        title = measure.elidedText(tensor_letter(name), Qt.TextElideMode.ElideRight, each - 1)
        place = QRectF(bars.left() + index * each, bars.bottom() + theme.px(1), each, measure.height())
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), title)


def _paint_groups(painter: QPainter, bars: QRectF, names: list[str], each: float) -> None:
    """Under the names the part of the net that they belong to, once, with a line over it."""
    colours, line = theme.theme(), theme.metrics(11).height()
    y, start = bars.bottom() + line + theme.px(1), 0
    for group, members in groupby(names, key=tensor_group):
        count = len(list(members))
        area = QRectF(bars.left() + start * each, y, count * each, line)
        start += count
        painter.fillRect(QRectF(area.left() + theme.px(3), y, area.width() - theme.px(6), 1), colours.track)
        painter.setPen(colours.ink3)
        words = theme.metrics(11).elidedText(group, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), words)


def paint_loss(painter: QPainter, area: QRectF, figures: StepFigures, unit: Unit | None) -> float:
    """`loss 4.71 → 4.56 bits/char`, at the right of the title's line; the width it takes."""
    words = loss_words(figures, unit)
    width = theme.metrics(12).horizontalAdvance(words.replace("**", "")) + theme.px(8)
    baseline = area.top() + theme.metrics(12).ascent()
    paint_reading(painter, area.right() - width, baseline, words, width)
    return width + theme.px(8)


def loss_words(figures: StepFigures, unit: Unit | None) -> str:
    """The loss before and after, the later in bold."""
    factor, name = (unit.per_nat, unit.name) if unit is not None else (1.0, "nats")
    return f"loss {loss_text(figures.before * factor)} → **{loss_text(figures.after * factor)}** {name}"


def _title(painter: QPainter, area: QRectF, word: str, about: str, done: bool) -> None:
    colours, bold = theme.theme(), theme.metrics(12, bold=True)
    baseline = area.top() + bold.ascent()
    painter.setFont(theme.font(12, bold=True))
    painter.setPen(colours.ink if done else colours.ink3)
    painter.drawText(QPointF(area.left(), baseline), word)
    x = area.left() + bold.horizontalAdvance(word) + theme.px(8)
    painter.setFont(theme.font(11))
    painter.setPen(colours.ink3)
    words = theme.metrics(11).elidedText(about, Qt.TextElideMode.ElideRight, max(area.right() - x, 0.0))
    painter.drawText(QPointF(x, baseline), words)
