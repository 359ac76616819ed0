"""Eigenvalues of the recurrent matrix on the complex plane, and how far out they have moved through training."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QResizeEvent

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor, Explanation, Quantity, panels
from seqviz.gui.panels.painted_free import PaintedFreePanel
from seqviz.gui.reading import fitting
from seqviz.gui.widgets.axes import Axis
from seqviz.gui.widgets.curve_painting import paint_curve, polygon
from seqviz.gui.widgets.plot_painting import paint_axes, pixel_x, pixel_y

ONLY = "recurrent"
MARGIN = 1.12  # of the largest thing in the plane
SMALLEST = 1.25  # half a side of the plane: the unit circle always has room
TRAIL = 108  # px at scale 1, height of the trail under the plane; its width beside it
_NAME = re.compile(r"spectrum\.layers\.(\d+)\.(.+)\.eigenvalues$")
_PROVIDED = re.compile(r"spectrum\.layers\.\*\.(.+)\.eigenvalues$")
Choice = tuple[str, tuple[str, ...], str]


@panels.register("recurrent_spectrum")
class RecurrentSpectrumPanel(PaintedFreePanel):
    """Each dot is an eigenvalue of the recurrent matrix; outside the circle its power grows, inside it fades."""

    name = "recurrent_spectrum"
    title = "Recurrent matrix"
    question = "Does the recurrence grow or fade by itself?"
    wants = ("spectrum.*.eigenvalues", "spectrum.*.radius", "spectrum.*.norm")
    needs = ("spectrum.*.eigenvalues",)
    lacking = "has no recurrent matrix"
    order = 62
    weight = 60
    minimum_height = 220
    shown_by_default = False
    rooms = {"jacobians": 20}
    follows = ("spectrum.",)
    ghost = "Eigenvalues of the recurrent matrix on the complex plane, with the unit circle."

    def __init__(self) -> None:
        super().__init__()
        self.values: NDArray[np.floating] | None = None  # (index, 2)
        self.trails: dict[str, dict[int, float]] = {}  # place -> step -> spectral radius
        self.layers: tuple[int, ...] = ()
        self.blocks: tuple[str, ...] = ()
        self._layer, self._block = -1, ""
        self._reach = SMALLEST
        self._run: object = None
        self._serial = 0  # grows with every new spectrum

    @property
    def layer(self) -> int:
        return self._layer if self._layer in self.layers else (self.layers[-1] if self.layers else 0)

    @property
    def block(self) -> str:
        """Which block of the matrix; at first the one that writes: the candidate."""
        if self._block in self.blocks:
            return self._block
        return next((b for b in self.blocks if "candidate" in b), self.blocks[0] if self.blocks else ONLY)

    @property
    def prefix(self) -> str:
        return f"spectrum.layers.{self.layer}.{self.block}"

    @property
    def trail(self) -> dict[int, float]:
        """Spectral radius by step, as far as it was looked at."""
        return self.trails.get(self.prefix, {})

    def prepare(self) -> None:
        run, before = self.snapshot.run, self.block
        if run is not self._run:
            self._run, self.trails, self._reach = run, {}, SMALLEST
            found = [_PROVIDED.match(name) for name in (run.provides if run is not None else ())]
            self.blocks = tuple(m.group(1) for m in found if m is not None)
        names = [m for name in self.snapshot.matching("spectrum.*.eigenvalues") if (m := _NAME.match(name))]
        self.layers = tuple(sorted({int(m.group(1)) for m in names}))
        if not self.blocks:
            self.blocks = tuple(dict.fromkeys(m.group(2) for m in names))
        if self.block != before:
            self.wants_changed.emit()
        self._note()
        known, self.values = self.values, self.snapshot.array(f"{self.prefix}.eigenvalues")
        self._serial += self.values is not known
        if self.values is not None and np.isfinite(self.values).all():
            self._reach = max(self._reach, float(np.abs(self.values).max()) * MARGIN)

    def _note(self) -> None:
        frame = self.snapshot.frame
        if frame is None:
            return
        for name, array in self.snapshot.matching("spectrum.*.radius").items():
            value = float(array)
            if math.isfinite(value):
                self.trails.setdefault(name.removesuffix(".radius"), {})[frame.made_at.get(name, frame.step)] = value

    def ready(self) -> bool:
        return self.values is not None and bool(np.isfinite(self.values).all())

    @property
    def steps(self) -> int:
        return max(len(self.tokens), 1)

    @property
    def radius(self) -> float:
        assert self.values is not None
        return float(np.hypot(self.values[:, 0], self.values[:, 1]).max())

    # geometry

    @property
    def beside(self) -> bool:
        """Whether the trail stands at the right of the plane: where the panel is wide and low."""
        return self.width() > 1.25 * self.height()

    def plane(self) -> QRectF:
        """A square: one scale for both parts."""
        left, foot = theme.px(34), theme.px(36)
        width = self.width() - left - theme.px(10)
        height = self.height() - foot - theme.px(6)
        if self.beside:
            width -= max(theme.px(TRAIL), round(self.width() * 0.36))
        elif self.height() > theme.px(260):
            height -= theme.px(TRAIL)
        side = max(min(width, height), 1.0)
        spare = (width - side) / 2 if not self.beside else 0.0
        return QRectF(left + max(spare, 0.0), theme.px(4), side, side)

    def trail_area(self) -> QRectF:
        """Empty where there is no room."""
        plane, gap = self.plane(), theme.px(44)
        if self.beside:
            left = plane.right() + gap
            return QRectF(left, plane.top() + theme.px(18), self.width() - left - theme.px(12),
                          plane.height() - theme.px(20))  # fmt: skip
        top = plane.bottom() + theme.px(54)
        high = self.height() - top - theme.px(22)
        return QRectF(theme.px(34), top, self.width() - theme.px(46), high) if high > theme.px(24) else QRectF()

    def pixel(self, real: float, imaginary: float) -> QPointF:
        area, axis = self.plane(), Axis(-self._reach, self._reach)
        return QPointF(pixel_x(area, axis, real), pixel_y(area, axis, imaginary))

    # painting

    def paint(self, painter: QPainter) -> None:
        still = self.static_layer((self._serial, self.width(), self.height()), self._paint_picture)
        painter.drawPixmap(0, 0, still)

    def _paint_picture(self, painter: QPainter) -> None:
        """All of it: nothing here follows the token cursor."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_plane(painter)
        area = self.trail_area()
        if area.width() > theme.px(50) and area.height() > theme.px(20):
            self._paint_trail(painter, area)

    @property
    def hue(self) -> QColor:
        if self.block.endswith("_gate"):
            return theme.gate_colour(self.block)
        run = self.snapshot.run
        return theme.family_colour(run.family if run is not None else "")

    def _paint_plane(self, painter: QPainter) -> None:
        assert self.values is not None
        area, colours = self.plane(), theme.theme()
        axis = Axis(-self._reach, self._reach, ticks=(-1.0, 0.0, 1.0) if self._reach < 2.5 else ())
        painter.save()
        painter.translate(area.left() - theme.px(34), 0)  # tick labels of the shared painter start at 0
        paint_axes(painter, area.translated(theme.px(34) - area.left(), 0), axis, axis, grid=False)
        painter.restore()
        self._name_axes(painter, area)
        middle, one = self.pixel(0.0, 0.0), self.pixel(1.0, 1.0)
        painter.setPen(QPen(colours.line, 1))
        painter.drawLine(QLineF(area.left(), middle.y(), area.right(), middle.y()))
        painter.drawLine(QLineF(middle.x(), area.top(), middle.x(), area.bottom()))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colours.ink2, 1.5 * theme.scale()))
        painter.drawEllipse(middle, one.x() - middle.x(), one.x() - middle.x())
        far = self.radius * (one.x() - middle.x())
        pen = QPen(self.hue, 1.25 * theme.scale())
        pen.setDashPattern([4.0, 3.0])
        painter.setPen(pen)
        painter.drawEllipse(middle, far, far)
        self._paint_dots(painter)

    def _name_axes(self, painter: QPainter, area: QRectF) -> None:
        painter.setFont(theme.font(11))
        painter.setPen(theme.theme().ink3)
        below = QRectF(area.left(), area.bottom() + theme.px(17), area.width(), theme.px(16))
        painter.drawText(below, int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop), "real part of λ")
        beside = QRectF(theme.px(2), 0, area.left(), theme.px(32))
        corner = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        painter.drawText(beside, corner, "imaginary\npart" if area.left() > theme.px(70) else "Im λ")

    def _paint_dots(self, painter: QPainter) -> None:
        """Small dots inside the circle, larger ones outside it."""
        assert self.values is not None
        places = Axis(-self._reach, self._reach).places(self.values)  # (index, 2)
        area, outside = self.plane(), np.hypot(self.values[:, 0], self.values[:, 1]) > 1.0
        xs, ys = area.left() + places[:, 0] * area.width(), area.bottom() - places[:, 1] * area.height()
        for chosen, size, share in ((~outside, 5.0, 0.7), (outside, 8.0, 1.0)):
            pen = QPen(theme.faded(self.hue, share), size * theme.scale())
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPoints(polygon(xs[chosen], ys[chosen]))

    def _paint_trail(self, painter: QPainter, area: QRectF) -> None:
        """The radius by step, with the line at 1 and a dot at the step shown."""
        steps = sorted(self.trail)
        radii = np.array([self.trail[step] for step in steps])
        colours = theme.theme()
        painter.setFont(theme.font(11))
        painter.setPen(colours.ink3)
        painter.drawText(QPointF(area.left(), area.top() - theme.px(7)), "spectral radius, by training step")
        top = max(1.25, float(radii.max(initial=0.0)) * 1.1)
        bottom = min(float(radii.min(initial=1.0)), 1.0) * 0.8
        x_axis, y_axis = Axis(0.0, float(max(steps[-1] if steps else 0, 1)), steps=True), Axis(bottom, top)
        painter.save()
        painter.translate(area.left() - theme.px(34), 0)
        paint_axes(painter, area.translated(theme.px(34) - area.left(), 0), x_axis, y_axis, grid=False)
        painter.restore()
        one = pixel_y(area, y_axis, 1.0)
        painter.setPen(QPen(colours.ink2, 1.25 * theme.scale()))
        painter.drawLine(QLineF(area.left(), one, area.right(), one))
        xs = area.left() + x_axis.places(np.array(steps, dtype=np.float64)) * area.width()
        ys = area.bottom() - y_axis.places(radii) * area.height()
        paint_curve(painter, xs, ys, self.hue, 2.0 * theme.scale())
        now = self._now(steps)
        painter.setPen(QPen(colours.sheet, 1.5))
        painter.setBrush(self.hue)
        painter.drawEllipse(QPointF(float(xs[now]), float(ys[now])), theme.px(4), theme.px(4))

    def _now(self, steps: list[int]) -> int:
        """Which of the trail's steps is the one shown."""
        frame = self.snapshot.frame
        assert frame is not None
        step = frame.made_at.get(f"{self.prefix}.radius", frame.step)
        return min(bisect_left(steps, step), len(steps) - 1)

    # words

    def subtitle(self) -> str:
        layer = f", layer {self.layer + 1}" if len(self.layers) > 1 else ""
        words = f"eigenvalues λ of {self._matrix()}{layer}"
        room = self.width() - theme.px(140)
        short = f"λ of {self._matrix()}{layer}"
        least = f"λ of {self._matrix().removeprefix('Wₕₕ, ')}"
        return fitting(room, f"{words}; circle: |λ| = 1", words, short, f"λ of {self._matrix()}", least)

    def _matrix(self) -> str:
        return "Wₕₕ" if self.block == ONLY else f"Wₕₕ, {block_title(self.block)}"

    def reading(self) -> str:
        if not self.ready():
            return ""
        told = f"spectral radius **{self.radius:.2f}**"
        first = min(self.trail, default=None)
        if first is None or len(self.trail) < 2:
            return told
        when = "at the start" if first == 0 else f"at step {theme.thousands(first)}"
        return fitting(self.width(), f"{told}, it was {self.trail[first]:.2f} {when}", told)

    def explain(self, cursor: Cursor) -> Explanation:
        formula = r"W_{hh} v = \lambda v, \quad \rho = max |\lambda|"
        sentence = (
            "Multiplied by the matrix again and again, a state grows or fades like the spectral radius to the power of "
            "the distance, before anything squashes it."
        )
        if len(self.blocks) > 1:
            sentence += " Here gates decide about it, too: the Jacobians tell what they leave."
        if not self.ready() or self.values is None:
            return Explanation(self.title, formula, sentence)
        sizes = np.hypot(self.values[:, 0], self.values[:, 1])
        figures = [
            Quantity("spectral radius ρ", f"{self.radius:.3f}"),
            Quantity("outside the circle", f"{int((sizes > 1).sum())} of {len(sizes)}"),
            Quantity("after 10 steps, ρ¹⁰", theme.short(self.radius**10)),
        ]
        norm = self.snapshot.array(f"{self.prefix}.norm")
        if norm is not None:
            figures.insert(1, Quantity("norm ‖W‖, largest singular value", f"{float(norm):.3f}"))
        return Explanation(self.title, formula, sentence, tuple(figures), f"{self.radius:.2f}", "spectral radius")

    # choices

    def current_wants(self) -> frozenset[str]:
        return frozenset(f"spectrum.layers.*.{self.block}.{what}" for what in ("eigenvalues", "radius", "norm"))

    def menu_choices(self) -> tuple[Choice, ...]:
        found: list[Choice] = []
        if len(self.blocks) > 1:
            titles = tuple(block_title(block) for block in self.blocks)
            found.append(("block", titles, block_title(self.block)))
        if len(self.layers) > 1:
            found.append(("layer", tuple(f"layer {n + 1}" for n in self.layers), f"layer {self.layer + 1}"))
        return tuple(found)

    def choose(self, key: str, option: str) -> None:
        if key == "layer":
            self._layer = int(option.removeprefix("layer ")) - 1
        else:
            self._block = next(block for block in self.blocks if block_title(block) == option)
            self._reach = SMALLEST
            self.wants_changed.emit()
        self.prepare()
        self.header_changed.emit()
        self.update()

    def export(self) -> Mapping[str, np.ndarray]:
        if self.values is None:
            return {}
        steps = sorted(self.trail)
        return {
            f"{self.prefix}.eigenvalues": self.values,
            "step": np.array(steps),
            "radius": np.array([self.trail[step] for step in steps]),
        }

    # Qt overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Words of the header are chosen by the width."""
        super().resizeEvent(event)
        self.header_changed.emit()


def block_title(block: str) -> str:
    """`forget gate`; `candidate, depth 2` of a deeper part of the step; `shortcut`."""
    words = block.replace("_", " ")
    inner = re.match(r"deeper\.(\d+)\.(.+)$", words)
    if inner:
        return f"{inner.group(2)}, depth {int(inner.group(1)) + 2}"
    return words.removesuffix(f".{ONLY}")
