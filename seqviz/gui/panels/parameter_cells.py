"""The cells of the table of parameter tensors: its columns, and how each figure of a tensor is written or drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from seqviz.core.tensor_names import tensor_title
from seqviz.gui import theme
from seqviz.gui.widgets.axes import Axis
from seqviz.gui.widgets.curve_painting import polygon

GUIDE = 1e-3
RATIOS = Axis(1e-6, 1.0, log=True)


@dataclass(frozen=True)
class Column:
    """`least`: px at scale 1. `figure`: what it is sorted by ("" the model's order). `rank`: the highest go first
    where there is no room for all. `drawn`: a picture, not a number.
    """

    title: str
    under: str
    least: int
    figure: str = ""
    rank: int = 0
    drawn: bool = False


NAME, SHAPE, NORM, LARGEST, ZEROS, SIZES, RATIO, NOISE, ANGLE = COLUMNS = (
    Column("tensor", "click to choose", 118),
    Column("shape", "rows × cols", 74, "size", rank=4),
    Column("gradient", "norm", 66, "gradient_norm"),
    Column("gradient", "largest", 66, "gradient_max", rank=5),
    Column("gradient", "zeros", 64, "zero_share", rank=2),
    Column("its entries", "10⁻¹² to 10²", 96, drawn=True, rank=1),
    Column("update / weight", "10⁻⁶ to 1, log; band: 10⁻³", 150, "update_ratio", drawn=True),
    Column("signal", "/ noise", 56, "signal_to_noise"),
    Column("angle to", "last one", 64, "angle", rank=3),
)

FIGURE_WORDS = {
    "gradient_norm": "gradient norm",
    "gradient_max": "largest entry",
    "zero_share": "zeros in the gradient",
    "weight_norm": "norm of the weights",
    "update_norm": "norm of the update",
    "update_ratio": "update / weight",
    "signal_to_noise": "signal to noise",
    "angle": "angle to the last gradient",
}


def is_left(column: Column) -> bool:
    return column.drawn or column is NAME


def figure_text(figure: str, value: float) -> str:
    """A figure of one tensor with its unit."""
    if not np.isfinite(value):
        return "–"
    if figure == "zero_share":
        return "0 %" if value == 0 else f"{100 * value:.0f} %" if value >= 0.0095 else f"{100 * value:.1g} %"
    if figure == "angle":
        return f"{value:.0f}°"
    return theme.short(value)


def paint_name(painter: QPainter, name: str, box: QRectF, chosen: bool) -> None:
    painter.setFont(theme.font(12, bold=chosen))
    painter.setPen(theme.theme().ink)
    words = theme.metrics(12, chosen).elidedText(
        tensor_title(name), Qt.TextElideMode.ElideMiddle, box.width() - theme.px(8)
    )
    painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), words)


def paint_shape(painter: QPainter, shape: tuple[int, ...], box: QRectF) -> None:
    write(painter, box, " × ".join(map(str, shape)) or "1", muted=True)


def write(painter: QPainter, box: QRectF, text: str, muted: bool = False) -> None:
    painter.setFont(theme.font(12))
    painter.setPen(theme.theme().ink3 if muted or text == "–" else theme.theme().ink)
    flag = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    painter.drawText(box.adjusted(0, 0, -theme.px(10), 0), flag, text)


def paint_histogram(painter: QPainter, histogram: np.ndarray, box: QRectF, colour: QColor) -> None:
    """Each tensor by its own tallest bin: what matters is where it lies."""
    shares = histogram.astype(np.float64)
    inner = box.adjusted(theme.px(8), theme.px(3), -theme.px(10), -theme.px(2))
    painter.setPen(QPen(theme.theme().line, 1))
    painter.drawLine(QLineF(inner.left(), inner.bottom(), inner.right(), inner.bottom()))
    if not shares.max() > 0:
        return
    xs = np.repeat(np.linspace(inner.left(), inner.right(), len(shares) + 1), 2)
    tops = inner.bottom() - np.concatenate([[0.0], np.repeat(shares / shares.max(), 2), [0.0]]) * inner.height()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.faded(colour, 0.75))
    painter.drawPolygon(polygon(xs, tops))


def paint_ratio(painter: QPainter, value: float, box: QRectF, line: tuple[float, float], colour: QColor) -> None:
    """A dot at the value, and how far it is from the guide; `line`: where the axis begins, and its length."""
    if not value > 0:
        return
    left, inner = line
    place = max(0.0, min(1.0, RATIOS.place(value)))
    start, end = left + RATIOS.place(GUIDE) * inner, left + place * inner
    painter.setPen(QPen(theme.faded(colour, 0.5), 1.5 * theme.scale()))
    painter.drawLine(QLineF(start, box.center().y(), end, box.center().y()))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawEllipse(QPointF(end, box.center().y()), theme.px(4), theme.px(4))
