"""A track in the plane at the cursor: predicted, measured, corrected, with the ellipses of what is not known."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor, Explanation, Quantity, panels
from seqviz.gui.panels.painted_free import PaintedFreePanel
from seqviz.gui.panels.track_data import NEEDS, SIGMAS, WANTS, Floats, Track, ellipse, root_mean_square, track_of
from seqviz.gui.reading import fitting
from seqviz.gui.widgets.axes import Axis
from seqviz.gui.widgets.plot_painting import paint_axes

VIEWS = ("around the cursor", "whole track")
GUTTER, FOOT = 34, 20  # px at scale 1 for the numbers of the axes
INSET = 84  # px at scale 1, side of the small picture of the whole track
_KALMAN = r"m_t = m_t^- + K_t (y_t - H m_t^-)"
_NET = r"p(x_t \mid y_1 \ldots y_t) = N(\mu_t, \sigma_t^2)"


@panels.register("track")
class TrackPanel(PaintedFreePanel):
    """Where it was predicted, measured and believed to be at the cursor; ellipses of two deviations."""

    name = "track"
    title = "Track"
    question = "How much does it trust a measurement?"
    wants = WANTS
    needs = NEEDS
    order = 5
    weight = 50
    minimum_height = 180
    ghost = "The track in the plane: measured, believed and true, with ellipses of what is not known."

    def __init__(self) -> None:
        super().__init__()
        self.track: Track | None = None
        self.view = VIEWS[0]
        self._taken: list[QRectF] = []  # labels painted so far

    def prepare(self) -> None:
        self.track = track_of(self.snapshot)

    def ready(self) -> bool:
        return self.track is not None

    @property
    def steps(self) -> int:
        return 0 if self.track is None else self.track.steps

    # geometry: one scale for both coordinates, or an ellipse would lie

    def plot(self) -> QRectF:
        """Where the picture is, without the numbers of the axes."""
        left, foot = theme.px(GUTTER), theme.px(FOOT)
        return QRectF(left, 4, max(self.width() - left - 2.0, 1.0), max(self.height() - foot - 6.0, 1.0))

    def axes(self) -> tuple[Axis, Axis]:
        """Of x and y, as much of both per px."""
        assert self.track is not None
        area = self.plot()
        if self.view == VIEWS[0]:
            (x, y), half = self._centre(), self.track.reach()
        else:
            (x, y), half = self._whole(area.width() / area.height())
        wide = half * max(area.width() / area.height(), 1.0)
        high = half * max(area.height() / area.width(), 1.0)
        return Axis(x - wide, x + wide), Axis(y - high, y + high)

    def _centre(self) -> tuple[float, float]:
        assert self.track is not None
        shown = [self.track.mean[self.t]]
        for other in (
            self.track.observed[self.t],
            None if self.track.predicted is None else self.track.predicted[self.t],
        ):
            if other is not None and np.isfinite(other).all():
                shown.append(other)
        middle = (np.min(shown, axis=0) + np.max(shown, axis=0)) / 2
        return float(middle[0]), float(middle[1])

    def _whole(self, ratio: float) -> tuple[tuple[float, float], float]:
        """The middle of everything, and half a side that holds it."""
        assert self.track is not None
        points = np.concatenate([self.track.mean, self.track.observed, self.track.truth])
        points = points[np.isfinite(points).all(axis=1)]
        low, high = points.min(axis=0), points.max(axis=0)
        wide, tall = (high - low) / 2
        half = max(wide / max(ratio, 1.0), tall / max(1 / ratio, 1.0), 1e-6) * 1.08
        return (float((low[0] + high[0]) / 2), float((low[1] + high[1]) / 2)), float(half)

    def pixel(self, point: Floats) -> QPointF:
        """A point of the plane in pixels."""
        area, (x, y) = self.plot(), self.axes()
        return QPointF(
            area.left() + x.place(float(point[0])) * area.width(),
            area.bottom() - y.place(float(point[1])) * area.height(),
        )

    # painting

    def paint(self, painter: QPainter) -> None:
        assert self.track is not None
        area, axes = self.plot(), self.axes()
        self._taken = []
        paint_axes(painter, area, *axes)
        self._name_axes(painter, area)
        painter.save()
        painter.setClipRect(area)
        self._paint_path(painter)
        if self.view == VIEWS[0] and self.track.steps > 3:
            self._taken.append(self._inset_rect())
        self._paint_step(painter)
        painter.restore()
        if self.view == VIEWS[0] and self.track.steps > 3:
            self._paint_inset(painter)

    def _name_axes(self, painter: QPainter, area: QRectF) -> None:
        painter.setFont(theme.font(11))
        painter.setPen(theme.theme().ink3)
        inside = area.adjusted(theme.px(4), 0, -2, -theme.px(2))
        painter.drawText(inside, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop), "position y")
        painter.drawText(inside, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom), "position x")

    def _paint_path(self, painter: QPainter) -> None:
        """Everything up to the cursor in full, what comes later faintly; the truth as a thin line all along."""
        assert self.track is not None
        track, colours, last = self.track, theme.theme(), self.t + 1
        painter.setPen(QPen(colours.ink2, 1.25 * theme.scale()))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(self._polygon(track.truth))
        painter.setPen(QPen(self._family(), 2.25 * theme.scale()))
        painter.drawPolyline(self._polygon(track.mean[:last]))
        for t in self._near():
            share = 0.9 if t < last else 0.3
            self._cross(painter, self.pixel(track.observed[t]), theme.px(3.5), theme.faded(colours.ink3, share))
            if t < last:
                self._dot(painter, self.pixel(track.mean[t]), theme.px(2.5), self._family())

    def _polygon(self, points: Floats) -> QPolygonF:
        return QPolygonF([self.pixel(point) for point in points if np.isfinite(point).all()])

    def _near(self) -> Iterator[int]:
        """Steps whose measurement lies in the picture."""
        assert self.track is not None
        area = self.plot()
        for t in range(self.track.steps):
            if np.isfinite(self.track.observed[t]).all() and area.contains(self.pixel(self.track.observed[t])):
                yield t

    def _paint_step(self, painter: QPainter) -> None:
        """The step at the cursor: from the prediction over the measurement to the estimate."""
        assert self.track is not None
        track, t, colours = self.track, self.t, theme.theme()
        mean, measured = self.pixel(track.mean[t]), track.observed[t]
        if track.predicted is not None and track.before is not None:
            predicted = self.pixel(track.predicted[t])
            self._paint_ellipse(painter, predicted, track.before[t], dashed=True)
            if np.isfinite(measured).all():
                painter.setPen(QPen(colours.ink3, 1.25 * theme.scale(), Qt.PenStyle.DotLine))
                painter.drawLine(QLineF(predicted, self.pixel(measured)))
        self._paint_ellipse(painter, mean, track.covariance(t), dashed=False)
        named: list[tuple[str, QPointF]] = []
        if np.isfinite(measured).all():
            self._cross(painter, self.pixel(measured), theme.px(6), colours.ink, 2.25)
            named.append(("measured", self.pixel(measured)))
        if np.isfinite(track.truth[t]).all():
            self._dot(painter, self.pixel(track.truth[t]), theme.px(5), colours.sheet, colours.ink)
            named.append(("truth", self.pixel(track.truth[t])))
        if track.predicted is not None:
            self._diamond(painter, self.pixel(track.predicted[t]), theme.px(5))
            named.append(("predicted", self.pixel(track.predicted[t])))
        self._dot(painter, mean, theme.px(4.5), self._family(), colours.sheet)
        named.insert(0, ("estimate", mean))
        self._paint_names(painter, named)

    def _paint_ellipse(self, painter: QPainter, centre: QPointF, covariance: Floats, dashed: bool) -> None:
        found = ellipse(covariance)
        if found is None:
            return
        long, short, degrees = found
        area, (x, _) = self.plot(), self.axes()
        scale = area.width() / (x.high - x.low)
        pen = QPen(theme.theme().ink3 if dashed else self._family(), 1.5 * theme.scale())
        if dashed:
            pen.setDashPattern([4.0, 2.5])
        painter.save()
        painter.translate(centre)
        painter.rotate(-degrees)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush if dashed else theme.faded(self._family(), 0.14))
        painter.drawEllipse(QPointF(0, 0), max(long * scale, 1.0), max(short * scale, 1.0))
        painter.restore()

    def _paint_names(self, painter: QPainter, named: list[tuple[str, QPointF]]) -> None:
        """Each mark with its word, beside it on the first side where no other word is."""
        measure, area = theme.metrics(11, bold=True), self.plot()
        painter.setFont(theme.font(11, bold=True))
        high = theme.px(14)
        marks = [QRectF(at.x() - theme.px(5), at.y() - theme.px(5), theme.px(10), theme.px(10)) for _, at in named]
        for word, at in named:
            wide, gap = measure.horizontalAdvance(word), theme.px(9)
            places = [
                QRectF(at.x() + gap, at.y() + dy * high - high / 2, wide, high) if side > 0
                else QRectF(at.x() - gap - wide, at.y() + dy * high - high / 2, wide, high)
                for dy in (0.0, -1.0, 1.0, -2.0, 2.0) for side in (1, -1)
            ]  # fmt: skip
            free = [p for p in places if area.contains(p) and not any(p.intersects(o) for o in (*self._taken, *marks))]
            if not free:
                continue
            self._taken.append(free[0])
            painter.setPen(theme.theme().ink)
            painter.drawText(free[0], int(Qt.AlignmentFlag.AlignCenter), word)

    def _inset_rect(self) -> QRectF:
        """The corner farthest from what happens at the cursor: the later path must not hide under it."""
        area, side = self.plot(), min(float(theme.px(INSET)), self.plot().width() / 3, self.plot().height() / 3)
        return QRectF(area.right() - side, area.top(), side, side)

    def _paint_inset(self, painter: QPainter) -> None:
        """The whole track, small, with the part that is shown large."""
        assert self.track is not None
        box, colours = self._inset_rect(), theme.theme()
        (cx, cy), half = self._whole(1.0)
        painter.setPen(QPen(colours.line, 1))
        painter.setBrush(colours.sheet)
        painter.drawRect(box)
        painter.save()
        painter.setClipRect(box)

        def small(point: Floats) -> QPointF:
            x, y = (float(point[0]) - cx) / half, (float(point[1]) - cy) / half
            return QPointF(box.center().x() + x * box.width() / 2.2, box.center().y() - y * box.height() / 2.2)

        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._family(), 1.5))
        painter.drawPolyline(QPolygonF([small(point) for point in self.track.mean]))
        here, reach = small(self.track.mean[self.t]), self.track.reach() / half * box.width() / 2.2
        reach = max(reach, 3.0)
        painter.setPen(QPen(colours.ink, 1.25))
        painter.drawRect(QRectF(here.x() - reach, here.y() - reach, 2 * reach, 2 * reach))
        painter.restore()

    @staticmethod
    def _cross(painter: QPainter, at: QPointF, half: float, colour: QColor, width: float = 1.25) -> None:
        painter.setPen(QPen(colour, width * theme.scale()))
        painter.drawLine(QLineF(at.x() - half, at.y() - half, at.x() + half, at.y() + half))
        painter.drawLine(QLineF(at.x() - half, at.y() + half, at.x() + half, at.y() - half))

    @staticmethod
    def _dot(painter: QPainter, at: QPointF, half: float, colour: QColor, edge: QColor | None = None) -> None:
        painter.setPen(Qt.PenStyle.NoPen if edge is None else QPen(edge, 1.75 * theme.scale()))
        painter.setBrush(colour)
        painter.drawEllipse(at, half, half)

    @staticmethod
    def _diamond(painter: QPainter, at: QPointF, half: float) -> None:
        painter.setPen(QPen(theme.theme().ink2, 1.75 * theme.scale()))
        painter.setBrush(theme.theme().sheet)
        corners = [QPointF(0, -half), QPointF(half, 0), QPointF(0, half), QPointF(-half, 0)]
        painter.drawPolygon(QPolygonF([at + corner for corner in corners]))

    def _family(self) -> QColor:
        return theme.family_colour("hmm" if self.snapshot.run is None else self.snapshot.run.family)

    # words

    def subtitle(self) -> str:
        if self.track is None:
            return ""
        ellipses = f"ellipses: {SIGMAS:g} standard deviations"
        at = f"measurement {self.t + 1}"
        return fitting(self.width() - theme.px(50), f"{at}; {ellipses}", f"{at}, {SIGMAS:g} σ ellipses", at)

    def reading(self) -> str:
        if self.track is None:
            return ""
        error, missed = root_mean_square(self.track.errors()), root_mean_square(self.track.misses())
        if math.isnan(error):
            return f"believed within **{self._radius(self.t):.2f}** of the estimate (one deviation)"
        short = f"misses by **{error:.2f}**, measurements by {missed:.2f}"
        return fitting(self.width(), f"on this track it {short}", short)

    def _radius(self, t: int) -> float:
        """Root of the mean squared distance that the belief itself expects."""
        assert self.track is not None
        return math.sqrt(max(float(np.trace(self.track.covariance(t))), 0.0))

    def explain(self, cursor: Cursor) -> Explanation:
        filters = self.track is None or self.track.gain is not None
        formula = _KALMAN if filters else _NET
        sentence = (
            "The gain says which share of the surprise (measured minus predicted) the estimate takes over."
            if filters
            else "A net tells a mean and a deviation for each coordinate; it was shown true tracks, and no physics."
        )
        if self.track is None:
            return Explanation(self.title, formula, sentence)
        track, t = self.track, max(0, min(cursor.column, self.steps - 1))
        quantities = [Quantity("measurement", str(t + 1))]
        if track.predicted is not None:
            quantities.append(Quantity("predicted", _pair(track.predicted[t])))
        quantities.append(Quantity("measured", _pair(track.observed[t])))
        if track.predicted is not None:
            quantities.append(Quantity("surprise", _pair(track.observed[t] - track.predicted[t])))
        quantities.append(Quantity("estimate", _pair(track.mean[t])))
        if np.isfinite(track.truth[t]).all():
            quantities.append(Quantity("truth", _pair(track.truth[t])))
        quantities.append(Quantity("expected error", f"{self._radius(t):.2f}"))
        if np.isfinite(track.errors()[t]):
            quantities.append(Quantity("error", f"{float(track.errors()[t]):.2f}"))
        if track.gain is None:
            return Explanation(self.title, formula, sentence, tuple(quantities))
        size = track.gain.shape[2]
        quantities.append(Quantity("gain for the velocity", f"{float(track.gain[t, size, 0]):.2f}"))
        share = float(track.gain[t, 0, 0])
        meaning = "of the surprise in position is taken over: the gain for the position"
        return Explanation(self.title, formula, sentence, tuple(quantities), f"{share:.2f}", meaning)

    def export(self) -> Mapping[str, np.ndarray]:
        if self.track is None:
            return {}
        found = {name: getattr(self.track, name) for name in ("mean", "deviation", "observed", "truth", "predicted")}
        return {name: array for name, array in found.items() if array is not None}

    # menu

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        return (("view", VIEWS, self.view),)

    def choose(self, key: str, option: str) -> None:
        self.view = option if option in VIEWS else VIEWS[0]
        self.update()


def _pair(point: Floats) -> str:
    return (
        "not known" if not np.isfinite(point).all() else ", ".join(f"{float(v):.2f}" for v in point).replace("-", "−")
    )
