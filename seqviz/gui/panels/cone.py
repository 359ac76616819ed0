"""Receptive field: the cone of nodes that hangs under one output of a convolutional net, down to the inputs it sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from seqviz.core.events import RunStarted
from seqviz.gui import theme
from seqviz.gui.colour_maps import BLANK
from seqviz.gui.number_text import short
from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, Quantity, Snapshot, panels
from seqviz.gui.panels.cone_shape import ConeShape, half_within, support_end
from seqviz.gui.panels.painted_sheet import PaintedSheetPanel
from seqviz.gui.widgets.matrix_view import index_image

LEVEL = "cone.activation."
GRADIENT = "gradient.itemised."
LOW = 1e-4  # of a level's largest gradient
SHADES = ("gradient", "activation")
FOOT = 22  # px at scale 1 under the inputs: how far back is seen, how far back is felt
SMALLEST_LINE = 12  # px at scale 1 between the names of two levels
LONGEST_SUM = 5  # terms of the receptive field that are written out
SEEN_WELL = 0.2  # opacity of connections that cross a column 1 px apart


def has_levels(run: RunStarted) -> bool:
    """Whether a run's net has more than one convolution above its inputs."""
    return any(name.startswith(f"{LEVEL}2.") for name in run.provides)


@panels.register("cone")
class ConePanel(PaintedSheetPanel):
    """The levels of the net over the probe's columns, and what hangs together under the output at the cursor."""

    name = "cone"
    title = "Receptive field"
    question = "How far back can it see?"
    wants = ("cone.*", f"{GRADIENT}*")
    needs = ("cone.kernel",)
    order = 9
    weight = 36
    minimum_height = 110
    ghost = "Receptive field: which inputs each output sees, through which convolutions."

    @classmethod
    def shown_at_first(cls, run: RunStarted) -> bool:
        """One convolution alone is no cone: a single row says as much."""
        return has_levels(run)

    def __init__(self) -> None:
        super().__init__()
        self.shape: ConeShape | None = None
        self.shade = "gradient"
        self._activations: list[NDArray[np.floating]] = []  # (t,) by level
        self._names: list[str] = []  # trace name by level
        self._gradients: list[NDArray[np.floating] | None] = []  # (loss, s) by level

    def prepare(self, old: Snapshot) -> None:
        kernels, dilations = self.snapshot.array("cone.kernel"), self.snapshot.array("cone.dilation")
        if kernels is None or dilations is None:
            self.shape = None
            return
        self.shape = ConeShape(tuple(map(int, kernels)), tuple(map(int, dilations)))
        found = self.snapshot.matching(f"{LEVEL}*")
        ordered = sorted(found, key=lambda name: int(name.removeprefix(LEVEL).split(".", 1)[0]))
        self._activations = [found[name] for name in ordered]
        self._names = [name.removeprefix(LEVEL).split(".", 1)[1] for name in ordered]
        self._gradients = [self.snapshot.array(GRADIENT + name) for name in self._names]

    def ready(self) -> bool:
        return (
            self.shape is not None
            and len(self._activations) == self.shape.levels
            and all(len(values) == self.grid.n for values in self._activations)
        )

    # what belongs to the cursor

    @property
    def only_last(self) -> bool:
        """Whether the one loss is that of the whole sequence, said at its end."""
        first = next((g for g in self._gradients if g is not None), None)
        return first is not None and first.ndim == 2 and len(first) == 1 and self.grid.n > 1

    @property
    def apex(self) -> int:
        """Position of the output whose cone is drawn."""
        return self.grid.n - 1 if self.only_last else self.column

    def gradient_row(self, level: int, t: int | None = None) -> NDArray[np.floating] | None:
        """(s,) gradient of the loss at `t` (the apex) by a level; None where none was measured, or there is no loss."""
        values = self._gradients[level] if level < len(self._gradients) else None
        at = 0 if self.only_last else self.apex if t is None else t
        if values is None or values.ndim != 2 or values.shape[1] != self.grid.n or at >= len(values):
            return None
        return values[at] if np.isfinite(values[at]).any() else None

    def shares(self, level: int) -> NDArray[np.float64] | None:
        """(t,) of a level as shares of its largest, by gradient or by activation; None: nothing to shade by."""
        values = self._activations[level] if self.shade == "activation" else self.gradient_row(level)
        if values is None:
            return None
        known = np.nan_to_num(np.asarray(values, dtype=np.float64))
        largest = float(known.max(initial=0.0))
        return known / largest if largest > 0 else np.zeros_like(known)

    # geometry

    def row_y(self, level: int) -> float:
        """Height of a level's nodes: inputs at the bottom, outputs on top."""
        assert self.shape is not None
        top, bottom = theme.px(10), self.height() - theme.px(FOOT) - self.radius - 2
        return bottom - (bottom - top) * level / (self.shape.levels - 1)

    @property
    def row_step(self) -> float:
        assert self.shape is not None
        room = self.height() - theme.px(10 + FOOT)
        return room / max(self.shape.levels - 1, 1)

    @property
    def radius(self) -> float:
        return max(1.5, min(self.grid.cell * 0.34, self.row_step * 0.3, theme.px(6)))

    # painting

    def paint(self, painter: QPainter) -> None:
        assert self.shape is not None
        bed = self.static_layer((self.grid, self.shape), self._paint_bed, name="bed")
        painter.drawPixmap(0, 0, bed)
        cone = self.static_layer((self.grid, self.shape, self.apex), self._paint_edges, name="edges")
        painter.drawPixmap(0, 0, cone)
        painter.save()
        painter.setClipRect(QRectF(self.grid.left, 0, self.grid.width, self.height()))
        self._paint_nodes(painter)
        painter.restore()
        self._paint_foot(painter)

    def _paint_bed(self, painter: QPainter) -> None:
        """Every node as a faint dot, and the names of the levels."""
        assert self.shape is not None
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.theme().track)
        small = max(self.radius * 0.45, 1.0)
        for level in range(self.shape.levels):
            for s in self.grid.columns():
                painter.drawEllipse(QPointF(self.grid.centre_of(s), self.row_y(level)), small, small)
        every = max(1, int(np.ceil(theme.px(SMALLEST_LINE) / max(self.row_step, 1))))
        for level in range(0, self.shape.levels, every):
            self.paint_gutter(painter, self.level_name(level), self.row_y(level))
        self.paint_gutter(painter, "sees", self.height() - theme.px(FOOT / 2))

    def level_name(self, level: int) -> str:
        """`input`, `d = 1`, `d = 2` ...; `layer 1`, `layer 2` ... where nothing is dilated."""
        assert self.shape is not None
        if level == 0:
            return "input"
        dilation = self.shape.dilations[level - 1]
        return f"d = {dilation}" if max(self.shape.dilations) > 1 else f"layer {level}"

    def _paint_edges(self, painter: QPainter) -> None:
        assert self.shape is not None
        colour = theme.family_colour("convolution")
        painter.setClipRect(QRectF(self.grid.left, 0, self.grid.width, self.height()))
        for level, upper, lower in self.shape.edges(self.apex):
            crossing = float((upper - lower + 1).sum()) / (int(upper[-1]) - int(lower.min()) + 1)  # of a mean column
            painter.setPen(QPen(theme.faded(colour, min(max(SEEN_WELL * self.row_step / crossing, 0.1), 0.75)), 1.25))
            top, bottom = self.row_y(level), self.row_y(level - 1)
            pairs = zip(upper.tolist(), lower.tolist(), strict=True)
            painter.drawLines([QLineF(self.grid.centre_of(u), top, self.grid.centre_of(v), bottom) for u, v in pairs])

    def _paint_nodes(self, painter: QPainter) -> None:
        """Nodes of the cone in the colour of their share; without one they are left in the sheet's colour."""
        assert self.shape is not None
        table, colours, radius = theme.lut("viridis"), theme.theme(), self.radius
        rim = QPen(theme.faded(colours.ink, 0.55), 1.0) if radius >= 3 else QPen(Qt.PenStyle.NoPen)
        painter.setPen(rim)
        for level, seen in enumerate(self.shape.seen_from(self.apex)):
            shares, y = self.shares(level), self.row_y(level)
            indices = None if shares is None else self._indices(shares)
            for s in seen.tolist():
                if not self.grid.shows(s):
                    continue
                shade = colours.sheet
                if indices is not None and indices[s] != BLANK:
                    shade = QColor(*(int(c) for c in table[indices[s]]))
                painter.setBrush(shade)
                painter.drawEllipse(QPointF(self.grid.centre_of(s), y), radius, radius)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colours.ink, 2.0))
        painter.drawEllipse(
            QPointF(self.grid.centre_of(self.apex), self.row_y(self.shape.levels - 1)), radius + 2, radius + 2
        )

    def _indices(self, shares: NDArray[np.float64]) -> NDArray[np.uint8]:
        """Colour indices; exactly 0 stays blank, so that a dead way is seen."""
        known = np.where(shares > 0, shares, np.nan)
        return index_image(known, 0.0, 1.0) if self.shade == "activation" else index_image(known, LOW, 1.0, "log10")

    def _paint_foot(self, painter: QPainter) -> None:
        """Under the inputs: thin what the net can see, thick how far the gradient truly reaches."""
        assert self.shape is not None
        t, colours = self.apex, theme.theme()
        y = round(self.height() - theme.px(FOOT / 2))
        first, right = self.shape.first_seen(t), self.grid.x_of(t + 1)
        left = max(self.grid.x_of(first), self.grid.left)
        right = min(right, self.grid.right)
        if right <= left:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.fillRect(QRectF(left, y - 1, right - left, 1), colours.ink2)
        if self.grid.shows(first) and t - first + 1 == self.shape.field:
            painter.fillRect(QRectF(left, y - theme.px(5), 1, theme.px(9)), colours.ink2)
        felt = self.felt_from()
        if felt is not None:
            start = max(self.grid.x_of(felt), self.grid.left)
            painter.fillRect(QRectF(start, y - 2, right - start, 4), colours.ink2)
            painter.fillRect(QRectF(start, y - theme.px(6), 2, theme.px(12)), colours.ink)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        self._paint_foot_words(painter, y, left, right, first, felt)

    def _paint_foot_words(self, painter: QPainter, y: int, left: int, right: int, first: int, felt: int | None) -> None:
        """`31 back` beside the bar, where it does not run over the edge."""
        text, measure = self.foot_words(first, felt), theme.metrics(11)
        painter.setFont(theme.font(11))
        painter.setPen(theme.theme().ink2)
        width, gap = measure.horizontalAdvance(text), theme.px(6)
        x = left - gap - width
        if x < self.grid.left:
            x = right + gap
        if x + width <= self.grid.right + theme.px(16):
            painter.drawText(QPointF(x, y + measure.capHeight() / 2), text)

    def foot_words(self, first: int, felt: int | None) -> str:
        seen = f"sees {self.apex - first + 1}"
        return seen if felt is None or felt == first else f"{seen}, gradient ends at {self.apex - felt + 1}"

    def felt_from(self) -> int | None:
        """Farthest input at which the gradient of this output's loss is not exactly 0; None where unknown."""
        row = self.gradient_row(0)
        return None if row is None else support_end(row)

    # words

    def subtitle(self) -> str:
        if self.shape is None:
            return "what one output sees, level by level"
        count = len(self.shape.kernels)
        what = "1 convolution" if count == 1 else f"{count} convolutions"
        return f"what one output sees through {what}"

    def colour_bar(self) -> ColourBar:
        if self.shade == "activation":
            return ColourBar("activation, 1 = largest of its row", "0", "viridis", "1")
        return ColourBar("‖∂ℓₜ/∂xₛ‖, 1 = largest of its row", "10⁻⁴", "viridis", "1")

    def reading(self) -> str:
        if not self.ready() or self.shape is None:
            return ""
        t, first = self.apex, self.shape.first_seen(self.apex)
        seen, word = t - first + 1, self.token_word
        if seen == 1:
            return f"the output at {self.place_words(t)} sees **1 {word}**: its own"
        words = (
            f"the output at {self.place_words(t)} sees the last **{seen} {word}s**, from {self.place_words(first)} on"
        )
        row, felt = self.gradient_row(0), self.felt_from()
        if row is None or felt is None:
            return words
        if felt > first:
            words += f"; its gradient ends {t - felt + 1} back"
        return f"{words}; half of its gradient lies on the nearest {half_within(row, t)}"

    def explain(self, cursor: Cursor) -> Explanation:
        formula = r"R = 1 + \sum_{l} d_l \, (k_l - 1)"
        sentence = (
            "A convolution reads k inputs, d steps apart, and no others: an output knows nothing outside its cone."
        )
        if not self.ready() or self.shape is None or not 0 <= cursor.column < self.grid.n:
            return Explanation(self.title, formula, sentence)
        t, shape = self.apex, self.shape
        first = shape.first_seen(t)
        quantities = [Quantity(f"t = {t}", self.place_words(t)), Quantity("R", self.field_words())]
        quantities.append(Quantity(f"farthest seen, s = {first}", self.place_words(first)))
        row, felt = self.gradient_row(0), self.felt_from()
        if row is not None and felt is not None:
            quantities.append(Quantity(f"gradient ends, s = {felt}", self.place_words(felt)))
            best = int(np.nanargmax(row))
            quantities.append(Quantity(f"strongest, s = {best}", self.place_words(best)))
            total = float(np.nansum(row))
            quantities.append(Quantity("its share of the row", f"{100 * float(row[best]) / total:.0f} %"))
            quantities.append(Quantity("largest ‖∂ℓₜ/∂xₛ‖", short(float(row[best]))))
        meaning = f"{self.token_word}s an output can see, its own included"
        return Explanation(self.title, formula, sentence, tuple(quantities), str(shape.field), meaning)

    def field_words(self) -> str:
        """The sum with its numbers: `1 + 2 + 4`, `1 + 6·5`, `1 + 2·(2 + 4 + 8)`."""
        assert self.shape is not None
        often = Counter(self.shape.steps_back)
        times, terms = set(often.values()), sorted(often)
        if len(times) > 1 or len(terms) > LONGEST_SUM:
            return f"1 + {sum(self.shape.steps_back)}"
        total, by = " + ".join(map(str, terms)), times.pop()
        if by == 1:
            return f"1 + {total}"
        return f"1 + {by}·({total})" if len(terms) > 1 else f"1 + {by}·{total}"

    def export(self) -> Mapping[str, np.ndarray]:
        if not self.ready() or self.shape is None:
            return {}
        arrays: dict[str, np.ndarray] = {
            "cone.kernel": np.array(self.shape.kernels),
            "cone.dilation": np.array(self.shape.dilations),
        }
        for level, (name, values) in enumerate(zip(self._names, self._activations, strict=True)):
            arrays[f"{LEVEL}{level}.{name}"] = values
            row = self.gradient_row(level)
            if row is not None:
                arrays[f"{GRADIENT}{name}.t={self.apex}"] = row
        return arrays

    def strip_row(self) -> tuple[np.ndarray, str] | None:
        """The input row of the cone, by gradient."""
        row = self.gradient_row(0)
        if row is None or not self.ready():
            return None
        shares = np.nan_to_num(row / np.nanmax(row)) if float(np.nanmax(row)) > 0 else np.zeros_like(row)
        indices = index_image(np.where(shares > 0, shares, np.nan), LOW, 1.0, "log10")
        assert self.shape is not None
        outside = np.ones(len(row), dtype=np.bool_)
        outside[self.shape.first_seen(self.apex) : self.apex + 1] = False
        indices[outside] = BLANK
        return indices, "viridis"

    # menu

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        return (("nodes by", SHADES, self.shade),)

    def choose(self, key: str, option: str) -> None:
        if option in SHADES:
            self.shade = option
        self.refresh()
