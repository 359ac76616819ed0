"""Who explains this character? The probe above, one block a model below, one cursor through all."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from seqviz.gui import theme
from seqviz.gui.explain.asking import Asking, largest_change
from seqviz.gui.explain.block import SIDE_GAP, ExplainBlock
from seqviz.gui.explain.rows import BITS_LOW, room_to_grow, scale_top
from seqviz.gui.explain.strip import AskStrip
from seqviz.gui.explain.words import in_context, live_reading
from seqviz.gui.icon_button import IconButton
from seqviz.gui.labels import Hairline
from seqviz.gui.reading import fitting
from seqviz.gui.row_stack import scrolled
from seqviz.gui.surfaces import Surface
from seqviz.gui.widgets.colour_bar import ColourBar, colour_bar_width, paint_colour_bar
from seqviz.gui.widgets.column_grid import ColumnGrid
from seqviz.gui.widgets.panel_header import Header, header_height, paint_header
from seqviz.gui.widgets.strip_painting import smallest_cell

MARGIN, GUTTER, SIDE, SIDE_FROM, SCROLL = 14, 182, 230, 860, 12  # px at scale 1
CONTROLS = 38  # px at scale 1: their row
BEHIND = 3  # columns that stay in sight behind the asked one where the probe is too long
LEGEND = "bars: what each one says; line: the truth, as shares; all scales are logarithmic"


class ExplainView(Surface):
    """`left`: Escape or "Back". `asked` carries a token, `column_hovered` one under the mouse."""

    left = Signal()
    asked = Signal(int)
    column_hovered = Signal(int)
    menu_asked = Signal(object)  # the button it hangs from

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("sheet", parent=parent)
        self._header = Header("Who explains this token?")
        self._bar: ColourBar | None = None
        self._asking: Asking | None = None
        self._word = "token"
        self._tokens: tuple[str, ...] = ()
        self._grid = ColumnGrid(0, 0, 9, 0, 0)
        self.blocks: list[ExplainBlock] = []
        self.strip = AskStrip()
        self.again, self.back = QPushButton("Ask again"), QPushButton("Back")
        self.more = IconButton("more", "Copy or save", "flat")
        self._build()
        self.strip.asked.connect(self.asked)
        self.strip.column_hovered.connect(self._hover)
        self.strip.column_clicked.connect(self.column_hovered)
        self.again.clicked.connect(self._ask_again)
        self.back.clicked.connect(self.left)
        self.more.clicked.connect(lambda: self.menu_asked.emit(self.more))

    def _build(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, False)
        self._head = QWidget()
        head = QHBoxLayout(self._head)
        head.setSpacing(theme.px(6))
        head.addStretch(1)
        self.back.setToolTip("Back to the page (Esc).")
        self.again.setToolTip("The models have learned on since: ask them anew.")
        for button in (self.again, self.back):
            button.setProperty("flat", "true")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.again.hide()
        for widget in (self.again, self.more, self.back):
            head.addWidget(widget)
        inner = QWidget()
        self._blocks_box = QVBoxLayout(inner)
        self._blocks_box.setContentsMargins(0, 0, 0, 0)
        self._blocks_box.setSpacing(0)
        self._blocks_box.addStretch(1)
        self.area = scrolled(inner)
        box = self._box = QVBoxLayout(self)
        box.setSpacing(0)
        box.addWidget(self._head)
        box.addWidget(self.strip)
        box.addWidget(Hairline())
        box.addWidget(self.area, 1)
        self._measure()

    def _measure(self) -> None:
        margin = theme.px(MARGIN)
        self._box.setContentsMargins(margin, 0, margin, theme.px(8))
        self._head.setFixedHeight(header_height())
        layout = self._head.layout()
        assert layout is not None
        layout.setContentsMargins(0, 0, 0, header_height() - theme.px(CONTROLS))

    # what is shown

    def show_asking(self, asking: Asking, tokens: tuple[str, ...], word: str, cursor: int) -> None:
        """The question and what was answered so far; `word`: what a token is called."""
        fresh = asking is not self._asking or tokens != self._tokens
        self._asking, self._tokens, self._word = asking, tokens, word
        top = scale_top(largest_change(asking.lanes))
        self._bar = ColourBar("truth: change in loss", f"{BITS_LOW:g}", f"{top:g} bits", "viridis")
        self._fill_blocks(len(asking.lanes))
        for block, lane in zip(self.blocks, asking.lanes, strict=True):
            block.show_lane(lane, tokens, asking.position, top)
        if fresh:
            self.strip.set_tokens(tokens)
            self.strip.set_asked(asking.position)
            self._fit()
        self._grow()
        self.set_cursor(cursor)
        self._say(asking)

    def set_cursor(self, column: int) -> None:
        """The token cursor, through all rows."""
        self._share(self._grid.windowed(column))
        self.strip.set_cursor(column)
        for block in self.blocks:
            block.set_cursor(column)

    def show_age(self, step: int) -> None:
        """The models stand at this step now: what is shown may be older."""
        asking = self._asking
        self.again.setVisible(asking is not None and not asking.waiting and step != asking.step)

    @property
    def header(self) -> Header:
        return self._header

    @property
    def grid(self) -> ColumnGrid:
        return self._grid

    def _say(self, asking: Asking) -> None:
        word = self._word
        place = f"{in_context(self._tokens, asking.position)}, {word} {asking.position + 1} of {len(self._tokens)}"
        step = next((lane.explained.step for lane in reversed(asking.lanes) if lane.explained is not None), asking.step)
        subtitle = f"{place}, at step {theme.thousands(step)}"
        self._header = Header(f"Who explains this {word}?", subtitle, self._reading(asking, word))
        self.setAccessibleName(f"{self._header.title} {place}")
        self.setAccessibleDescription(self._header.reading.replace("**", ""))
        self.update()

    def _reading(self, asking: Asking, word: str) -> str:
        if asking.position == 0:
            return f"nothing stands before the first {word}: **choose another one**"
        if asking.waiting:
            done = sum(not lane.waiting for lane in asking.lanes)
            return "asking ..." if len(asking.lanes) == 1 else f"asking ... {done} of {len(asking.lanes)} answered"
        width = self.width() - 2 * theme.px(MARGIN) - self._bar_width()
        return fitting(width, *live_reading(asking.lanes))

    def _bar_width(self) -> float:
        return 0.0 if self._bar is None else colour_bar_width(self._bar) + theme.px(16)

    def _fill_blocks(self, count: int) -> None:
        while len(self.blocks) > count:
            block = self.blocks.pop()
            self._blocks_box.removeWidget(block)
            block.hide()
            block.deleteLater()
        while len(self.blocks) < count:
            block = ExplainBlock()
            block.column_hovered.connect(self.column_hovered)
            block.column_clicked.connect(self.asked)
            block.set_columns(self._grid, self._side)
            self._blocks_box.insertWidget(len(self.blocks), block)
            self.blocks.append(block)

    # columns

    @property
    def _side(self) -> int:
        """Pixels for sentences at the right; none in narrow windows, where hovering tells them."""
        return theme.px(SIDE) if self.width() >= theme.px(SIDE_FROM) else 0

    def _fit(self) -> None:
        """Columns for the width there is; of a long probe those up to the asked token."""
        if self._asking is None:
            return
        width = self.width() - 2 * theme.px(MARGIN) - theme.px(SCROLL) - self._side
        n, place = len(self._tokens), self._asking.position
        least = smallest_cell(self._tokens) if self._tokens else theme.px(9)
        grid = ColumnGrid.fit(n, width, theme.px(GUTTER), place, least, theme.px(4), theme.px(40))
        first = min(max(place + 1 + BEHIND - grid.visible, 0), max(n - grid.visible, 0))
        self._share(ColumnGrid(grid.n, grid.gutter, grid.cell, first, grid.visible))

    def _grow(self) -> None:
        """Higher bars where there is room."""
        room = self.area.viewport().height() / theme.scale()
        stretch = room_to_grow([block.rows for block in self.blocks], room - 2 * len(self.blocks))
        for block in self.blocks:
            block.set_stretch(stretch)

    def _share(self, grid: ColumnGrid) -> None:
        self._grid = grid
        self.strip.set_grid(grid)
        for block in self.blocks:
            block.set_columns(grid, self._side)

    def _hover(self, column: int) -> None:
        if column >= 0:
            self.column_hovered.emit(column)

    def _ask_again(self) -> None:
        if self._asking is not None:
            self.asked.emit(self._asking.position)

    # Qt overrides

    def on_theme_changed(self) -> None:
        super().on_theme_changed()
        self._measure()
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()
        self._grow()
        if self._asking is not None:
            self.set_cursor(self.strip.cursor_token or 0)
            self._say(self._asking)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        margin = theme.px(MARGIN)
        width, taken = self.width() - 2.0 * margin, self.width() - margin - self._controls_left()
        head = Header(self._header.title, self._header.subtitle)
        paint_header(painter, QRectF(margin, 0, width - taken - theme.px(8), self.height()), head)
        room = width - self._bar_width()
        paint_header(painter, QRectF(margin, 0, room, self.height()), Header("", "", self._header.reading))
        if self._bar is not None:
            paint_colour_bar(painter, margin + width, theme.px(39), self._bar)
        if self._side:
            self._paint_legend(painter)
        painter.end()

    def _paint_legend(self, painter: QPainter) -> None:
        """What bars and line are, over the sentences."""
        room = self._side - theme.px(SCROLL + SIDE_GAP)
        left = self.width() - theme.px(MARGIN) - room
        painter.setFont(theme.font(11))
        painter.setPen(theme.theme().ink3)
        flags = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(QRectF(left, self.strip.y(), room, self.strip.height()), flags, LEGEND)

    def _controls_left(self) -> int:
        shown = [w.x() for w in (self.again, self.more, self.back) if w.isVisibleTo(self)]
        return min(shown, default=self.width())
