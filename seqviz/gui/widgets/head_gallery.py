"""Thumbnails of all attention heads: where each stands, which one is under the mouse, how they are painted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPen

from seqviz.gui import theme

Head = tuple[int, int]  # block, head, counted from 0
ASPECT = 1.55
LARGEST_SIDE = 64  # cells a side of a thumbnail; longer patterns keep the largest of each square
LABEL, GAP = 15, 8


@dataclass(frozen=True)
class HeadGallery:
    """Heads in reading order in `columns` columns of one rectangle; `labelled` where words fit under them."""

    heads: tuple[Head, ...]
    left: float
    top: float
    cell_width: float
    cell_height: float
    columns: int
    labelled: bool

    @classmethod
    def lay_out(cls, heads: tuple[Head, ...], area: QRectF) -> HeadGallery | None:
        """As large as fits; None where there is no room at all."""
        if not heads or area.width() < theme.px(60) or area.height() < theme.px(24):
            return None
        label = theme.px(LABEL)

        def side(columns: int) -> float:
            width = area.width() / columns - theme.px(GAP)
            height = area.height() / math.ceil(len(heads) / columns) - label - theme.px(GAP) / 2
            return min(width / ASPECT, height)

        columns = max(range(1, len(heads) + 1), key=side)
        a_block = sum(1 for block, _ in heads if block == heads[0][0])
        if side(a_block) >= 0.7 * side(columns):
            columns = a_block  # one row of thumbnails a block reads best
        labelled = side(columns) >= theme.px(16)
        rows = math.ceil(len(heads) / columns)
        width, height = area.width() / columns, area.height() / rows
        height = min(height, (width - theme.px(GAP)) / ASPECT + label + theme.px(GAP) / 2)
        return cls(heads, area.left(), area.top(), width, height, columns, labelled)

    def picture(self, head: Head) -> QRectF:
        """Rectangle of a head's thumbnail."""
        row, column = divmod(self.heads.index(head), self.columns)
        low = theme.px(LABEL) + theme.px(GAP) / 2 if self.labelled else theme.px(3)
        height = self.cell_height - low
        width = min(self.cell_width - theme.px(GAP), height * ASPECT * 1.15)
        return QRectF(self.left + column * self.cell_width, self.top + row * self.cell_height, width, height)

    def head_at(self, x: float, y: float) -> Head | None:
        """The head whose thumbnail or name is under a point."""
        column, row = (x - self.left) // self.cell_width, (y - self.top) // self.cell_height
        index = int(row * self.columns + column)
        inside = 0 <= column < self.columns and row >= 0 and index < len(self.heads)
        return self.heads[index] if inside else None


def paint_gallery(
    painter: QPainter, gallery: HeadGallery, images: Mapping[Head, QImage], selected: Head | None
) -> None:
    """The thumbnails, smoothed; the selected one framed in ink."""
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
    for head in gallery.heads:
        rect = gallery.picture(head)
        if head in images:
            painter.drawImage(rect, images[head])
        if head == selected:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.theme().ink, 2.0))
            painter.drawRect(rect.adjusted(-2, -2, 2, 2))
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)


def paint_gallery_names(
    painter: QPainter, gallery: HeadGallery, names: Mapping[Head, str], selected: Head | None
) -> None:
    """Number and role under each thumbnail; the selected one bold."""
    if not gallery.labelled:
        return
    for head in gallery.heads:
        rect, bold = gallery.picture(head), head == selected
        measure = theme.metrics(11, bold)
        painter.setFont(theme.font(11, bold))
        painter.setPen(theme.theme().ink if bold else theme.theme().ink2)
        room = gallery.cell_width - theme.px(4)
        text = measure.elidedText(names.get(head, ""), Qt.TextElideMode.ElideRight, room)
        painter.drawText(QPointF(rect.left(), rect.bottom() + theme.px(13)), text)


def pooled(indices: NDArray[np.uint8], masked: int) -> NDArray[np.uint8]:
    """(t, s) colour indices at no more than 64 x 64, the strongest of each square; `masked` counts as nothing."""
    every = math.ceil(max(indices.shape) / LARGEST_SIDE)
    if every == 1:
        return indices
    rows, columns = (math.ceil(n / every) * every for n in indices.shape)
    padded = np.full((rows, columns), masked, dtype=np.uint8)
    padded[: indices.shape[0], : indices.shape[1]] = indices
    squares = padded.reshape(rows // every, every, columns // every, every)
    known = np.where(squares == masked, 0, squares).max(axis=(1, 3))
    return np.where((squares == masked).all(axis=(1, 3)), masked, known).astype(np.uint8)
