"""The two problems of counting, as the text is read: the tables grow, and still most long contexts are new."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout

from seqviz.core.events import RunStarted
from seqviz.gui import theme
from seqviz.gui.history import History
from seqviz.gui.panels.base import Cursor, Explanation, Quantity, Snapshot, TimePanel, panels
from seqviz.gui.panels.counting_words import brief_count, percent
from seqviz.gui.reading import fitting
from seqviz.gui.widgets.axes import Axis, stepped_range
from seqviz.gui.widgets.ghost import paint_ghost
from seqviz.gui.widgets.plot_painting import NAME_GAP
from seqviz.gui.widgets.series_plot import SeriesPlot, SeriesStyle

GRAMS, UNSEEN = "ngrams_", "unseen_contexts_"
_CAPTION = 18
_DASHES: tuple[tuple[float, ...], ...] = ((), (5.0, 2.0), (2.0, 2.0), (1.0, 2.0))


@panels.register("counts_growth")
class CountsGrowthPanel(TimePanel):
    """How many different n-grams there are after so much text, and how many contexts of unseen text are still new."""

    name = "counts_growth"
    title = "Counts against text read"
    question = "What does counting cost?"
    needs = ("counts.next_symbol",)
    weight = 36
    order = 15
    minimum_height = 190

    def __init__(self) -> None:
        super().__init__()
        self._run: RunStarted | None = None
        self._history = History()
        self._revision = -1
        self._reading = ""
        self._range: tuple[float, float] | None = None
        self.grams, self.unseen = SeriesPlot(self), SeriesPlot(self)
        self.unseen.set_y_axis(Axis(0.0, 1.0, ticks=(0.0, 0.5, 1.0)))
        self._layout = QVBoxLayout(self)
        self._layout.addWidget(self.grams, 1)
        self._layout.addWidget(self.unseen, 1)
        self._measure()
        self._show(False)

    # the panel contract

    def present(self, snapshot: Snapshot) -> None:
        if snapshot.run is not self._run:
            self._run, self._revision = snapshot.run, -1
            self.grams.clear()
            self.unseen.clear()
        if (snapshot.history, snapshot.history.revision) == (self._history, self._revision):
            return
        grown = len(snapshot.history.growth) != len(self._history.growth) or self._revision < 0
        self._history, self._revision = snapshot.history, snapshot.history.revision
        if grown or snapshot.history.growth:
            self._follow()

    def clear(self) -> None:
        self._run, self._history, self._revision = None, History(), -1
        self.grams.clear()
        self.unseen.clear()
        self._follow()

    def subtitle(self) -> str:
        return ""  # the captions above both plots say it

    def reading(self) -> str:
        return self._reading

    def explain(self, cursor: Cursor) -> Explanation:
        rows = []
        last = self._last()
        for order in self._orders():
            unseen = self._unseen(order)[1]
            words = f", {percent(float(unseen[-1]))} of contexts new" if len(unseen) else ""
            rows.append(Quantity(f"different {order}-grams", f"{theme.thousands(last[GRAMS + str(order)])}{words}"))
        size, tokens = last.get("bytes"), self._tokens_read()
        if size is not None:
            rows.append(Quantity("memory of all tables", bytes_text(size)))
        return Explanation(
            self.title,
            r"N_n(T) = \#\{w_{1..n} \;\mathrm{seen\ in}\; T\} \leq V^n",
            "Storage: the tables of long orders grow nearly as fast as the text. Sparsity: and still, the longer a "
            "context, the oftener unseen text brings one that was never counted.",
            tuple(rows),
            theme.short(size / tokens) if size is not None and tokens else "",
            "bytes of tables for every token read",
        )

    def export(self) -> Mapping[str, np.ndarray]:
        growth = self._history.growth
        found = {"step": np.array([g.step for g in growth]), "tokens": np.array([g.tokens for g in growth])}
        names = sorted({name for g in growth for name in g.figures})
        return found | {name: np.array([g.figures.get(name, np.nan) for g in growth]) for name in names}

    # what the pictures are made of

    def _follow(self) -> None:
        orders = self._orders()
        tokens = np.array([g.tokens for g in self._history.growth], dtype=np.float64)
        for number, order in enumerate(reversed(orders)):
            style = self._style(order, number, orders)
            self.grams.add_series(str(order), style)
            counts = np.array([g.figures.get(GRAMS + str(order), np.nan) for g in self._history.growth])
            self.grams.set_data(str(order), tokens, counts)
            xs, shares = self._unseen(order)
            if len(xs):
                self.unseen.add_series(str(order), style)
                self.unseen.set_data(str(order), xs, shares)
        self._set_heights()
        ends = Axis(0.0, float(tokens[-1]), steps=True) if len(tokens) and tokens[-1] > 0 else None
        self.grams.set_x_axis(ends)
        self.unseen.set_x_axis(ends)
        self._show(bool(len(tokens)))
        reading = self._words()
        if reading != self._reading:
            self._reading = reading
            self.header_changed.emit()

    def _set_heights(self) -> None:
        """The axis of n-grams: from none to a little over the largest table, in round steps that seldom change."""
        most = max(
            (g.figures.get(GRAMS + str(o), 0.0) for g in self._history.growth for o in self._orders()), default=0
        )
        if most > 0:
            self._range = stepped_range(0.0, most, self._range)
            self.grams.set_y_axis(Axis(0.0, self._range[1], steps=True))

    def _style(self, order: int, number: int, orders: list[int]) -> SeriesStyle:
        """The longest order thick and named; of the others as many names as have room."""
        room = max(int(self.unseen.area().height() / theme.px(NAME_GAP)) - 1, 1)
        every = -(-len(orders) // room)  # rounded up
        longest = order == orders[-1]
        return SeriesStyle(
            f"{order}-gram" if number % every == 0 else "",
            "family:counting",
            width=2.5 if longest else 1.5,
            dash=_DASHES[number % len(_DASHES)],
            bold=longest,
            with_value=False,
        )

    def _orders(self) -> list[int]:
        return sorted(int(name.removeprefix(GRAMS)) for name in self._last() if name.startswith(GRAMS))

    def _last(self) -> Mapping[str, float]:
        return self._history.growth[-1].figures if self._history.growth else {}

    def _tokens_read(self) -> int:
        return self._history.growth[-1].tokens if self._history.growth else 0

    def _unseen(self, order: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Tokens read, and the share of unseen text's contexts of this order that were new then."""
        tokens = {g.step: g.tokens for g in self._history.growth}
        points = [
            (tokens[e.step], e.metrics[UNSEEN + str(order)])
            for e in self._history.evaluations
            if e.step in tokens and not e.full and UNSEEN + str(order) in e.metrics
        ]
        found = np.array(points, dtype=np.float64).reshape(-1, 2)
        return found[:, 0], found[:, 1]

    def _words(self) -> str:
        orders, last = self._orders(), self._last()
        if not orders:
            return ""
        longest = orders[-1]
        count = f"**{theme.thousands(last[GRAMS + str(longest)])}** different {longest}-grams"
        size = f" ({bytes_text(last['bytes'])} in all)" if "bytes" in last else ""
        shares = self._unseen(longest)[1]
        if not len(shares):
            return fitting(self.width(), count + size, count)
        share = f"**{percent(float(shares[-1]))}**" if shares[-1] > 0 else "**none**"
        brief = f"**{brief_count(int(last[GRAMS + str(longest)]))}** {longest}-grams, {share} of contexts new"
        return fitting(self.width(), f"{count}{size}; still {share} of contexts new", brief, count)

    def _show(self, on: bool) -> None:
        for plot in (self.grams, self.unseen):
            if plot.isVisibleTo(self) != on:
                plot.setVisible(on)
        self.update()

    def _measure(self) -> None:
        self._layout.setContentsMargins(0, theme.px(_CAPTION), 0, 0)
        self._layout.setSpacing(theme.px(_CAPTION))

    # Qt overrides

    def on_theme_changed(self) -> None:
        self._measure()
        super().on_theme_changed()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if not self._history.growth:
            paint_ghost(
                painter, QRectF(self.rect()), "How many different n-grams there are, and how many are still new"
            )
        else:
            painter.setFont(theme.font(11))
            painter.setPen(theme.theme().ink3)
            for plot, words in (
                (self.grams, "different n-grams, by tokens read"),
                (self.unseen, "contexts of unseen text that are new"),
            ):
                painter.drawText(QRectF(0, plot.y() - theme.px(_CAPTION), self.width(), theme.px(_CAPTION)), words)
        painter.end()


def bytes_text(size: float) -> str:
    """`840 kB`, `3.4 MB`."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"
