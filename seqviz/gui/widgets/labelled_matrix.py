"""A matrix whose cells, columns and meaning are written on it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from seqviz.gui import theme
from seqviz.gui.widgets.matrix_view import index_image, matrix_image, paint_matrix

Floats = NDArray[np.floating]
TOP, TURNED, BOTTOM = 15, 46, 16  # px at scale 1: column names, names turned upright, caption
NARROWEST = 11  # px at scale 1 of a column with a name
_CENTRE = int(Qt.AlignmentFlag.AlignCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


def paint_cells(painter: QPainter, area: QRectF, values: Floats, names: list[list[str]] | None = None) -> None:
    """Cells (row, column) by colour; in each its name, else its number where there is room for one."""
    table, indices = theme.colour_table("viridis"), index_image(values, 0.0, 1.0, "sqrt")
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    paint_matrix(painter, area, matrix_image(indices, table))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    rows, columns = values.shape
    wide, high = area.width() / columns, area.height() / rows
    if high < theme.px(11) or (names is None and (wide < theme.px(30) or high < theme.px(15))):
        return
    painter.setFont(theme.font(11))
    for row in range(rows):
        for column in range(columns):
            painter.setPen(theme.contrasting(QColor(table[int(indices[row, column])])))
            cell = QRectF(area.left() + column * wide, area.top() + row * high, wide, high)
            text = f"{float(values[row, column]):.2f}" if names is None else names[row][column]
            painter.drawText(
                cell, _CENTRE, theme.metrics(11).elidedText(text, Qt.TextElideMode.ElideRight, max(wide, 11))
            )


def paint_columns(painter: QPainter, area: QRectF, names: list[str]) -> None:
    """Names over the columns, all of them or every n-th."""
    cell = area.width() / max(len(names), 1)
    painter.setFont(theme.font(11))
    painter.setPen(theme.theme().ink2)
    widest = max((theme.metrics(11).horizontalAdvance(name) for name in names), default=0.0)
    every = 1 if cell >= theme.px(NARROWEST) or cell >= widest + 2 else math.ceil((widest + theme.px(4)) / cell)
    for column in range(0, len(names), every):
        middle = area.left() + (column + 0.5) * cell
        painter.drawText(QRectF(middle - 40, 0, 80, theme.px(TOP)), _CENTRE, names[column])


def paint_turned(painter: QPainter, area: QRectF, names: list[str]) -> None:
    """Names over the columns, turned upright where they are wider than a column."""
    cell, measure = area.width() / max(len(names), 1), theme.metrics(11)
    painter.setFont(theme.font(11))
    painter.setPen(theme.theme().ink2)
    every = max(1, math.ceil(theme.px(NARROWEST) / cell))
    for column in range(0, len(names), every):
        painter.save()
        painter.translate(area.left() + (column + 0.5) * cell, area.top() - theme.px(3))
        painter.rotate(-90)
        name = measure.elidedText(names[column], Qt.TextElideMode.ElideRight, theme.px(TURNED - 4))
        painter.drawText(QRectF(0, -theme.px(8), theme.px(TURNED), theme.px(16)), _LEFT, name)
        painter.restore()


def paint_caption(painter: QPainter, area: QRectF, words: str) -> None:
    painter.setFont(theme.font(11))
    painter.setPen(theme.theme().ink3)
    foot = QRectF(area.left(), area.bottom() + 1, area.width(), theme.px(BOTTOM))
    painter.drawText(foot, _LEFT, theme.metrics(11).elidedText(words, Qt.TextElideMode.ElideRight, foot.width()))
