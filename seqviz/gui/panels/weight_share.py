"""dL/dW as a sum over the positions of the probe: which of them ask for how much, and how much of it cancels out."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, Slot
from PySide6.QtGui import QPainter, QPen, QPolygonF

from seqviz.core.events import RunStarted
from seqviz.core.tensor_names import tensor_title
from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor, Explanation, Quantity, Snapshot, panels
from seqviz.gui.panels.painted_sheet import PaintedSheetPanel
from seqviz.gui.parameter_history import first_choice, same_tensor
from seqviz.gui.reading import fitting
from seqviz.gui.session import RunSession
from seqviz.gui.widgets.axes import Axis

PREFIX = "weight_gradient."
_FORMULA = r"\frac{\partial L}{\partial W} = \sum_t g_t, \quad g_t = \delta_t x_t^T"
_RECURRENT_FORMULA = r"\frac{\partial L}{\partial W_{hh}} = \sum_t g_t, \quad g_t = \delta_t h_{t-1}^T"
STACK = 0.42  # of the height is the running sum's

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Shares:
    """Of one tensor, by position: `size` = ||g_t|| / sum of all, `kept` = the part of it along the whole gradient.

    `size` adds up to 1, `kept` to `survives` = ||sum g|| / sum ||g||. `norms` are the ||g_t|| themselves.
    """

    norms: Floats
    size: Floats
    kept: Floats
    survives: float

    def half(self) -> int:
        """The fewest positions that ask for half of everything."""
        ranked = np.cumsum(np.sort(self.size)[::-1])
        return int(np.searchsorted(ranked, 0.5 - 1e-9) + 1)


def shares_of(norms: np.ndarray, aligned: np.ndarray, cancellation: float) -> Shares | None:
    """From the analysis' figures; None where there is no gradient at all."""
    norms = norms.astype(np.float64)
    total = float(norms.sum())
    if not (math.isfinite(total) and total > 0 and math.isfinite(cancellation)):
        return None
    return Shares(norms, norms / total, aligned.astype(np.float64) * cancellation, cancellation)


@panels.register("weight_share")
class WeightSharePanel(PaintedSheetPanel):
    """Which positions a weight matrix gets its gradient from, and how much of what they ask for cancels out."""

    name = "weight_share"
    title = "Where the gradient comes from"
    question = "Which characters teach this matrix?"
    wants = (f"{PREFIX}*",)
    needs = (f"{PREFIX}*",)
    shown_by_default = False
    rooms = {"weights": 10}
    follows = (PREFIX,)
    order = 60
    weight = 30
    minimum_height = 150
    ghost = "What each position of the probe adds to the gradient of one weight matrix"

    def __init__(self) -> None:
        super().__init__()
        self.tensor = ""
        self.shares: Shares | None = None
        self._session: RunSession | None = None

    def join(self, session: RunSession) -> None:
        self._session = session
        session.tensor_chosen.connect(self.show_tensor)

    @classmethod
    def reason_unserved(cls, run: RunStarted) -> str | None:
        if super().reason_unserved(run) is None:
            return None
        return f"{run.title} has no gradient that could be told apart by position"

    @property
    def names(self) -> tuple[str, ...]:
        """Tensors whose terms are known, matrices before biases, in the model's order."""
        known = () if self.snapshot.frame is None else tuple(self.snapshot.frame.arrays)
        found = [
            n[len(PREFIX) : -len(".by_position")] for n in known if fnmatch.fnmatchcase(n, f"{PREFIX}*.by_position")
        ]
        return tuple(sorted(found, key=lambda name: "bias" in name.rsplit(".", 1)[-1]))

    def prepare(self, old: Snapshot) -> None:
        names = self.names
        if self.tensor not in names:
            self.tensor = first_choice(names)
        figures = [
            self.snapshot.array(f"{PREFIX}{self.tensor}.{f}") for f in ("by_position", "aligned", "cancellation")
        ]
        norms, aligned, kept = figures
        known = norms is not None and aligned is not None and kept is not None
        self.shares = shares_of(norms, aligned, float(kept[0])) if known else None  # type: ignore[arg-type, index]

    def ready(self) -> bool:
        return self.shares is not None and len(self.shares.size) == self.grid.n

    @Slot(str)
    def show_tensor(self, name: str) -> None:
        """Turn to this tensor, if its terms are known."""
        found = same_tensor(name, self.names)
        if found and found != self.tensor:
            self.tensor = found
            self.refresh()

    # painting

    def areas(self) -> tuple[QRectF, QRectF]:
        """Of the bars, and of the running sum under them."""
        left, width, top, gap = self.grid.left, self.grid.width, theme.px(6), theme.px(24)
        room = max(self.height() - top - gap - theme.px(6), 2)
        upper = QRectF(left, top, width, room * (1 - STACK))
        return upper, QRectF(left, upper.bottom() + gap, width, room * STACK)

    def scale(self) -> Axis:
        """Shares that the bars reach, round: from below zero where a position pulls the other way."""
        assert self.shares is not None
        top = _round_up(float(self.shares.size.max()))
        low = float(self.shares.kept.min())
        return Axis(-_round_up(-low) if low < -0.02 * top else 0.0, top)

    def paint(self, painter: QPainter) -> None:
        bars, stack = self.areas()
        self._paint_bars(painter, bars)
        self._paint_stack(painter, stack)

    def _paint_bars(self, painter: QPainter, area: QRectF) -> None:
        assert self.shares is not None
        axis, colours = self.scale(), theme.theme()
        family = theme.family_colour(self._family())
        zero = area.bottom() - axis.place(0.0) * area.height()
        per = area.height() / (axis.high - axis.low)
        gap = 1 if self.grid.cell < 12 else 2
        painter.setPen(Qt.PenStyle.NoPen)
        sizes, kept = self.seen(self.shares.size), self.seen(self.shares.kept)
        for column, (size, part) in enumerate(zip(sizes, kept, strict=True)):
            x, wide = self.grid.left + column * self.grid.cell, self.grid.cell - gap
            painter.fillRect(QRectF(x, zero - size * per, wide, size * per), theme.faded(family, 0.28))
            if part >= 0:
                painter.fillRect(QRectF(x, zero - part * per, wide, part * per), family)
            else:
                painter.fillRect(QRectF(x, zero, wide, -part * per), colours.ink3)
        painter.setPen(QPen(colours.line, 1))
        painter.drawLine(QLineF(area.left(), zero, area.right(), zero))
        self.paint_gutter(painter, _percent(axis.high), area.top() + theme.px(5))
        self.paint_gutter(painter, "0", zero)
        self._name(painter, area.center().y(), "share", "of each")

    def _paint_stack(self, painter: QPainter, area: QRectF) -> None:
        """Everything asked for so far (pale), and what of it survives the sum (dark)."""
        assert self.shares is not None
        colours, family = theme.theme(), theme.family_colour(self._family())
        asked, kept = np.cumsum(self.shares.size), np.cumsum(self.shares.kept)
        low = min(float(kept.min()), 0.0)
        axis = Axis(low, 1.0)
        zero = area.bottom() - axis.place(0.0) * area.height()
        for values, colour in ((asked, theme.faded(family, 0.28)), (kept, family)):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawPolygon(self._steps(self.seen(values), axis, area, zero))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colours.line, 1))
        painter.drawLine(QLineF(area.left(), zero, area.right(), zero))
        self.paint_gutter(painter, "100 %", area.top() + theme.px(5))
        self.paint_gutter(painter, "0", zero)
        self._name(painter, area.center().y(), "added", "up")
        self._paint_survivors(painter, area)

    def _steps(self, values: Floats, axis: Axis, area: QRectF, zero: float) -> QPolygonF:
        """The outline of a running sum, a step a column."""
        points = [QPointF(area.left(), zero)]
        for column, value in enumerate(values):
            y = area.bottom() - axis.place(float(value)) * area.height()
            x = self.grid.left + column * self.grid.cell
            points += [QPointF(x, y), QPointF(x + self.grid.cell, y)]
        return QPolygonF([*points, QPointF(points[-1].x(), zero)])

    def _paint_survivors(self, painter: QPainter, area: QRectF) -> None:
        """What the two tones mean, with how much is left at the end, between the two pictures."""
        assert self.shares is not None
        left, kept, family = self.shares.survives, theme.px(9), theme.family_colour(self._family())
        key = (
            (theme.faded(family, 0.28), "asked for"),
            (family, f"left after adding up: {_percent(left)}"),
            (theme.theme().ink3, "against the sum"),
        )
        x, middle = area.left(), area.top() - theme.px(11)
        measure = theme.metrics(11)
        painter.setFont(theme.font(11))
        for colour, words in key:
            if x + kept + measure.horizontalAdvance(words) + theme.px(6) > self.width():
                break
            painter.fillRect(QRectF(x, middle - kept / 2, kept, kept), colour)
            painter.setPen(theme.theme().ink2)
            painter.drawText(QPointF(x + kept + theme.px(5), middle + measure.capHeight() / 2), words)
            x += kept + measure.horizontalAdvance(words) + theme.px(18)

    def _name(self, painter: QPainter, y: float, *lines: str) -> None:
        flag = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(theme.font(11))
        painter.setPen(theme.theme().ink3)
        for number, text in enumerate(lines):
            middle = y + (number - (len(lines) - 1) / 2) * theme.px(14)
            words = theme.metrics(11).elidedText(text, Qt.TextElideMode.ElideRight, self.grid.left - theme.px(10))
            painter.drawText(QRectF(theme.px(6), middle - 10, self.grid.left, 20), flag, words)

    def _family(self) -> str:
        return "lstm" if self.snapshot.run is None else self.snapshot.run.family

    # words

    def subtitle(self) -> str:
        return f"∂L/∂W of {tensor_title(self.tensor)}, as a sum over positions" if self.shares else ""

    def reading(self) -> str:
        if self.shares is None:
            return "**no gradient** reaches this tensor" if self.tensor else ""
        word, count = f"{self.token_word}s", len(self.shares.size)
        half = (
            f"half of the gradient of {tensor_title(self.tensor)} comes from **{self.shares.half()} of {count}** {word}"
        )
        gone = f"{_percent(1 - self.shares.survives)} cancels out"
        return fitting(self.width(), f"{half}; {gone}", f"half comes from **{self.shares.half()} of {count}**; {gone}")

    def explain(self, cursor: Cursor) -> Explanation:
        formula = _RECURRENT_FORMULA if "weight_hh" in self.tensor else _FORMULA
        sentence = (
            "The gradient of a matrix is a sum: every position adds the error signal there times what the matrix read "
            "there. Pale: how much a position asks for. Dark: the part along the whole sum; grey below: against it."
        )
        if self.shares is None or not 0 <= cursor.column < len(self.shares.size):
            return Explanation(self.title, formula, sentence)
        t, shares = cursor.column, self.shares
        size, kept = float(shares.size[t]), float(shares.kept[t])
        angle = math.degrees(math.acos(max(-1.0, min(1.0, kept / size)))) if size > 0 else math.nan
        quantities = (
            Quantity(f"t = {t}", self.place_words(t)),
            Quantity("tensor", tensor_title(self.tensor)),
            Quantity("size of its term, ‖gₜ‖", theme.short(float(shares.norms[t]))),
            Quantity("angle to the whole gradient", "–" if math.isnan(angle) else f"{angle:.0f}°"),
            Quantity("part along the whole gradient", _percent(kept)),
            Quantity("left of all terms together", _percent(shares.survives)),
        )
        return Explanation(
            self.title, formula, sentence, quantities, _percent(size), "of all that is asked comes from here"
        )

    def export(self) -> Mapping[str, np.ndarray]:
        if self.shares is None:
            return {}
        return {"norm": self.shares.norms, "share": self.shares.size, "share along the sum": self.shares.kept}

    # menu

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        return (("tensor", self.names, self.tensor),) if self.names else ()

    def choose(self, key: str, option: str) -> None:
        """Raises ValueError for a tensor that the run does not have."""
        if key != "tensor" or option not in self.names:
            raise ValueError(f'there is no "{option}" for "{key}" here')
        self.show_tensor(option)
        if self._session is not None:
            self._session.tensor_chosen.emit(option)


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50 ... percent and their tenths."""
    steps = [m * 10.0**e for e in range(-4, 1) for m in (1, 2, 5)]
    return next((step for step in steps if step >= value), 1.0)


def _percent(share: float) -> str:
    size = abs(100 * share)
    text = f"{size:.0f}" if size >= 9.95 or size == 0 else f"{size:.1f}"
    return f"{'−' if share < 0 and float(text) else ''}{text} %"
