"""A panel with its head: title, what it shows, colour bar, live reading, and a menu."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QEnterEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from seqviz.core.events import RunStarted
from seqviz.gui import theme
from seqviz.gui.axes_of_frame import same_view
from seqviz.gui.icon_button import IconButton
from seqviz.gui.panels.base import Panel, SheetPanel, Snapshot
from seqviz.gui.unserved import UnservedView
from seqviz.gui.widgets.colour_bar import ColourBar
from seqviz.gui.widgets.cursor import paint_cursor_column
from seqviz.gui.widgets.painted import PaintedWidget
from seqviz.gui.widgets.panel_header import Header, header_height, paint_header

QWIDGETSIZE_MAX = (1 << 24) - 1  # Qt's own, which PySide does not export
HEADER_MS = 500  # words change at 2 Hz: faster could not be read


class FrameHeader(PaintedWidget):
    """Paints the head; the token cursor runs through it, so that the eye keeps its column."""

    def __init__(self, panel: Panel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self._header = Header(panel.title)
        self._column: tuple[int, int] | None = None
        self.follow_panel()

    @Slot()
    def follow_panel(self) -> None:
        """Ask the panel what its head says now."""
        bar = self._panel.colour_bar()
        shown = None
        if bar is not None:
            shown = ColourBar(bar.quantity, bar.low, bar.high, bar.colours, centre=bar.colours == "diverging")
        header = Header(self._panel.title, self._panel.subtitle(), self._panel.reading(), shown)
        if header != self._header:
            self._header = header
            self.update()
        self._fit()

    def on_theme_changed(self) -> None:
        super().on_theme_changed()
        self._fit()

    def _fit(self) -> None:
        height = header_height(bool(self._header.reading))
        if height != self.height() or self.minimumHeight() != height:
            self.setFixedHeight(height)

    def set_column(self, column: tuple[int, int] | None) -> None:
        """Left edge and width of the cursor's column, None: none runs through here."""
        if column != self._column:
            self._column = column
            self.update()

    @property
    def column(self) -> tuple[int, int] | None:
        """The column where it is seen: not where it would run through the words."""
        return self._column if self._column is not None and self._column[0] > self._words_end() else None

    def _draw(self, painter: QPainter) -> None:
        margin = theme.px(16)
        paint_header(painter, QRectF(margin, 0, self.width() - 2 * margin - theme.px(8), self.height()), self._header)

    def _words_end(self) -> float:
        """Where the words of the head end: the cursor's column must not run through them."""
        header, small = self._header, theme.metrics(11)
        first = theme.metrics(13, bold=True).horizontalAdvance(header.title) + small.horizontalAdvance(header.subtitle)
        second = theme.metrics(12).horizontalAdvance(header.reading)
        return theme.px(26) + max(first, second)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.column is not None:
            paint_cursor_column(painter, *self.column, 0, self.height())
        painter.drawPixmap(0, 0, self.static_layer(self._header, self._draw))
        painter.end()


class PanelFrame(QWidget):
    """`menu_asked` carries where; `pointed` says that the mouse came over this panel."""

    menu_asked = Signal(object, QPoint)  # PanelFrame, global position
    pointed = Signal(object)  # PanelFrame
    switch_asked = Signal(str)  # name of an architecture

    def __init__(self, panel: Panel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panel = panel
        self.unserved = UnservedView(self)
        self.unserved.hide()
        self.unserved.switch_asked.connect(self.switch_asked)
        self.header = FrameHeader(panel, self) if panel.has_header else None
        self._column: tuple[int, int] | None = None
        self._shown: Snapshot | None = None
        self._alone = False
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)
        if self.header is not None:
            self._box.addWidget(self.header)
        body = QVBoxLayout()
        side = 0 if isinstance(panel, SheetPanel) else theme.px(16)  # sheet panels have the gutter
        body.setContentsMargins(side, 0, side, 0)
        body.addWidget(panel)
        self._box.addLayout(body, 1)
        self._box.addWidget(self.unserved, 1)
        self.menu_button = IconButton("more", f"menu of {panel.title}", "flat", parent=self)
        self.menu_button.clicked.connect(self._ask_menu)
        self.menu_button.hide()
        panel.header_changed.connect(self._header_soon)
        panel.setToolTip("")
        self.setAccessibleName(panel.title)
        self._header_timer = QTimer(self)
        self._header_timer.setSingleShot(True)
        self._header_timer.timeout.connect(self.refresh_header)
        theme.theme_changed.changed.connect(self._measure)
        self._measure()

    def set_alone(self, alone: bool) -> None:
        """Whether no other panel wants the free height: then one of a height of its own may take it."""
        if alone != self._alone:
            self._alone = alone
            self._measure()

    @property
    def name(self) -> str:
        return self.panel.name

    @property
    def weight(self) -> int:
        """Share of the free height; 0: it has a height of its own."""
        return 0 if self.panel.fixed_height else max(int(self.panel.weight), 1)

    def show_run(self, run: RunStarted, nearest: tuple[str, str] | None) -> None:
        """Serve this run, or say why not; `nearest` is (name, title) of an architecture that can."""
        reason = self.panel.reason_unserved(run)
        self.unserved.setVisible(reason is not None)
        self.panel.setVisible(reason is None)
        if reason is not None:
            self.unserved.say(reason, nearest)
        self.panel.clear()
        self._shown = None
        self.refresh_header()

    def present(self, snapshot: Snapshot) -> None:
        """Hand the panel a snapshot, unless it is out of sight or would look the same."""
        if not self.panel.isVisible():
            return
        if isinstance(self.panel, SheetPanel) and self._shown is not None and same_view(self._shown, snapshot):
            return
        self._shown = snapshot
        self.panel.present(snapshot)

    def set_column(self, column: tuple[int, int] | None) -> None:
        """Left edge and width of the cursor's column, None where it does not run through here."""
        self._column = column
        if self.header is not None:
            self.header.set_column(column)

    @property
    def column(self) -> tuple[int, int] | None:
        """The column as it is seen at the top of the frame: not where it would run through words."""
        return self._column if self.header is None else self.header.column

    @Slot()
    def refresh_header(self) -> None:
        if self.header is not None:
            self.header.follow_panel()

    @Slot()
    def _header_soon(self) -> None:
        if not self._header_timer.isActive():
            self._header_timer.start(HEADER_MS if self.header is not None and self.header.isVisible() else 0)

    @Slot()
    def _measure(self) -> None:
        if self.panel.fixed_height:
            fixed = theme.px(self.panel.fixed_height)
            self.panel.setMinimumHeight(fixed)
            self.panel.setMaximumHeight(QWIDGETSIZE_MAX if self._alone else fixed)
        else:
            needed = self.panel.minimumSizeHint().height()  # knobs below a plot must not be cut off
            self.panel.setMinimumHeight(max(theme.px(self.panel.minimum_height), needed))

    @Slot()
    def _ask_menu(self) -> None:
        self.menu_asked.emit(self, self.menu_button.mapToGlobal(self.menu_button.rect().bottomLeft()))

    # Qt overrides

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_asked.emit(self, event.globalPos())

    def enterEvent(self, event: QEnterEvent) -> None:
        self.menu_button.show()
        self.menu_button.raise_()
        self.pointed.emit(self)

    def leaveEvent(self, event: QEvent) -> None:
        self.menu_button.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.menu_button.move(self.width() - self.menu_button.width() - 2, theme.px(9))

    def mousePressEvent(self, event: object) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
