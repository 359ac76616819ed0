"""How much of a gradient can come back over a distance: norms of Jacobian products, their bounds, the true curve."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen, QPolygonF, QResizeEvent

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor, Explanation, Quantity, panels
from seqviz.gui.panels.jacobian_place import Choice, JacobianPlace, factor_text, partial
from seqviz.gui.panels.painted_free import PaintedFreePanel
from seqviz.gui.reading import fitting
from seqviz.gui.widgets.axes import Axis, spread_labels
from seqviz.gui.widgets.curve_painting import paint_curve
from seqviz.gui.widgets.plot_painting import paint_axes, pixel_x, pixel_y
from seqviz.gui.widgets.token_names import place_name

FLOOR, CEILING = 1e-8, 1e8  # the axis never goes further
LEFT, FOOT, TOP = 40, 34, 8  # px at scale 1 around the plot
Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Bound:
    """A dashed line above which no product can lie. `short` stands at its end, `words` in the card."""

    key: str
    short: str
    words: str
    dash: tuple[float, ...]


BOUNDS = (
    Bound("bound", "(‖W‖·γ)ᵈ", "bound (‖W‖·γ)ᵈ, γ = steepest slope there is", (6.0, 3.0)),
    Bound("bound_seen", "(‖W‖·max f′)ᵈ", "bound (‖W‖·max f′)ᵈ, steepest slope seen", (2.0, 2.5)),
    Bound("bound_steepest", "steepest step", "bound: the steepest step, every time", (6.0, 3.0)),
)


@panels.register("jacobian_products")
class JacobianProductsPanel(PaintedFreePanel):
    """How large the product of all Jacobians between two tokens is, over their distance, beside what bounds it."""

    name = "jacobian_products"
    title = "Many steps back"
    question = "How far back can a gradient reach?"
    wants = ("jacobian.*.product", "jacobian.*.bound*", "gradient.decay.*")
    needs = ("jacobian.*.product",)
    lacking = (
        "has no state that is handed on from position to position: nothing multiplies the gradient on its way back"
    )
    order = 61
    weight = 45
    minimum_height = 190
    shown_by_default = False
    rooms = {"jacobians": 10}
    follows = ("jacobian.", "gradient.decay.")
    ghost = "Products of Jacobians: how much of a gradient can come back over 1, 2, 3 ... tokens, and what bounds it."

    def __init__(self) -> None:
        super().__init__()
        self.chosen = JacobianPlace("product")
        self.mean: Floats = np.empty(0)  # (distance,)
        self.low: Floats = np.empty(0)
        self.high: Floats = np.empty(0)
        self.bounds: dict[str, Floats] = {}
        self.true: Floats | None = None
        self._run: object = None
        self.setMouseTracking(True)

    def prepare(self) -> None:
        if self.snapshot.run is not self._run:
            self._run = self.snapshot.run
            if self.chosen.meet(self.snapshot.run):
                self.wants_changed.emit()
        self.chosen.see(self.snapshot.matching(self.chosen.wildcard()))
        product = self.snapshot.array(self.chosen.name())
        curves = np.empty((0, 3)) if product is None else product.astype(np.float64)
        self.mean, self.low, self.high = curves.T
        found = {b.key: self.snapshot.array(self.chosen.name(b.key)) for b in BOUNDS}
        self.bounds = {key: values for key, values in found.items() if values is not None}
        self.true = self.snapshot.array(f"gradient.decay.layers.{self.chosen.layer}.{self.chosen.state}")

    def ready(self) -> bool:
        return len(self.mean) > 1 and bool(np.isfinite(self.mean[1:]).any())

    @property
    def steps(self) -> int:
        return len(self.tokens)

    @property
    def distance(self) -> int:
        """From the token at the cursor to the last one of the probe."""
        return min(max(self.steps - 1 - self.t, 0), max(len(self.mean) - 1, 0))

    # geometry

    @property
    def plot(self) -> QRectF:
        left, foot, top = theme.px(LEFT), theme.px(FOOT), theme.px(TOP)
        gutter = self._gutter()
        return QRectF(left, top, max(self.width() - left - gutter, 1.0), max(self.height() - foot - top, 1.0))

    def _gutter(self) -> float:
        wide = max(theme.metrics(11, True).horizontalAdvance(name) for name in ("product", "true, ∂ℓ"))
        return math.ceil((wide + theme.px(12)) / 12) * 12.0

    def axes(self) -> tuple[Axis, Axis]:
        """Whole decades that hold the products, and 1; bounds may leave the picture."""
        inner = np.concatenate([self.low[1:], self.high[1:], self.mean[1:]])
        inner = inner[np.isfinite(inner) & (inner > 0)]
        first = [float(b[1]) for b in self.bounds.values() if len(b) > 1 and np.isfinite(b[1]) and b[1] > 0]
        low = min([float(inner.min()) if len(inner) else 0.1, 0.1])
        high = max([float(inner.max()) if len(inner) else 1.0, 1.0, *first])
        low, high = max(low, FLOOR), min(high, CEILING)
        low, high = 10.0 ** math.floor(math.log10(low) + 1e-9), 10.0 ** math.ceil(math.log10(high) - 1e-9)
        return Axis(0.0, float(max(len(self.mean) - 1, 1))), Axis(low, max(high * 10.0, low * 100.0), log=True)

    def _pixels(self, values: Floats, y_axis: Axis) -> NDArray[np.float64]:
        area = self.plot
        known = np.asarray(values, dtype=np.float64)
        places = y_axis.places(np.where(known > 0, np.minimum(known, 1e300), y_axis.low * 1e-9))
        ys = area.bottom() - np.clip(places, -20.0, 21.0) * area.height()
        return np.where(np.isnan(known), np.nan, ys)

    # painting

    def paint(self, painter: QPainter) -> None:
        area, (x_axis, y_axis) = self.plot, self.axes()
        paint_axes(painter, area, x_axis, y_axis)
        self._name_axes(painter, area)
        one = pixel_y(area, y_axis, 1.0)
        painter.setPen(QPen(theme.theme().ink2, 1.25 * theme.scale()))
        painter.drawLine(QLineF(area.left(), one, area.right(), one))
        painter.save()
        painter.setClipRect(area.adjusted(-1, 0, 1, 0))
        ends = self._paint_curves(painter, x_axis, y_axis)
        self._paint_distance(painter, x_axis, y_axis)
        painter.restore()
        self._paint_names(painter, ends)
        self._name_bounds(painter, x_axis, y_axis)

    def _name_axes(self, painter: QPainter, area: QRectF) -> None:
        painter.setFont(theme.font(11))
        painter.setPen(theme.theme().ink3)
        below = QRectF(0, self.height() - theme.px(17), area.right() + theme.px(30), theme.px(16))
        words = f"distance t − k, in {self._token_word}s"
        painter.drawText(below, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), words)

    @property
    def _token_word(self) -> str:
        return self.snapshot.run.unit.token if self.snapshot.run is not None else "token"

    @property
    def hue(self) -> QColor:
        run = self.snapshot.run
        return theme.family_colour(run.family if run is not None else "")

    def _paint_curves(self, painter: QPainter, x_axis: Axis, y_axis: Axis) -> list[tuple[str, QColor, float]]:
        """Band, bounds, true curve, product; what to write at the end of each: (name, colour, y)."""
        area, colours, ends = self.plot, theme.theme(), []
        known = np.flatnonzero(np.isfinite(self.mean))  # wide layers are looked at at fewer distances
        xs = area.left() + x_axis.places(np.arange(len(self.mean))) * area.width()
        low, mean, high = (self._pixels(values[known], y_axis) for values in (self.low, self.mean, self.high))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.faded(self.hue, 0.2))
        corners = [*zip(xs[known], high, strict=True), *zip(xs[known][::-1], low[::-1], strict=True)]
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in corners if math.isfinite(y)]))
        for bound in BOUNDS:
            if bound.key in self.bounds:
                ys = self._pixels(self.bounds[bound.key][: len(xs)], y_axis)
                paint_curve(painter, xs[: len(ys)], ys, colours.ink2, 1.5 * theme.scale(), bound.dash)
        if self.true is not None:
            ys = self._pixels(self.true[: len(xs)], y_axis)
            paint_curve(painter, xs[: len(ys)], ys, colours.ink, 1.75 * theme.scale())
            ends.append(("true, ∂ℓ", colours.ink, self._end(ys)))
        paint_curve(painter, xs[known], mean, self.hue, 2.5 * theme.scale())
        ends.append(("product", theme.family_colour(self._family, text=True), self._end(mean)))
        return ends

    @property
    def _family(self) -> str:
        return self.snapshot.run.family if self.snapshot.run is not None else ""

    def _end(self, ys: NDArray[np.float64]) -> float:
        finite = ys[np.isfinite(ys)]
        area = self.plot
        return min(max(float(finite[-1]) if len(finite) else area.bottom(), area.top()), area.bottom())

    def _paint_names(self, painter: QPainter, ends: list[tuple[str, QColor, float]]) -> None:
        area = self.plot
        ends = sorted(ends, key=lambda end: end[2])
        places = spread_labels([y for _, _, y in ends], theme.px(14), area.top(), area.bottom())
        painter.setFont(theme.font(11, True))
        for (name, colour, _), y in zip(ends, places, strict=True):
            painter.setPen(colour)
            box = QRectF(area.right() + theme.px(6), y - theme.px(8), theme.px(140), theme.px(16))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), name)

    def _name_bounds(self, painter: QPainter, x_axis: Axis, y_axis: Axis) -> None:
        """Beside where a bound leaves the picture, or on its end. Of two that are one line the first is named."""
        area, line = self.plot, theme.px(15)
        painter.setFont(theme.font(11, True))
        painter.setPen(theme.theme().ink2)
        named: list[str] = []
        for bound in (b for b in BOUNDS if b.key in self.bounds):
            power = f"{factor_text(float(self.bounds[bound.key][1]))}ᵈ"
            if power in named:
                continue
            ys = self._pixels(self.bounds[bound.key], y_axis)
            words = self._bound_name(bound, power)
            width = theme.metrics(11, True).horizontalAdvance(words) + theme.px(4)
            gone = np.flatnonzero(ys < area.top())
            top = area.top() + len(named) * line
            x = pixel_x(area, x_axis, float(gone[0])) + theme.px(8) if len(gone) else math.inf
            if x + width > self.width() - theme.px(4):  # no room behind it: over the line, where it is low enough
                low = np.flatnonzero(ys > top + line)
                x = pixel_x(area, x_axis, float(low[-1]) if len(low) else 0.0) - width
                top = top if len(gone) else max(min(self._end(ys), area.bottom()) - 1.6 * line, area.top())
            box = QRectF(max(x, area.left() + theme.px(3)), top, width, line)
            painter.fillRect(box, theme.faded(theme.theme().sheet, 0.8))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), words)
            named.append(power)

    def _bound_name(self, bound: Bound, power: str) -> str:
        """With its base where that is a number: of two states it is a matrix."""
        if len(self.chosen.states) > 1:
            return bound.short
        return f"{bound.short}: {power}" if bound.key == "bound_steepest" else f"{bound.short} = {power}"

    def _paint_distance(self, painter: QPainter, x_axis: Axis, y_axis: Axis) -> None:
        """A line at the cursor's distance and a dot on the product there."""
        if not self.distance:
            return
        area, colours = self.plot, theme.theme()
        x = pixel_x(area, x_axis, float(self.distance))
        painter.setPen(QPen(colours.ink3, 1.25))
        painter.drawLine(QLineF(x, area.top(), x, area.bottom()))
        value = float(self.mean[self.distance])
        if math.isfinite(value) and value > 0:
            painter.setPen(QPen(colours.sheet, 1.5))
            painter.setBrush(self.hue)
            painter.drawEllipse(QPointF(x, float(self._pixels(np.array([value]), y_axis)[0])), 4.0, 4.0)

    # words

    def subtitle(self) -> str:
        letter, layer = self.chosen.letter, self.chosen.layer_words()
        plain = f"norm of ∂{letter}ₜ/∂{letter}ₖ"
        short = plain + (f", {layer}" if layer else "")
        room = self.width() - theme.px(130)
        return fitting(room, f"{short}, mean and 10–90 % of positions", f"{short}, mean and 10–90 %", short, plain)

    def reading(self) -> str:
        if not self.ready():
            return ""
        far = int(np.flatnonzero(np.isfinite(self.mean))[-1])
        at = min(10, far)
        while at < far and not math.isfinite(self.mean[at]):
            at += 1
        value = float(self.mean[at])
        key = next((b.key for b in reversed(BOUNDS) if b.key in self.bounds), "")
        bound = float(self.bounds[key][at]) if key and at < len(self.bounds[key]) else math.nan
        told = f"over {at} {self._token_word}s **× {theme.short(value)}**"
        if math.isnan(bound):
            return told
        full = f"{told}; the bound allows {theme.short(bound)}"
        return fitting(self.width(), full, f"{told}; bound {theme.short(bound)}", told)

    def explain(self, cursor: Cursor) -> Explanation:
        letter = self.chosen.letter
        product = r"\prod_{j=k+1}^{t} J_j"
        formula = rf"\| {partial(letter, 't', 'k')} \| = \| {product} \|"
        if "bound" in self.bounds:
            formula += r" \leq (\| W \| \, max |f'|)^{t-k}"
        sentence = self._sentence()
        if not self.ready():
            return Explanation(self.title, formula, sentence)
        at = self.distance
        figures = [Quantity("t − k, from the last to", f"{at}: {place_name(self.tokens, self.t)}")]
        figures += [Quantity(name, theme.short(float(v))) for name, v in self._figures(at) if math.isfinite(float(v))]
        value = float(self.mean[at])
        key = f"× {theme.short(value)}" if math.isfinite(value) else ""
        return Explanation(self.title, formula, sentence, tuple(figures), key, f"over {at} {self._token_word}s, mean")

    def _figures(self, at: int) -> list[tuple[str, float]]:
        found = [("product, mean", self.mean[at]), ("10 % of positions under", self.low[at])]
        found.append(("90 % under", self.high[at]))
        if self.true is not None and at < len(self.true):
            found.append(("true gradient ∂ℓ, share left", self.true[at]))
        return found + [(b.words, self.bounds[b.key][at]) for b in BOUNDS if b.key in self.bounds]

    def _sentence(self) -> str:
        said = "The most that the way back along this layer leaves of a gradient, or makes of it."
        if "bound" in self.bounds:
            return f"{said} A bound under 1 proves vanishing; one over 1 proves nothing."
        if len(self.chosen.states) > 1:
            said += " The product goes through h and c, as the gradient does."
        gates = self.snapshot.run is not None and any("_gate" in name for name in self.snapshot.run.provides)
        why = (
            "Gates carry the state past every matrix, so no bound from the weights alone is under 1. " if gates else ""
        )
        return f"{said} {why}The dashed line repeats the steepest step seen."

    # choices and the mouse

    def current_wants(self) -> frozenset[str]:
        names = [self.chosen.wildcard(), *(self.chosen.wildcard(bound.key) for bound in BOUNDS)]
        return frozenset({*names, f"gradient.decay.layers.*.{self.chosen.state}"})

    def menu_choices(self) -> tuple[Choice, ...]:
        return self.chosen.choices()

    def choose(self, key: str, option: str) -> None:
        if self.chosen.choose(key, option):
            self.wants_changed.emit()
        self.prepare()
        self.header_changed.emit()
        self.update()

    def export(self) -> Mapping[str, np.ndarray]:
        if not self.ready():
            return {}
        found = {"distance": np.arange(len(self.mean)), "mean": self.mean, "p10": self.low, "p90": self.high}
        found |= dict(self.bounds)
        return found if self.true is None else {**found, "true": self.true}

    # Qt overrides

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pointing at a distance moves the token cursor so far from the last token."""
        if self.ready() and self.plot.contains(event.position()):
            share = (event.position().x() - self.plot.left()) / self.plot.width()
            column = self.steps - 1 - round(self.axes()[0].value(share))
            if column != self.snapshot.cursor.column and column >= 0:
                self.cursor_moved.emit(Cursor(column, None, self.snapshot.cursor.key))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Words of the header are chosen by the width."""
        super().resizeEvent(event)
        self.header_changed.emit()
