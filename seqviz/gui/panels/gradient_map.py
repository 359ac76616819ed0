"""Gradient map: G[t, s], how strongly the loss at t still feels the state at s (the itemised gradient)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from seqviz.gui import theme
from seqviz.gui.number_text import short
from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, Quantity, Snapshot, panels
from seqviz.gui.panels.gradient_spread import shares, spread_words
from seqviz.gui.panels.map_panel import MapPanel
from seqviz.gui.panels.state_names import BOTH, direction_of, layer_of, symbol, titles_of
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
FEW_ROWS = 0.7  # a smaller share of rows with a loss: the others are left out
DECAY_MARGIN, ROOMY = 104, 230  # px at scale 1: decay curves over a map without an empty half, where it is so high
ARROWS = {"": "", BOTH: "", "forward": "→", "backward": "←"}
LATEX_ARROWS = {"": "", BOTH: "", "forward": r"^{\rightarrow}", "backward": r"^{\leftarrow}"}
DASHES = {(False, False): (), (True, False): (5.0, 2.5), (False, True): (1.5, 2.0), (True, True): (5.0, 2.0, 1.5, 2.0)}
LOW_MAP = 260  # px at scale 1; below, the decay curves stand further right
SOURCES = {"probe": "probe", "current batch": "batch", "mean of 32 windows": "windows"}
_ITEMISED = "gradient.itemised."


@panels.register("gradient_map")
class GradientMapPanel(MapPanel):
    """Row t, column s: how much the loss at t would change if the state at s moved a little."""

    name = "gradient_map"
    title = "Gradient map"
    rooms = {"jacobians": 30, "depth": 40}
    follows = ("gradient.",)
    question = "Where does the gradient die?"
    wants = ("gradient.itemised.*", "gradient.decay.*", "gradient.half_life.*")
    needs = ("gradient.itemised.*",)
    ghost = "The gradient map: which earlier characters each loss can still teach. Measuring it takes some seconds."

    def __init__(self) -> None:
        super().__init__()
        self._source = "probe"
        self._site = ""  # chosen by the user; "": the top layer's hidden state
        self._sites: dict[str, str] = {}  # title -> site
        self._array: NDArray[np.floating] | None = None
        self._both: dict[str, tuple[NDArray[np.floating], NDArray[np.floating], NDArray[np.floating]]] = {}
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
        found = self._with_both_directions(self.snapshot.matching(f"{_ITEMISED}*"))
        self._sites = titles_of(name.removeprefix(_ITEMISED) for name in found)
        array = found.get(_ITEMISED + self.site)
        if array is None:
            self._array = None
            self.set_map(None, None)
        elif array is not self._array:
            self._array = array
            own = (_ITEMISED + self.site).replace(f".{BOTH}.", ".forward.")
            axes = () if self.snapshot.frame is None else self.snapshot.frame.axes.get(own, ())
            self.row_axis = axes[0] if len(axes) == 2 else "t"
            values = relative_to_diagonal(array)
            places = rows_with_loss(values) if self.row_axis == "t" and self._source == "probe" else None
            values = values if places is None else values[places]
            self.set_map(values, index_image(values, LOW, HIGH, "log10", mask=np.isnan(values)), places)
        self._curves = self._curves_now()

    def _with_both_directions(self, found: dict[str, NDArray[np.floating]]) -> dict[str, NDArray[np.floating]]:
        """Forward and backward states of a layer as one map too: the past of t on the left, its future on the right."""
        known, self._both = self._both, {}
        for name, forward in found.items():
            backward = found.get(name.replace(".forward.", ".backward."))
            if ".forward." not in name or backward is None or backward.shape != forward.shape:
                continue
            before = known.get(name)
            fresh = before is None or before[0] is not forward or before[1] is not backward
            joined = np.fmax(forward, backward) if before is None or fresh else before[2]
            self._both[name] = (forward, backward, joined)
        return found | {name.replace(".forward.", f".{BOTH}."): parts[2] for name, parts in self._both.items()}

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
        for site in (s for s in self._sites.values() if direction_of(s) != BOTH):
            values = self.snapshot.array(f"gradient.decay.{site}")
            if values is None or layer_of(site + ".") != layer_of(self.site + "."):
                continue
            half_life, _, horizon = self._numbers(site)
            main = site == self.site.replace(f".{BOTH}.", ".forward.")
            dash = DASHES[symbol(site) == "c", direction_of(site) == "backward"]
            name = symbol(site) + ARROWS[direction_of(site)]
            mine.append(DecayCurve(name, family, values, half_life, horizon, main, dash))
        return (*mine, *self._compared)

    def _numbers(self, site: str) -> tuple[float, float, float]:
        """Tail half-life, R², 1 % horizon of a site; nan where not measured yet."""
        site = site.replace(f".{BOTH}.", ".forward.")
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
        if not self.causal:
            return super().half_area(geometry)
        low = geometry.height < theme.px(LOW_MAP)
        return causal_map.empty_half(geometry, 0.62, 0.55) if low else super().half_area(geometry)

    def top_margin(self) -> int:
        """Maps without an empty half have their decay curves above."""
        wanted = self.values is not None and not self.causal and not self.one_loss and bool(self.curves())
        return theme.px(DECAY_MARGIN) if wanted and self.height() > theme.px(ROOMY) else 0

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
        if self.causal:
            causal_map.paint_dashed_diagonal(painter, self.geometry_of_map(), self._numbers(self.site)[2])
        elif self.aligned:
            self._paint_own_places(painter)
        super().paint_over(painter)

    def _paint_own_places(self, painter: QPainter) -> None:
        """A tick in each row where s = t: without an empty half the diagonal is not seen by itself."""
        geometry = self.geometry_of_map()
        painter.setPen(QPen(QColor("#FFFFFF"), 1.5))
        for row in range(geometry.first_row, geometry.first_row + geometry.rows):
            place = self.position_of(row)
            if self.row_axis != "t" or not geometry.grid.shows(place):
                continue
            x, middle = geometry.grid.centre_of(place), geometry.centre_y(row)
            half = min(geometry.row_height, theme.px(10)) / 2 - 1
            painter.drawLine(QLineF(x, middle - half, x, middle + half))

    def cell_text(self, row: int, key: int) -> str:
        assert self.values is not None
        return short(float(self.values[row, key]))

    # words

    def subtitle(self) -> str:
        letter = symbol(self.site) if self.site else "h"
        what = {"h": "state", "c": "cell state", "e": "embedding"}.get(letter, "state")
        what = {BOTH: "both states"}.get(direction_of(self.site), f"{direction_of(self.site)} {what}".strip())
        layers = {layer for site in self._sites.values() if (layer := layer_of(site)) is not None}
        if len(layers) > 1 and (layer := layer_of(self.site)) is not None:
            what = f"{what} of layer {layer + 1}"
        note = {"batch": ", mean of the current batch", "windows": ", mean of 32 windows"}.get(self._source, "")
        if self.one_loss:
            return f"the loss of the whole sequence against the {what} at each {self.token_word}{note}"
        rows = f"loss at each hidden {self.token_word} (row)" if self.places is not None else "loss at t (row)"
        return f"{rows} against {what} at s (column){note}"

    def colour_bar(self) -> ColourBar:
        letter = {"h": "hₛ", "c": "cₛ", "e": "eₛ"}.get(symbol(self.site), "xₛ")
        one = "mean" if self.values is not None and not self.square and self.places is None else "diagonal mean"
        return ColourBar(f"‖∂ℓₜ/∂{letter}‖, 1 = {one}", "10⁻⁶", "viridis", "2")

    def reading(self) -> str:
        half_life, fit, horizon = self._numbers(self.site)
        way = " of the forward state" if direction_of(self.site) == BOTH else ""
        start = f"beyond the first two {self.token_word}s the gradient{way}"
        if np.isnan(half_life) or (self.aligned and not self.causal and not self.one_loss):
            return self._spread()
        if np.isinf(half_life):
            decay = self.snapshot.array(f"gradient.decay.{self.site}")
            longest = "" if decay is None else f" within {len(decay) - 1} {self.token_word}s"
            return f"{start} **does not halve**{longest}"
        rough = "" if fit >= POOR_FIT else f", roughly (R² {fit:.2f})"
        tail = f"; under 1 % from {horizon:.0f} on" if np.isfinite(horizon) else ""
        return f"{start} halves every **{tokens_text(half_life)} {self.token_word}s**{rough}{tail}"

    def _spread(self) -> str:
        """Where no half-life is told: which share of the gradient leaves its own place, and to which side."""
        if self.values is None or not self.aligned or self.one_loss or self.row_axis != "t":
            return ""
        places = np.array([self.position_of(row) for row in range(len(self.values))], dtype=np.intp)
        rows = f"a hidden {self.token_word}" if self.places is not None else f"a {self.token_word}"
        return spread_words(*shares(self.values, places), self.token_word, rows)

    def explain(self, cursor: Cursor) -> Explanation:
        letter = (symbol(self.site) if self.site else "h") + LATEX_ARROWS[direction_of(self.site)]
        formula = rf"G_{{t,s}} = \left\| \frac{{\partial \ell_t}}{{\partial {letter}_s}} \right\|_2"
        sentence = (
            f"How much the loss at t would move if the {'input' if letter.startswith('e') else 'state'} "
            f"at {self.token_word} s moved a little."
        )
        if self.values is None or not self.aligned:
            return Explanation(self.title, formula, sentence)
        return self._explained(formula, sentence, self.row_for(cursor), self.key_for(cursor))

    def _explained(self, formula: str, sentence: str, row: int, key: int | None) -> Explanation:
        assert self.values is not None
        if self.one_loss:
            return self._explained_one(formula, self.column if key is None else key)
        if not self.square and self.places is None:
            return self._explained_pair(formula, row, key)
        if not 0 <= row < len(self.values) or not np.isfinite(self.values[row]).any():
            return Explanation(self.title, formula, f"{sentence} Nothing is predicted after this {self.token_word}.")
        t = self.position_of(row)
        s = key if key is not None and self.reaches(row, key) else strongest_far(self.values[row], t)
        here, own = float(self.values[row, s]), float(self.values[row, t])
        # the loss of a node, or of a hidden token, is that of its own label
        foretold = self.row_axis == "t" and self.causal and self.foretells and row + 1 < len(self.tokens)
        target = f" → {token_name(self.tokens[row + 1])}" if foretold else ""
        quantities = [
            Quantity(f"t = {t}", self.place_words(t) + target),
            Quantity(f"s = {s}", self.place_words(s)),
            Quantity("relative to the diagonal's mean", short(here)),
        ]
        if self.square:
            alike = short(float(np.nanmean(np.diagonal(self.values, s - row))))
            quantities.append(Quantity("mean at this distance", alike))
        half_life = self._numbers(self.site)[0]
        if not np.isnan(half_life):
            quantities.append(Quantity("tail half-life", f"{tokens_text(half_life)} {self.token_word}s"))
        away = abs(t - s)
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


def rows_with_loss(values: NDArray[np.floating]) -> NDArray[np.intp] | None:
    """Positions that have a loss, where most of a map (t, s) have none; None where nearly all have one, or none has."""
    known = np.flatnonzero(np.isfinite(values).any(axis=1))
    few = values.shape[0] == values.shape[1] and 0 < len(known) < FEW_ROWS * len(values)
    return known if few else None


def strongest_far(row: NDArray[np.floating], place: int) -> int:
    """The position more than two away from `place` that a row feels most; the last known where there is none."""
    known = np.flatnonzero(np.isfinite(row))
    far = known[np.abs(known - place) > 2]
    far = far if len(far) else known[-1:]
    return int(far[np.argmax(row[far])])
