"""How a measurement is weighed at every step, and how sure the estimate is, against how far off it really was."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor, Explanation, Quantity, Snapshot, panels
from seqviz.gui.panels.gates import LINE, step_line
from seqviz.gui.panels.painted_sheet import PaintedSheetPanel
from seqviz.gui.panels.track_data import WANTS, Floats, Track, track_of

SETTLED = 0.01  # a gain that moves by less than this has settled
_FORMULA = r"K_t = P_t^- H^T (H P_t^- H^T + R)^{-1}"
_NET = r"\sigma_t = s \, e^{w \cdot h_t + b}"


@dataclass(frozen=True)
class Line:
    """One track: values (t,), top of its scale; `dots` (t,) drawn over it."""

    name: str
    values: Floats
    top: float
    dots: Floats | None = None


@panels.register("gain")
class GainPanel(PaintedSheetPanel):
    """What share of a surprise is taken over at each step, and the error that is expected beside the real one."""

    name = "gain"
    title = "Gain and error"
    question = "How much does a measurement count?"
    wants = WANTS
    needs = ("belief.gain", "estimate.deviation")
    order = 12
    weight = 34
    minimum_height = 90
    ghost = "Gain: what share of each surprise is taken over. Error: expected and real."

    def __init__(self) -> None:
        super().__init__()
        self.track: Track | None = None
        self.lines: tuple[Line, ...] = ()

    def prepare(self, old: Snapshot) -> None:
        self.track = track_of(self.snapshot)
        self.lines = () if self.track is None else lines_of(self.track)

    def ready(self) -> bool:
        return self.track is not None and self.track.steps == self.grid.n

    # painting

    def areas(self) -> list[QRectF]:
        """Rectangle of each track."""
        gap, bottom = theme.px(6), self.height() - theme.px(5)
        high = (bottom - 2 - gap * (len(self.lines) - 1)) / max(len(self.lines), 1)
        tops = [2 + i * (high + gap) for i in range(len(self.lines))]
        return [QRectF(self.grid.left, round(top), self.grid.width, round(high)) for top in tops]

    def paint(self, painter: QPainter) -> None:
        layer = self.static_layer((self.serial, self.grid), self._paint_lines)
        painter.drawPixmap(0, 0, layer)

    def _paint_lines(self, painter: QPainter) -> None:
        for line, area in zip(self.lines, self.areas(), strict=True):
            painter.fillRect(area, theme.theme().ghost)
            self._paint_gutter_of(painter, line, area)
            ys = self._ys(line.values, line.top, area)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._colour())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.drawRects(step_line(self.grid.left, self.grid.cell, ys, theme.px(LINE)))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            if line.dots is not None:
                self._paint_dots(painter, line, area)

    def _paint_dots(self, painter: QPainter, line: Line, area: QRectF) -> None:
        assert line.dots is not None
        painter.setBrush(theme.theme().ink2)
        for t in self.grid.columns():
            if math.isfinite(line.dots[t]):
                y = self._ys(line.dots[t : t + 1], line.top, area, whole=True)[0]
                painter.drawEllipse(QPointF(self.grid.centre_of(t), y), theme.px(2.5), theme.px(2.5))

    def _ys(self, values: Floats, top: float, area: QRectF, whole: bool = False) -> list[float]:
        inner = area.adjusted(0, 4, 0, -4)
        seen = values if whole else self.seen(values)
        shares = np.clip(np.nan_to_num(np.asarray(seen, dtype=np.float64)) / top, 0.0, 1.0)
        return list(np.rint(inner.bottom() - shares * inner.height()))

    def _paint_gutter_of(self, painter: QPainter, line: Line, area: QRectF) -> None:
        if area.height() >= theme.px(34):
            self.paint_gutter(painter, f"{line.top:g}", area.top() + theme.px(5))
            self.paint_gutter(painter, "0", area.bottom() - theme.px(5))
        words = line.name.split("\n")
        for row, word in enumerate(words):
            y = area.center().y() + (row - (len(words) - 1) / 2) * theme.px(14)
            painter.setFont(theme.font(11, bold=row == 0))
            painter.setPen(theme.theme().ink2 if row == 0 else theme.theme().ink3)
            flag = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(QRectF(self.gutter_left, y - 10, self.grid.left, 20), flag, word)

    def paint_over(self, painter: QPainter) -> None:
        super().paint_over(painter)
        for line, area in zip(self.lines, self.areas(), strict=True):
            self._paint_value(painter, line, area)

    def _paint_value(self, painter: QPainter, line: Line, area: QRectF) -> None:
        """The number at the cursor on a chip beside its column, over or under the line."""
        if not self.grid.shows(self.column):
            return
        text = f"{float(line.values[self.column]):.2f}"
        wide, high = theme.metrics(11, bold=True).horizontalAdvance(text) + theme.px(8), theme.px(16)
        x = self.grid.x_of(self.column) - wide - theme.px(4)
        x = x if x >= area.left() else self.grid.x_of(self.column + 1) + theme.px(4)
        y = self._ys(line.values[self.column : self.column + 1], line.top, area, whole=True)[0]
        y = y + theme.px(5) if y + theme.px(5) + high <= area.bottom() else y - high - theme.px(5)
        rect = QRectF(x, max(y, area.top() + 1), wide, high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.theme().sheet)
        painter.drawRoundedRect(rect, 3, 3)
        painter.setFont(theme.font(11, bold=True))
        painter.setPen(theme.theme().ink)
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), text)

    def _colour(self) -> QColor:
        return theme.family_colour("hmm" if self.snapshot.run is None else self.snapshot.run.family)

    # words

    def subtitle(self) -> str:
        return "line: what is expected; dots: distance from the truth"

    def reading(self) -> str:
        track = self.track
        if track is None:
            return ""
        if track.gain is None:
            inside = track.errors() <= _expected(track)
            known = np.isfinite(track.errors())
            share = float(inside[known].mean()) if known.any() else math.nan
            return (
                ""
                if math.isnan(share)
                else f"**{100 * share:.0f} %** of the errors lie below the line (63 % would be honest)"
            )
        gain = track.gain[:, 0, 0]
        moving = np.flatnonzero(np.abs(gain - gain[-1]) > SETTLED)
        settled = int(moving[-1]) + 2 if len(moving) else 1
        if settled > len(gain) * 0.9:
            return f"the gain for the position goes from {gain[0]:.2f} to **{gain[-1]:.2f}**"
        return f"the gain settles at **{gain[-1]:.2f}** from measurement {settled} on"

    def explain(self, cursor: Cursor) -> Explanation:
        filters = self.track is None or self.track.gain is not None
        formula = _FORMULA if filters else _NET
        sentence = (
            "The gain weighs how unsure the prediction is against how unsure the measurement is; it does not hang on "
            "what is measured."
            if filters
            else "The net learns how far off it will be: where it says a small deviation, a large error costs dearly."
        )
        if self.track is None or not 0 <= cursor.column < self.track.steps:
            return Explanation(self.title, formula, sentence)
        t = cursor.column
        quantities = [Quantity("measurement", str(t + 1))]
        quantities += [Quantity(line.name.replace("\n", " "), f"{float(line.values[t]):.3f}") for line in self.lines]
        error = float(self.track.errors()[t])
        if math.isfinite(error):
            quantities.append(Quantity("real error", f"{error:.3f}"))
        return Explanation(self.title, formula, sentence, tuple(quantities))

    def export(self) -> Mapping[str, np.ndarray]:
        found = {line.name.replace("\n", "_"): line.values for line in self.lines}
        return found if self.track is None else found | {"error": self.track.errors()}


def lines_of(track: Track) -> tuple[Line, ...]:
    """The gains of a filter, and for every estimator the error it expects with the real ones as dots."""
    found = []
    if track.gain is not None:
        size = track.gain.shape[2]
        for name, row in (("gain\nposition", 0), ("gain\nvelocity", size)):
            values = track.gain[:, row, 0]
            found.append(Line(name, values, 1.0 if row == 0 else _round_up(np.abs(values))))
    expected, errors = _expected(track), track.errors()
    known = np.concatenate([expected, errors[np.isfinite(errors)]])
    return (*found, Line("error", expected, _round_up(known), errors))


def _expected(track: Track) -> Floats:
    """(t,) root of the mean squared distance that the belief itself expects."""
    if track.after is not None:
        return np.sqrt(np.trace(track.after, axis1=1, axis2=2))
    return np.asarray(np.sqrt(np.square(track.deviation).sum(axis=1)))


def _round_up(values: Floats) -> float:
    """A round number that holds them all."""
    peak = max(float(np.nanmax(values)), 1e-6) if len(values) else 1.0
    power = 10.0 ** math.floor(math.log10(peak))
    return float(next(m * power for m in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if m * power >= peak * 0.999))
