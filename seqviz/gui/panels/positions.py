"""Positions: how an attention model knows where a token stands, each scheme as its own picture."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainter, QPen

from seqviz.gui import theme
from seqviz.gui.panels import position_views as views
from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, Quantity, Snapshot, panels
from seqviz.gui.panels.hidden_state import fixed_limit
from seqviz.gui.panels.painted_sheet import PaintedSheetPanel
from seqviz.gui.panels.position_views import Band
from seqviz.gui.widgets.cursor import paint_map_cursor
from seqviz.gui.widgets.matrix_view import matrix_image, paint_matrix

SMALLEST_DIAL = 9  # px at scale 1: rows of dials are at least this high
_FORMULAS = {
    views.ENCODING: r"PE_{p,2i} = \sin\left( \frac{p}{10000^{2i/d}} \right)",
    views.SIMILARITY: r"\cos(P_a, P_b) = \frac{P_a \cdot P_b}{\|P_a\| \, \|P_b\|}",
    views.ROTATION: r"q_t^{(i)} \to R(t \, \omega_i) \, q_t^{(i)}",
    views.BIAS: r"q_t \cdot k_s - m_h (t - s)",
    views.DISTANCE: r"\frac{1}{T} \sum_t \frac{q_t \cdot k_{t-d}}{\sqrt{d_{head}}}",
}
_SENTENCES = {
    views.ENCODING: "Each column is the code added to the token there: fast rows tell neighbours apart, slow rows far "
    "ones.",
    views.SIMILARITY: "How alike the codes of two positions are.",
    views.ROTATION: "Queries and keys are turned like the hands of clocks; only the difference of two turns counts.",
    views.BIAS: "What is taken off a score for distance: each head has a slope of its own.",
    views.DISTANCE: "What each head thinks of distance before it looks at the words.",
}


@panels.register("positions")
class PositionsPanel(PaintedSheetPanel):
    """How the model knows where a token stands: encoding, rotation or bias, and what heads make of distance."""

    name = "positions"
    title = "Positions"
    question = "How does it know where it is?"
    wants = ("position.*", "blocks.*.attention.score_by_distance")
    needs = wants
    order = 40
    weight = 24
    minimum_height = 80
    ghost = "Positions: how the model knows where a token stands."

    def __init__(self) -> None:
        super().__init__()
        self._view = ""
        self._head = 0
        self._arrays: dict[str, NDArray[np.floating]] = {}
        self._limits: dict[str, float] = {}
        self._bands: tuple[Band, ...] = ()
        self._bands_at: object = None
        self._sinusoidal = False
        self._offered: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())  # what the run provides, views of that

    @property
    def options(self) -> tuple[str, ...]:
        """Views that the run can serve."""
        run = self.snapshot.run
        provides = () if run is None else run.provides
        if provides != self._offered[0]:
            self._offered = (provides, tuple(view for view, want in views.VIEWS.items() if served(provides, want)))
        return self._offered[1]

    @property
    def view(self) -> str:
        known = self.options
        return self._view if self._view in known else (known[0] if known else views.ENCODING)

    @property
    def limit(self) -> float:
        """The range of the view is -limit .. +limit, as first seen."""
        return self._limits.get(self.view, 1.0)

    def current_wants(self) -> frozenset[str]:
        return frozenset({views.VIEWS[self.view]}) if self.options else frozenset(self.wants)

    def prepare(self, old: Snapshot) -> None:
        if self.snapshot.run is not old.run:
            self._limits.clear()
            if self.options:
                self.wants_changed.emit()
        self._arrays = self.snapshot.matching(views.VIEWS[self.view])
        first = next(iter(self._arrays.values()), None)
        if first is None:
            return
        if self.view not in self._limits:
            everything = np.concatenate([a.ravel() for a in self._arrays.values()])
            self._sinusoidal = self.view == views.ENCODING and views.is_sinusoidal(first)
            self._limits[self.view] = 1.0 if self._sinusoidal else fixed_limit(everything, self.view)
        self._head = min(self._head, len(first) - 1) if self.view == views.BIAS else self._head

    def ready(self) -> bool:
        first = next(iter(self._arrays.values()), None)
        return first is not None and first.shape[1 if self.view in (views.DISTANCE, views.BIAS) else 0] == self.grid.n

    # painting

    def _dials(self) -> NDArray[np.intp]:
        """Pairs that have a row of dials at this height."""
        angles = next(iter(self._arrays.values()))
        return views.dial_pairs(angles, min(self.height() // theme.px(SMALLEST_DIAL), views.MOST_DIALS))

    def bands(self) -> tuple[Band, ...]:
        """Rows to paint; kept until the data, the view or (for distances) the cursor changes."""
        at = self.column if self.view == views.DISTANCE else -1
        key = (self.serial, self.view, self._head, at, self.height())
        if key != self._bands_at:
            self._bands, self._bands_at = self._made(), key
        return self._bands

    def _made(self) -> tuple[Band, ...]:
        first = next(iter(self._arrays.values()))
        if self.view == views.ENCODING:
            return views.encoding_bands(first, self.limit, self._sinusoidal)
        if self.view == views.SIMILARITY:
            return (views.similarity_band(first),)
        if self.view == views.ROTATION:
            return (views.rotation_band(first, self._dials()),)
        if self.view == views.BIAS:
            return (views.bias_band(first, self._head),)
        return (views.distance_band(self._arrays, self.column, self.grid.n, self.limit),)

    def band_rects(self) -> tuple[QRectF, ...]:
        """Rectangle of each band."""
        count, gap = len(self.bands()), 2
        height = (self.height() - 8 - gap * (count - 1)) / max(count, 1)
        return tuple(
            QRectF(self.grid.left, 2 + round(i * (height + gap)), self.grid.width, round(height)) for i in range(count)
        )

    def paint(self, painter: QPainter) -> None:
        table = theme.colour_table("viridis" if self.view == views.BIAS else "diverging")
        for band, rect in zip(self.bands(), self.band_rects(), strict=True):
            seen = band.indices[:, self.grid.first : self.grid.first + self.grid.visible]
            paint_matrix(painter, rect, matrix_image(seen, table))
        shapes = tuple(array.shape for array in self._arrays.values())
        key = (shapes, self.view, self.grid, self._head)
        painter.drawPixmap(0, 0, self.static_layer(key, self._paint_still))

    def _paint_still(self, painter: QPainter) -> None:
        """Words in the gutter, and the hands of the dials."""
        for band, rect in zip(self.bands(), self.band_rects(), strict=True):
            if self.view == views.DISTANCE:
                self._paint_head_names(painter, rect)
                continue
            if band.middle and rect.height() <= theme.px(44):  # the one word that tells two bands apart
                self.paint_gutter(painter, band.middle, rect.center().y(), bold=True)
                continue
            self.paint_gutter(painter, band.top, rect.top() + theme.px(6))
            self.paint_gutter(painter, band.bottom, rect.bottom() - theme.px(6))
            self.paint_gutter(painter, band.middle, rect.center().y(), bold=True)
        if self.view == views.ROTATION:
            self._paint_hands(painter, self.band_rects()[0])

    def _paint_head_names(self, painter: QPainter, rect: QRectF) -> None:
        names = views.distance_names(self._arrays)
        step = rect.height() / len(names)
        every = max(1, math.ceil(theme.px(12) / step))
        for index in range(0, len(names), every):
            self.paint_gutter(painter, f"head {names[index]}", rect.top() + (index + 0.5) * step)

    def _paint_hands(self, painter: QPainter, rect: QRectF) -> None:
        """A hand in every cell, at the angle by which the pair is turned there."""
        angles, pairs = next(iter(self._arrays.values())), self._dials()
        step = rect.height() / len(pairs)
        length = 0.42 * min(step, self.grid.cell)
        lines = []
        for row, pair in enumerate(pairs):
            y = rect.top() + (row + 0.5) * step
            for column in self.grid.columns():
                x, angle = self.grid.centre_of(column), float(angles[column, pair])
                lines.append(QLineF(QPointF(x, y), QPointF(x + length * math.cos(angle), y - length * math.sin(angle))))
        painter.setPen(QPen(theme.theme().ink, 1.25))
        painter.drawLines(lines)

    def paint_over(self, painter: QPainter) -> None:
        super().paint_over(painter)
        if self.view in (views.SIMILARITY, views.BIAS) and self.grid.shows(self.column):
            rect = self.band_rects()[0]
            step = rect.height() / self.grid.n
            top = rect.top() + self.column * step
            last = self.column if self.view == views.BIAS else self.grid.n - 1
            right = self.grid.x_of(min(last, self.grid.first + self.grid.visible - 1) + 1)
            paint_map_cursor(painter, QRectF(rect.left(), top, right - rect.left(), max(step, 3.0)))

    # words

    def subtitle(self) -> str:
        first = next(iter(self._arrays.values()), None)
        if first is None:
            return "how the model knows where a token stands"
        if self.view == views.ENCODING:
            dims = first.shape[1]
            if not self._sinusoidal:
                return f"learned, added to every embedding; its {dims} dimensions"
            part = "its" if views.faster_half(dims) == dims else "the faster half of its"
            return f"sinusoidal, added to every embedding; {part} {dims} dimensions"
        return {
            views.SIMILARITY: "how alike the codes of two positions are",
            views.ROTATION: f"angle by which each of the {first.shape[-1]} pairs of a head is turned",
            views.BIAS: f"taken off the scores of head {self._head + 1} of {len(first)}, by query row and key column",
            views.DISTANCE: "mean score of each head for keys at that distance back from the cursor",
        }[self.view]

    def colour_bar(self) -> ColourBar | None:
        first = next(iter(self._arrays.values()), None)
        if first is None:
            return None
        if self.view == views.BIAS:
            return ColourBar("bias", theme.short(float(np.nanmin(first[self._head]))), "viridis", "0")
        quantity = {views.SIMILARITY: "cosine", views.ROTATION: "cosine of the turn", views.DISTANCE: "score"}
        end = theme.short(1.0 if self.view in (views.SIMILARITY, views.ROTATION) else self.limit)
        return ColourBar(quantity.get(self.view, "value"), f"−{end}", "diverging", f"+{end}")

    def reading(self) -> str:
        first = next(iter(self._arrays.values()), None)
        if first is None or not self.options:
            return ""
        if self.view == views.DISTANCE:
            rows = np.concatenate([self._arrays[name] for name in sorted(self._arrays)])
            near = np.nanmean(rows[:, :2], axis=1) - np.nanmean(rows[:, 2:], axis=1)
            best = int(np.argmax(near))
            return f"head **{views.distance_names(self._arrays)[best]}** prefers its neighbours most"
        if self.view == views.SIMILARITY and len(first) > 1:
            return f"neighbours are alike at **{float(np.diagonal(first, 1).mean()):.2f}**"
        if self.view == views.BIAS:
            slope = -float(first[self._head, 1, 0]) if first.shape[1] > 1 else 0.0
            return f"this head loses **{theme.short(slope)}** of score with every {self.token_word}"
        if self.view == views.ROTATION and len(first) > 1:
            slow = 2 * math.pi / max(float(first[1, -1]), 1e-12)
            return f"the fastest hand turns once in 6.3 {self.token_word}s, the slowest in **{theme.short(slow)}**"
        return ""

    def explain(self, cursor: Cursor) -> Explanation:
        first = next(iter(self._arrays.values()), None)
        learned = self.view == views.ENCODING and first is not None and not self._sinusoidal
        formula = r"x_t + P_t" if learned else _FORMULAS[self.view]
        t, quantities = cursor.column, []
        if self.ready() and 0 <= t < self.grid.n:
            quantities.append(Quantity(f"t = {t}", self.place_words(t)))
        return Explanation(self.title, formula, _SENTENCES[self.view], tuple(quantities))

    def export(self) -> Mapping[str, np.ndarray]:
        return dict(self._arrays)

    # menu

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        choices = []
        if len(self.options) > 1:
            choices.append(("picture", self.options, self.view))
        first = next(iter(self._arrays.values()), None)
        if self.view == views.BIAS and first is not None:
            choices.append(("head", tuple(f"head {h + 1}" for h in range(len(first))), f"head {self._head + 1}"))
        return tuple(choices)

    def choose(self, key: str, option: str) -> None:
        if key == "head":
            self._head = int(option.removeprefix("head ")) - 1
        elif option in self.options:
            self._view = option
            self.wants_changed.emit()
        self.refresh()


def served(provides: tuple[str, ...], want: str) -> bool:
    """Whether a run provides anything that a wildcard means."""
    return any(fnmatch.fnmatchcase(given, want) or fnmatch.fnmatchcase(want, given) for given in provides)
