"""Canned frames of a probe for the sheet panels, and the mouse."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent
from PySide6.QtWidgets import QApplication

from seqviz.core.batch import Ruler
from seqviz.core.events import Frame, RunStarted
from seqviz.core.units import bits_per
from seqviz.gui.panels.base import Cursor, Snapshot
from seqviz.gui.panels.painted_sheet import PaintedSheetPanel
from seqviz.gui.widgets.column_grid import ColumnGrid

TEXT = "the cat, the dog"
N = len(TEXT)


def run_of(
    family: str = "lstm", provides: tuple[str, ...] = (), model: Mapping[str, object] | None = None
) -> RunStarted:
    return RunStarted(
        "r", "", {"model": dict(model or {})}, family.upper(), family, bits_per("character"), tuple("abcdefgh"), (), (),
        "unbounded", 1, "", provides, "cpu", 1,
    )  # fmt: skip


def frame_of(
    arrays: Mapping[str, np.ndarray],
    text: tuple[str, ...] = tuple(TEXT),
    step: int = 1,
    axes: Mapping[str, tuple[str, ...]] | None = None,
) -> Frame:
    return Frame(step, "r", dict(arrays), dict(axes or {}), {"t": Ruler(text)}, dict.fromkeys(arrays, step))


def snapshot_of(
    arrays: Mapping[str, np.ndarray],
    cursor: Cursor | None = None,
    run: RunStarted | None = None,
    text: tuple[str, ...] = tuple(TEXT),
    step: int = 1,
) -> Snapshot:
    return Snapshot(
        run=run or run_of(provides=tuple(arrays)), frame=frame_of(arrays, text, step), cursor=cursor or Cursor(5)
    )


def lay_out(
    panel: PaintedSheetPanel, n: int = N, width: int = 500, height: int = 260, visible: int | None = None
) -> None:
    """Give the panel a size and a grid of cells 24 px wide; `visible`: a window from column 0 on."""
    panel.resize(width, height)
    panel.set_grid(ColumnGrid(n, 76, 24, 0, n if visible is None else visible))


def picture(panel: PaintedSheetPanel) -> QImage:
    return panel.grab().toImage()


def colour_at(image: QImage, x: float, y: float) -> str:
    return QColor(image.pixel(round(x), round(y))).name()


def mouse(panel: PaintedSheetPanel, kind: QEvent.Type, x: float, y: float) -> None:
    button = Qt.MouseButton.LeftButton if kind == QEvent.Type.MouseButtonPress else Qt.MouseButton.NoButton
    at = QPointF(x, y)
    event = QMouseEvent(kind, at, panel.mapToGlobal(at), button, button, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(panel, event)


def hover(panel: PaintedSheetPanel, x: float, y: float) -> None:
    mouse(panel, QEvent.Type.MouseMove, x, y)


def click(panel: PaintedSheetPanel, x: float, y: float) -> None:
    mouse(panel, QEvent.Type.MouseButtonPress, x, y)


def causal(n: int = N, fade: float = 0.5, last_row: bool = False) -> np.ndarray:
    """(t, s) that falls by `fade` with every position; nan above the diagonal and, without target, in the last row."""
    distance = np.arange(n)[:, None] - np.arange(n)[None, :]
    values = np.where(distance >= 0, 3.0 * fade ** np.maximum(distance, 0), np.nan)
    if not last_row:
        values[-1] = np.nan
    return values.astype(np.float32)
