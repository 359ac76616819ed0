"""Gradient map: G[t, s], how strongly the loss at t still feels the state at s (the itemised gradient)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from seqviz.gui import theme
from seqviz.gui.number_text import short
from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, Quantity, Snapshot, panels
from seqviz.gui.panels.map_panel import MapPanel
from seqviz.gui.panels.state_names import symbol, titles_of
from seqviz.gui.widgets import causal_map
from seqviz.gui.widgets.axes import Axis
from seqviz.gui.widgets.causal_map import MapGeometry
from seqviz.gui.widgets.decay_inset import (
    DecayCurve,
    lay_out,
    paint_decay_axes,
    paint_decay_curves,
    tokens_text,
)
from seqviz.gui.widgets.gradient_profile import paint_profile, paint_profile_axis
from seqviz.gui.widgets.matrix_view import index_image
from seqviz.gui.widgets.token_names import token_name

LOW, HIGH = 1e-6, 2.0
POOR_FIT = 0.6
LOW_MAP = 260  # px at scale 1; below, the decay curves stand further right
SOURCES = {"probe": "probe", "current batch": "batch", "mean of 32 windows": "windows"}
_ITEMISED = "gradient.itemised."


@panels.register("gradient_map")
class GradientMapPanel(MapPanel):
    """Row t, column s: how much the loss at t would change if the state at s moved a little."""

    name = "gradient_map"
    title = "Gradient map"
    question = "Where does the gradient die?"
    wants = ("gradient.itemised.*", "gradient.decay.*", "gradient.half_life.*")
    needs = ("gradient.itemised.*",)
    ghost = "The gradient map: which earlier characters each loss can still teach. It fills in with the first step."

    def __init__(self) -> None:
        super().__init__()
        self._source = "probe"
        self._site = ""  # chosen by the user; "": the top layer's hidden state
        self._sites: dict[str, str] = {}  # title -> site
        self._array: NDArray[np.floating] | None = None
        self._compared: tuple[DecayCurve, ...] = ()
        self._curves: tuple[DecayCurve, ...] = ()

    @property
    def site(self) -> str:
        """Trace name of the state that is shown; "" before the first map."""
        known = list(self._sites.values())
        return self._site if self._site in known else (known[0] if known else "")

    def compare(self, curves: Sequence[DecayCurve]) -> None:
        """Decay curves of other runs, drawn thin beside this run's."""
        self._compared = tuple(curves)
        self.refresh()

    def prepare(self, old: Snapshot) -> None:
        found = self.snapshot.matching(f"{_ITEMISED}*")
        self._sites = titles_of(name.removeprefix(_ITEMISED) for name in found)
        array = found.get(_ITEMISED + self.site)
        if array is None:
            self._array = None
            self.set_map(None, None)
        elif array is not self._array:
            self._array = array
            axes = () if self.snapshot.frame is None else self.snapshot.frame.axes.get(_ITEMISED + self.site, ())
            self.row_axis = axes[0] if len(axes) == 2 else "t"
            values = relative_to_diagonal(array)
            self.set_map(values, index_image(values, LOW, HIGH, "log10", mask=np.isnan(values)))
        self._curves = self._curves_now()

    def ready(self) -> bool:
        return super().ready() and not self.without_loss()

    def without_loss(self) -> bool:
        """Whether a map came in which nothing could be measured, as nothing of the probe has a target."""
        return self.values is not None and not np.isfinite(self.values).any()

    def ghost_words(self) -> str:
        if not self.without_loss():
            return self.ghost
        return "This probe has no targets, so there is no loss whose gradient could be shown. Give it some: edit it."

    def curves(self) -> tuple[DecayCurve, ...]:
        """What the empty half shows."""
        return self._curves

    def _curves_now(self) -> tuple[DecayCurve, ...]:
        """Decay curves of the shown layer (h, then c), then those of other runs."""
        family = "" if self.snapshot.run is None else self.snapshot.run.family
        mine = []
        for site in self._sites.values():
            values = self.snapshot.array(f"gradient.decay.{site}")
            if values is None or site.rsplit(".", 1)[0] != self.site.rsplit(".", 1)[0]:
                continue
            half_life, _, horizon = self._numbers(site)
            main = site == self.site
            dash = () if symbol(site) != "c" else (5.0, 2.5)
            mine.append(DecayCurve(symbol(site), family, values, half_life, horizon, main, dash))
        return (*mine, *self._compared)

    def _numbers(self, site: str) -> tuple[float, float, float]:
        """Tail half-life, R², 1 % horizon of a site; nan where not measured yet."""
        found = self.snapshot.array(f"gradient.half_life.{site}")
        if found is None or len(found) < 3:
            return (np.nan, np.nan, np.nan)
        return (float(found[0]), float(found[1]), float(found[2]))

    @property
    def one_loss(self) -> bool:
        """Whether the only loss is that of the whole sequence: bars instead of a map."""
        return self.values is not None and len(self.values) == 1 and self.values.shape[1] > 1

    # painting

    def paint(self, painter: QPainter) -> None:
        if not self.one_loss:
            super().paint(painter)
            return
        assert self.values is not None
        assert self.indices is not None
        geometry, axis = self.geometry_of_map(), Axis(LOW, HIGH, log=True, ticks=(1e-4, 1e-2, 1.0))
        layer = self.static_layer((geometry,), lambda p: paint_profile_axis(p, geometry, axis), name="text")
        painter.drawPixmap(0, 0, layer)
        table = theme.colour_table(self.colours)
        paint_profile(painter, geometry, axis, self.values[0], self.indices[0], table)

    def half_area(self, geometry: MapGeometry) -> QRectF:
        """On a low map further to the right, where the diagonal leaves more height."""
        low = geometry.height < theme.px(LOW_MAP)
        return causal_map.empty_half(geometry, 0.62, 0.55) if low else super().half_area(geometry)

    def still_half(self, area: QRectF) -> Hashable:
        return None if theme.presentation() else lay_out(area, self.curves(), self.token_word)

    def paint_still_half(self, painter: QPainter, area: QRectF) -> None:
        decay = None if theme.presentation() else lay_out(area, self.curves(), self.token_word)
        if decay is not None:
            paint_decay_axes(painter, decay)

    def paint_half(self, painter: QPainter, area: QRectF) -> None:
        if theme.presentation():
            self._paint_key_number(painter, area)
            return
        decay = lay_out(area, self.curves(), self.token_word)
        if decay is not None:
            paint_decay_curves(painter, decay, self.curves())

    def _paint_key_number(self, painter: QPainter, area: QRectF) -> None:
        """On a slide: one large number in the empty half."""
        half_life = self._numbers(self.site)[0]
        if np.isnan(half_life) or self.snapshot.run is None:
            return
        number, large = tokens_text(half_life), theme.metrics(56, bold=True, scaled=False)
        right, baseline = area.right(), area.top() + large.ascent()
        painter.setFont(theme.font(56, bold=True, scaled=False))
        painter.setPen(theme.family_colour(self.snapshot.run.family, text=True))
        painter.drawText(QPointF(right - large.horizontalAdvance(number), baseline), number)
        painter.setFont(theme.font(18, scaled=False))
        painter.setPen(theme.theme().ink2)
        small = theme.metrics(18, scaled=False)
        for row, words in enumerate((f"{self.token_word}s until half", "of the tail is gone")):
            at = QPointF(right - small.horizontalAdvance(words), baseline + (row + 1.2) * small.height())
            painter.drawText(at, words)

    def paint_over(self, painter: QPainter) -> None:
        if self.one_loss:
            self.paint_cursor(painter, 0, self.height())
            return
        causal_map.paint_dashed_diagonal(painter, self.geometry_of_map(), self._numbers(self.site)[2])
        super().paint_over(painter)

    def cell_text(self, row: int, key: int) -> str:
        assert self.values is not None
        return short(float(self.values[row, key]))

    # words

    def subtitle(self) -> str:
        letter = symbol(self.site) if self.site else "h"
        what = {"h": "state", "c": "cell state", "e": "embedding"}.get(letter, "state")
        note = {"batch": ", mean of the current batch", "windows": ", mean of 32 windows"}.get(self._source, "")
        if self.one_loss:
            return f"the loss of the whole sequence against the {what} at each {self.token_word}{note}"
        return f"loss at t (row) against {what} at s (column){note}"

    def colour_bar(self) -> ColourBar:
        letter = {"h": "hₛ", "c": "cₛ", "e": "eₛ"}.get(symbol(self.site), "xₛ")
        one = "mean" if self.values is not None and not self.causal else "diagonal mean"
        return ColourBar(f"‖∂ℓₜ/∂{letter}‖, 1 = {one}", "10⁻⁶", "viridis", "2")

    def reading(self) -> str:
        half_life, fit, horizon = self._numbers(self.site)
        start = f"beyond the first two {self.token_word}s the gradient"
        if np.isnan(half_life):
            return ""
        if np.isinf(half_life):
            return f"{start} **does not shrink** with distance"
        rough = "" if fit >= POOR_FIT else f", roughly (R² {fit:.2f})"
        tail = f"; under 1 % from {horizon:.0f} on" if np.isfinite(horizon) else ""
        return f"{start} halves every **{tokens_text(half_life)} {self.token_word}s**{rough}{tail}"

    def explain(self, cursor: Cursor) -> Explanation:
        letter = symbol(self.site) if self.site else "h"
        formula = rf"G_{{t,s}} = \left\| \frac{{\partial \ell_t}}{{\partial {letter}_s}} \right\|_2"
        sentence = (
            f"How much the loss at t would move if the {'input' if letter == 'e' else 'state'} "
            f"at {self.token_word} s moved a little."
        )
        if self.values is None or not self.aligned:
            return Explanation(self.title, formula, sentence)
        return self._explained(formula, sentence, self.row_for(cursor), self.key_for(cursor))

    def _explained(self, formula: str, sentence: str, row: int, key: int | None) -> Explanation:
        assert self.values is not None
        if self.one_loss:
            return self._explained_one(formula, self.column if key is None else key)
        if not self.causal:
            return self._explained_pair(formula, row, key)
        if not 0 <= row < len(self.values) or not np.isfinite(self.values[row]).any():
            return Explanation(self.title, formula, f"{sentence} Nothing is predicted after this {self.token_word}.")
        s = key if key is not None and self.reaches(row, key) else strongest_back(self.values[row])
        here, own = float(self.values[row, s]), float(self.values[row, row])
        foretold = self.row_axis == "t" and row + 1 < len(self.tokens)  # a node's loss is that of its own label
        target = f" → {token_name(self.tokens[row + 1])}" if foretold else ""
        quantities = [
            Quantity(f"t = {row}", self.place_words(row) + target),
            Quantity(f"s = {s}", self.place_words(s)),
            Quantity("relative to the diagonal's mean", short(here)),
            Quantity("mean at this distance", short(float(np.nanmean(np.diagonal(self.values, s - row))))),
        ]
        half_life = self._numbers(self.site)[0]
        if not np.isnan(half_life):
            quantities.append(Quantity("tail half-life", f"{tokens_text(half_life)} {self.token_word}s"))
        away = row - s
        meaning = f"of its value at s = t, over {away} {self.token_word}{'' if away == 1 else 's'}"
        share = short(here / own) if own > 0 else "–"
        return Explanation(self.title, formula, sentence, tuple(quantities), share, meaning)

    def _explained_one(self, formula: str, key: int) -> Explanation:
        """Of the one loss of a sequence, against the position under the cursor."""
        assert self.values is not None
        sentence = f"How much the loss of the sequence would move if the state at {self.token_word} s moved a little."
        quantities = (Quantity(f"s = {key}", self.place_words(key)),)
        number = short(float(self.values[0, key]))
        return Explanation(self.title, formula, sentence, quantities, number, "times the mean of all positions")

    def _explained_pair(self, formula: str, row: int, key: int | None) -> Explanation:
        """Of a loss on the target against a position of the source: there is no diagonal to compare with."""
        assert self.values is not None
        sentence = "How much the loss of a written symbol would move if the state at a read one moved a little."
        names = self.row_tokens
        row = min(max(row, 0), len(self.values) - 1)
        if not self.reaches(row, key):
            return Explanation(self.title, formula, sentence)
        assert key is not None
        target = token_name(names[row]) if row < len(names) else f"position {row}"
        quantities = (Quantity(f"target {row}", target), Quantity(f"source {key}", self.place_words(key)))
        number = short(float(self.values[row, key]))
        return Explanation(self.title, formula, sentence, quantities, number, "relative to the mean of this map")

    def export(self) -> Mapping[str, np.ndarray]:
        arrays = {} if self._array is None else {_ITEMISED + self.site: self._array}
        return arrays | self.snapshot.matching("gradient.decay.*") | self.snapshot.matching("gradient.half_life.*")

    # menu

    def current_source(self) -> str:
        return self._source

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        source = next(title for title, value in SOURCES.items() if value == self._source)
        choices = [("source", tuple(SOURCES), source)]
        if len(self._sites) > 1:
            site = next(title for title, value in self._sites.items() if value == self.site)
            choices.append(("gradient with respect to", tuple(self._sites), site))
        return tuple(choices)

    def choose(self, key: str, option: str) -> None:
        if key == "source" and option in SOURCES:
            self._source = SOURCES[option]
            self.wants_changed.emit()
        elif option in self._sites:
            self._site = self._sites[option]
        self.refresh()


def relative_to_diagonal(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """(t, s) divided by the mean of the cells s = t (of all cells where rows and columns are different texts).

    Unchanged where that mean is 0 or unknown.
    """
    array = np.asarray(values, dtype=np.float32)
    own = np.diagonal(array) if array.shape[0] == array.shape[1] else array
    mean = float(own[np.isfinite(own)].mean()) if np.isfinite(own).any() else 0.0
    return array / mean if mean > 0 else array


def strongest_back(row: NDArray[np.floating]) -> int:
    """The position more than two back that a row feels most; the last position where there is none."""
    known = np.flatnonzero(np.isfinite(row))
    far = known[:-2] if len(known) > 2 else known[-1:]
    return int(far[np.argmax(row[far])])
