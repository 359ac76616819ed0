"""Matrices as 8-bit indexed images: the cheapest way to paint a map thirty times a second."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from seqviz.gui.colour_maps import BLANK, DATA_LEVELS, MASKED

Scale = Literal["linear", "log10", "sqrt"]


def index_image(
    values: ArrayLike,
    lo: float,
    hi: float,
    scale: Scale = "linear",
    mask: NDArray[np.bool_] | None = None,
) -> NDArray[np.uint8]:
    """(rows, columns) numbers -> colour indices 0 .. 253 of the fixed range `lo` .. `hi`, clipped to it.

    NaN becomes `BLANK` (ghost), cells where `mask` is True become `MASKED` (not drawn).
    "log10": values at or under zero take the lowest colour; needs lo > 0. "sqrt": needs lo >= 0.
    """
    assert hi > lo >= {"log10": 1e-300, "sqrt": 0.0, "linear": -np.inf}[scale], (lo, hi, scale)
    array = np.asarray(values, dtype=np.float32)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if scale == "log10":
            array = np.log10(np.where(array > 0, array, np.where(np.isnan(array), np.nan, lo)))
            lo, hi = float(np.log10(lo)), float(np.log10(hi))
        elif scale == "sqrt":
            array = np.sqrt(np.maximum(array, 0))
            lo, hi = float(np.sqrt(lo)), float(np.sqrt(hi))
        places = np.clip((array - lo) * ((DATA_LEVELS - 1) / (hi - lo)), 0, DATA_LEVELS - 1)
    blank = np.isnan(places)
    places[blank] = 0
    indices = np.rint(places).astype(np.uint8)
    indices[blank] = BLANK
    if mask is not None:
        indices[mask] = MASKED
    return indices


def index_of(value: float, lo: float, hi: float, scale: Scale = "linear") -> int:
    """Colour index of one number."""
    return int(index_image(np.array([value]), lo, hi, scale)[0])


def matrix_image(indices: NDArray[np.uint8], table: Sequence[int]) -> QImage:
    """(rows, columns) indices as an image, one pixel a cell. Keep it: repainting it costs almost nothing."""
    assert indices.ndim == 2, indices.shape
    contiguous = np.ascontiguousarray(indices)
    rows, columns = contiguous.shape
    if rows == 0 or columns == 0:
        return QImage()
    indexed = QImage(contiguous.data, columns, rows, columns, QImage.Format.Format_Indexed8)
    indexed.setColorTable(table)
    # The conversion copies, so the numpy buffer may go; later paints need no table look-up.
    return indexed.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def paint_matrix(
    painter: QPainter,
    rect: QRectF,
    matrix: NDArray[np.uint8] | QImage,
    table: Sequence[int] = (),
    smooth: bool = False,
) -> None:
    """Paint a matrix (indices with their colour table, or an image kept from `matrix_image`) into `rect`.

    Cells are hard-edged; `smooth` is for thumbnails only.
    """
    image = matrix if isinstance(matrix, QImage) else matrix_image(matrix, table)
    if image.isNull():
        return
    hint = QPainter.RenderHint.SmoothPixmapTransform
    before = painter.testRenderHint(hint)
    painter.setRenderHint(hint, smooth)
    painter.drawImage(rect, image)
    painter.setRenderHint(hint, before)
