"""A gradient map with one row (one loss, at the end of a sequence) as bars: their height says more than a colour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from seqviz.gui import theme
from seqviz.gui.colour_maps import BLANK, MASKED
from seqviz.gui.widgets.axes import Axis
from seqviz.gui.widgets.causal_map import MapGeometry
from seqviz.gui.widgets.plot_painting import paint_y_axis, pixel_y


def paint_profile_axis(painter: QPainter, geometry: MapGeometry, axis: Axis) -> None:
    """Decades at the left with their lines, and which loss this is."""
    area = geometry.area()
    paint_y_axis(painter, area, axis)
    painter.setFont(theme.font(11, bold=True))
    painter.setPen(theme.theme().ink2)
    words = QRectF(0, pixel_y(area, axis, 1.0) + theme.px(8), area.left() - theme.px(6), theme.px(32))
    painter.drawText(words, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop), "the one\nloss")


def paint_profile(
    painter: QPainter,
    geometry: MapGeometry,
    axis: Axis,
    values: NDArray[np.floating],
    indices: NDArray[np.uint8],
    table: Sequence[int],
) -> None:
    """One bar for each visible column; `values` (n,) as numbers of the axis, `indices` (n,) their colours."""
    area, gap = geometry.area(), 1 if geometry.grid.cell < 12 else 2
    for column in geometry.grid.columns():
        value = float(values[column])
        if not np.isfinite(value) or indices[column] in (MASKED, BLANK):
            continue
        top = round(area.bottom() - min(max(axis.place(value), 0.004), 1.0) * area.height())
        bar = QRectF(geometry.grid.x_of(column), top, geometry.grid.cell - gap, area.bottom() - top)
        painter.fillRect(bar, QColor.fromRgb(table[int(indices[column])]))
