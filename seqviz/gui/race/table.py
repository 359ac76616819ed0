"""The race as a table: sortable by a click on a heading, copied and saved as CSV."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QPushButton, QTableView, QVBoxLayout, QWidget

from seqviz.core.units import Unit
from seqviz.gui import theme
from seqviz.gui.file_picker import pick_file
from seqviz.gui.labels import TextLabel
from seqviz.gui.loss_units import ShownUnit
from seqviz.gui.race.racer import Racer
from seqviz.gui.race.standings import Standing, csv_of, number_text, standings, unit_of
from seqviz.gui.rail import dot_icon
from seqviz.gui.widgets.curve_labels import colour_of

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_LAST = math.inf  # sorts what is not known to the end
_DISPENSABLE = (9, 7, 4, 8, 10, 5, 6)  # on a slide, in the order they go
_WORDS = (1,)  # columns of words; all others are numbers
_HEADER = "QHeaderView { background: transparent; } QHeaderView::section { padding: 4px 2px; }"  # narrow
SORT_ROLE = int(Qt.ItemDataRole.UserRole)


@dataclass(frozen=True)
class Column:
    """`sorts` gives a number or text to sort by, `shows` what is written."""

    title: str
    tip: str
    shows: Callable[[Standing], str]
    sorts: Callable[[Standing], float | str]


def columns_of(unit: ShownUnit, token: str) -> tuple[Column, ...]:
    """What the table says of every racer."""
    return (
        Column("#", "Rank by the newest validation loss.", lambda r: f"{r.rank}." if r.rank else "–", _rank),
        Column("racer", "A click selects it.", label_of, lambda r: r.label.lower()),
        Column(
            "size\nparameters",
            "Numbers that training sets; of counting models the counts they hold.",
            lambda r: theme.thousands(r.parameters),
            lambda r: float(r.parameters),
        ),
        Column(
            f"{unit.short} now\n{unit.axis.removeprefix(unit.short).strip()}",
            f"The newest validation loss in {unit.axis}.",
            lambda r: number_text(unit, r.nats),
            lambda r: _known(r.nats),
        ),
        Column(
            f"perplexity\nper {token}",
            f"e to the loss in nats: per {token}.",
            lambda r: _number(r.perplexity),
            lambda r: _known(r.perplexity),
        ),
        Column(
            "speed\ntokens/s",
            "Tokens learned from in a second of its own computing.",
            lambda r: theme.short(r.tokens_per_second) if r.tokens_per_second else "–",
            lambda r: -r.tokens_per_second,
        ),
        Column(
            f"half-life\n{token}s",
            f"Beyond the first two {token}s the gradient halves every so many {token}s; mean over 32 windows.",
            lambda r: _tokens(r.half_life),
            lambda r: _known(r.half_life),
        ),
        Column(
            f"1 % horizon\n{token}s",
            f"From so many {token}s back on less than 1 % of the gradient is left.",
            lambda r: f"> {r.window}" if math.isinf(r.horizon) else _tokens(r.horizon),
            lambda r: _known(r.horizon),
        ),
        Column(
            f"sees\n{token}s",
            "The receptive field: what may reach a prediction at all.",
            lambda r: _sees(r, token),
            _reach,
        ),
        Column(
            "steps\nor batches",
            "Optimiser steps; batches read by what counts.",
            lambda r: theme.thousands(r.step),
            lambda r: float(r.step),
        ),
        Column("computing\nseconds", "Of its own computing.", lambda r: _seconds(r.seconds), lambda r: r.seconds),
    )


def _sees(row: Standing, token: str) -> str:
    return "all" if row.receptive_field == "unbounded" else row.receptive_field.removesuffix(f" {token}s")


def label_of(row: Standing) -> str:
    """The name, and what has befallen it."""
    return f"{row.label} ({row.state})" if row.state in ("diverged", "failed") else row.label


def _rank(row: Standing) -> float:
    return float(row.rank) if row.rank else _LAST


def _known(value: float | None) -> float:
    return _LAST if value is None or math.isnan(value) else value


def _number(value: float | None) -> str:
    return "–" if value is None else theme.short(value)


def _tokens(value: float) -> str:
    return (
        "–" if math.isnan(value) else "∞" if math.isinf(value) else f"{value:.1f}" if value < 99.5 else f"{value:.0f}"
    )


def _reach(row: Standing) -> float:
    first = row.receptive_field.split(" ")[0]
    return float(first) if first.isdigit() else _LAST


def _seconds(value: float) -> str:
    return f"{value:.1f}" if value >= 0.095 else theme.short(value)


class StandingsModel(QAbstractTableModel):
    """`show_racers` replaces the numbers; only changed cells are announced."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Standing] = []
        self.unit = unit_of(Unit("nats/token", 1.0, "token"))
        self.columns = columns_of(self.unit, "token")
        self._colours: list[str] = []
        self._selected = 0

    def show_racers(self, racers: Sequence[Racer], selected: int) -> None:
        rows = standings(racers)
        if [row.label for row in rows] != [row.label for row in self.rows]:
            self.beginResetModel()
            if racers:
                self.unit = unit_of(racers[0].run.unit)
                self.columns = columns_of(self.unit, racers[0].run.unit.token)
            self.rows, self._colours = rows, [racer.style.colour for racer in racers]
            self._selected = selected
            self.endResetModel()
        elif rows != self.rows or selected != self._selected:
            self.rows, self._selected = rows, selected
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self.columns) - 1))

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row, column = self.rows[index.row()], self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.shows(row)
        if role == SORT_ROLE:
            return column.sorts(row)
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() not in _WORDS:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 1:
            return dot_icon(colour_of(self._colours[index.row()]))
        if role == Qt.ItemDataRole.FontRole and row.number == self._selected:
            return theme.font(12, bold=True)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.columns[section].tip
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section in _WORDS else Qt.AlignmentFlag.AlignRight
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None


class StandingsTable(QWidget):
    """`row_chosen` carries the racer's number."""

    row_chosen = Signal(int)
    said = Signal(str)  # one line for the user
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = StandingsModel()
        self.model.setParent(self)
        self.sorted = QSortFilterProxyModel(self)
        self.sorted.setSourceModel(self.model)
        self.sorted.setSortRole(SORT_ROLE)
        self.sorted.setDynamicSortFilter(True)
        self.view = QTableView()
        self.copy, self.save = QPushButton("Copy as CSV"), QPushButton("Save as CSV ...")
        self._foot = QWidget()
        self._plain = False
        self._build()
        self.view.clicked.connect(self._choose)
        self.view.activated.connect(self._choose)
        self.copy.clicked.connect(self.copy_csv)
        self.save.clicked.connect(self._ask_where)

    def _build(self) -> None:
        view = self.view
        view.setModel(self.sorted)
        view.setSortingEnabled(True)
        view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setShowGrid(False)
        view.verticalHeader().hide()
        view.setWordWrap(False)
        view.setTextElideMode(Qt.TextElideMode.ElideRight)
        view.horizontalHeader().setHighlightSections(False)
        view.horizontalHeader().setStyleSheet(_HEADER)
        view.setAccessibleName("standings")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(6))
        box.addWidget(view, 1)
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.addWidget(TextLabel("a click on a heading sorts", 11, "ink3"))
        foot.addStretch(1)
        for button in (self.copy, self.save):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            foot.addWidget(button)
        box.addWidget(self._foot)

    def set_plain(self) -> None:
        """For a slide: without the buttons, and only as many columns as there is room for."""
        self._plain = True
        self._foot.hide()
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_racers(self, racers: Sequence[Racer], selected: int) -> None:
        self.model.show_racers(racers, selected)
        self._fit()

    def _fit(self) -> None:
        """Columns as wide as their words; on a slide what would not fit goes. Names take what is left."""
        view, room = self.view, self.view.viewport().width()
        widths = [self._needed(column) for column in range(self.sorted.columnCount())]
        gone: set[int] = set()
        for column in _DISPENSABLE if self._plain else ():
            if sum(width for n, width in enumerate(widths) if n not in gone) <= room:
                break
            gone.add(column)
        rest = room - sum(width for n, width in enumerate(widths) if n not in gone)
        for column, width in enumerate(widths):
            spare = max(rest, 0) if column in _WORDS else 0
            view.setColumnHidden(column, column in gone)
            if view.columnWidth(column) != width + spare:
                view.setColumnWidth(column, width + spare)

    def _needed(self, column: int) -> int:
        """Pixels of the widest words, with room for the arrow of the sorting."""
        measure, model = theme.metrics(12, bold=True), self.model
        words = model.columns[column].title.split("\n")
        words += [model.columns[column].shows(row) for row in model.rows]
        margin = theme.px(34 if column in _WORDS else 16)
        return math.ceil(max(measure.horizontalAdvance(word) for word in words) / 8) * 8 + margin

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._fit)  # once the view has its own new size

    def shown_order(self) -> list[str]:
        """Labels from the top as they are sorted now."""
        rows = range(self.sorted.rowCount())
        return [str(self.sorted.index(row, 1).data()) for row in rows]

    def csv(self) -> str:
        """All rows in the order shown."""
        places = [self.sorted.mapToSource(self.sorted.index(n, 0)).row() for n in range(self.sorted.rowCount())]
        return csv_of([self.model.rows[place] for place in places], self.model.unit)

    def copy_csv(self) -> None:
        QGuiApplication.clipboard().setText(self.csv())
        self.said.emit("the table is on the clipboard, as CSV")

    def _ask_where(self) -> None:
        pick_file(self, "Save the table", "save", self.save_csv, "Comma-separated values (*.csv)", "race.csv")

    def save_csv(self, path: Path) -> None:
        """Write the table to a file; what goes wrong is said."""
        path = path if path.suffix else path.with_suffix(".csv")
        try:
            path.write_text(self.csv(), encoding="utf-8")
        except OSError as error:
            self.refused.emit(f"the table could not be saved: {error.strerror or error}")
            return
        self.said.emit(f"saved as {path.name}")

    def _choose(self, index: QModelIndex) -> None:
        row = self.sorted.mapToSource(index).row()
        self.row_chosen.emit(self.model.rows[row].number)
