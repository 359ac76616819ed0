"""A panel as a picture or as numbers: PNG, SVG, CSV. The numbers come from the panel's arrays, not from its picture."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QRect
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPixmap
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from seqviz.gui import theme
from seqviz.gui.panels.base import Panel

FORMATS = ("png", "svg", "csv")


def csv_text(arrays: Mapping[str, np.ndarray]) -> str:
    """Columns under one head where all arrays are rows of the same length, else one block per array.

    A block starts with the array's name and shape; arrays of more than two axes are unrolled over the first ones.
    Missing values (NaN) are empty.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    lengths = {np.shape(array)[0] for array in arrays.values() if np.ndim(array) == 1}
    if arrays and len(lengths) == 1 and all(np.ndim(array) == 1 for array in arrays.values()):
        writer.writerow(arrays)
        writer.writerows(zip(*(map(_cell, array) for array in arrays.values()), strict=True))
        return out.getvalue()
    for name, array in arrays.items():
        array = np.asarray(array)
        writer.writerow([f"{name} {'x'.join(map(str, array.shape))}"])
        rows = array.reshape(-1, array.shape[-1]) if array.ndim > 1 else array.reshape(1, -1)
        writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else f"{value:.9g}"
    return str(value)


def svg_bytes(widget: QWidget, title: str) -> bytes:
    """The widget as SVG 1.2 Tiny; text stays text."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(widget.size())
    generator.setViewBox(QRect(QPoint(0, 0), widget.size()))
    generator.setTitle(title)
    painter = QPainter(generator)
    painter.fillRect(widget.rect(), QColor(theme.theme().sheet))
    widget.render(painter, QPoint(0, 0), renderFlags=QWidget.RenderFlag.DrawChildren)
    painter.end()
    buffer.close()
    return bytes(data.data())


def save_panel(panel: Panel, frame: QWidget, path: Path) -> None:
    """Write the panel in the format that the file's ending names.

    Raises
    ------
    ValueError
        when the ending is none of png, svg, csv, or there are no numbers yet.
    OSError
        when the file cannot be written.
    """
    kind = path.suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise ValueError(f"{path.name}: a panel is saved as .png, .svg or .csv")
    if kind == "csv":
        path.write_text(csv_text(numbers_of(panel)), encoding="utf-8")
    elif kind == "svg":
        path.write_bytes(svg_bytes(frame, panel.title))
    elif not picture(frame).save(str(path), "PNG"):
        raise OSError(f"{path.name}: could not be written")


def numbers_of(panel: Panel) -> Mapping[str, np.ndarray]:
    """What the panel exports.

    Raises
    ------
    ValueError
        when it has shown nothing yet.
    """
    arrays = panel.export()
    if not arrays:
        raise ValueError(f"{panel.title} has no numbers yet")
    return arrays


def picture(frame: QWidget) -> QPixmap:
    """The frame on its own ground as a pixmap."""
    ratio = frame.devicePixelRatioF()
    pixmap = QPixmap(frame.size() * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(theme.theme().sheet)
    painter = QPainter(pixmap)
    frame.render(painter, QPoint(0, 0), renderFlags=QWidget.RenderFlag.DrawChildren)
    painter.end()
    return pixmap


def copy_picture(frame: QWidget) -> None:
    QGuiApplication.clipboard().setPixmap(picture(frame))


def copy_numbers(panel: Panel) -> None:
    """The numbers as CSV on the clipboard; see `numbers_of` for the error."""
    QGuiApplication.clipboard().setText(csv_text(numbers_of(panel)))
