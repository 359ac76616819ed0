"""One sample as wrapped text: prompt in ink3, what the model wrote in ink, a line under each token, brighter and
thicker the more its own choice surprised the model. Plain text only: nothing in it is ever read as markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QTextCharFormat, QTextLayout, QTextLine, QTextOption

from seqviz.core.events import Sample
from seqviz.gui import theme
from seqviz.gui.colour_maps import BLANK
from seqviz.gui.widgets.matrix_view import index_image

LINE_HEIGHT = 17.0
THIN, THICK = 1.0, 4.0  # of the line under a token, from no surprise to the most
_BREAK = "\u2028"  # Qt's line separator inside one layout


@dataclass(frozen=True)
class SampleLook:
    """`highest_bits`: end of the colour scale; 0 for no underlines. `most_lines`: longer texts end in an ellipsis.
    `breaks`: start a new line where the model did; else a line end is shown as ↵.
    """

    width: float
    highest_bits: float = 0.0
    most_lines: int = 3
    breaks: bool = False


def plain_text(sample: Sample) -> str:
    """Prompt and continuation as they were written; for copying."""
    return sample.prompt + "".join(sample.tokens)


def shown_text(text: str, breaks: bool) -> str:
    """Text fit for one layout: controls made visible, line ends kept or marked."""
    end = f"{_BREAK}" if breaks else " ↵ "
    swapped = text.replace("\r\n", "\n").replace("\n", end).replace("\t", "    ")
    return "".join(chr(0x2400 + ord(c)) if ord(c) < 32 else c for c in swapped)


class SampleText:
    """A laid out sample. `height` is what `paint` needs."""

    def __init__(self, sample: Sample, look: SampleLook) -> None:
        self.look = look
        self._spans: list[tuple[int, int, float]] = []  # (start, end) in the shown text, bits
        prompt = shown_text(sample.prompt, look.breaks)
        text = self._joined(prompt, sample)
        self._layout = QTextLayout(text, theme.font(12))
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._layout.setTextOption(option)
        self._layout.setCacheEnabled(True)
        self._lines, self._cut = self._wrap(len(text))
        self._colour(len(prompt), len(text))

    @property
    def height(self) -> float:
        return len(self._lines) * self.line_height

    @property
    def line_height(self) -> float:
        return LINE_HEIGHT * theme.metrics(12).height() / 14.0

    @property
    def ascent(self) -> float:
        """From the top of a line to its baseline."""
        return self._lines[0].ascent() if self._lines else theme.metrics(12).ascent()

    @property
    def is_cut(self) -> bool:
        """Whether there is more text than lines."""
        return self._cut

    def _joined(self, prompt: str, sample: Sample) -> str:
        parts, at = [prompt], len(prompt)
        bits: Sequence[float] = np.asarray(sample.surprisal, dtype=float).tolist()
        for number, token in enumerate(sample.tokens):
            piece = shown_text(token, self.look.breaks)
            if number < len(bits):
                self._spans.append((at, at + len(piece), bits[number]))
            parts.append(piece)
            at += len(piece)
        return "".join(parts)

    def _wrap(self, length: int) -> tuple[list[QTextLine], bool]:
        lines: list[QTextLine] = []
        self._layout.beginLayout()
        while len(lines) < self.look.most_lines:
            line = self._layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(self.look.width)
            line.setPosition(QPointF(0, len(lines) * self.line_height))
            lines.append(line)
        self._layout.endLayout()
        end = lines[-1].textStart() + lines[-1].textLength() if lines else 0
        return lines, end < length

    def _colour(self, prompt: int, length: int) -> None:
        formats = []
        for start, end, colour in ((0, prompt, theme.theme().ink3), (prompt, length, theme.theme().ink)):
            one = QTextLayout.FormatRange()
            one.start, one.length = start, end - start
            style = QTextCharFormat()
            style.setForeground(colour)
            one.format = style
            formats.append(one)
        self._layout.setFormats(formats)

    def paint(self, painter: QPainter, left: float, top: float) -> None:
        for line in self._lines:
            line.draw(painter, QPointF(left, top))
        if self.look.highest_bits > 0:
            self._paint_surprisal(painter, left, top)
        if self._cut:
            self._paint_ellipsis(painter, left, top)

    def _paint_surprisal(self, painter: QPainter, left: float, top: float) -> None:
        if not self._spans:
            return
        table = theme.colour_table("cividis")
        bits = np.array([b for _, _, b in self._spans])
        indices = index_image(bits, 0.0, self.look.highest_bits)
        heights = (THIN + (THICK - THIN) * np.clip(bits / self.look.highest_bits, 0.0, 1.0)) * theme.scale()
        for line in self._lines:
            first, last = line.textStart(), line.textStart() + line.textLength()
            y = top + line.y() + line.ascent() + 2.5 * theme.scale()
            for (start, end, _), index, high in zip(self._spans, indices, heights, strict=True):
                if index == BLANK or end <= first or start >= last:
                    continue
                x0, x1 = (_cursor_x(line, min(max(at, first), last)) for at in (start, end))
                painter.fillRect(QRectF(left + x0, y, x1 - x0, float(high)), QColor(table[int(index)]))

    def _paint_ellipsis(self, painter: QPainter, left: float, top: float) -> None:
        """Three dots at the end of the last line, on a patch of what is behind."""
        line = self._lines[-1]
        x = min(line.naturalTextWidth(), self.look.width - theme.px(12))
        painter.setPen(theme.theme().ink3)
        painter.setFont(theme.font(12))
        painter.drawText(QPointF(left + x, top + line.y() + line.ascent()), "…")


def _cursor_x(line: QTextLine, at: int) -> float:
    found: Any = line.cursorToX(at)  # PySide gives (x, position)
    return float(found[0])
