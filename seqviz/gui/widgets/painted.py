"""Base of everything painted by hand: a widget with a cached static layer."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from seqviz.gui import theme


class PaintedWidget(QWidget):
    """Repaints when the theme changes, and keeps what seldom changes (axes, labels) in a pixmap."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers: dict[str, tuple[Hashable, QPixmap]] = {}
        theme.theme_changed.changed.connect(self._follow_theme)

    @Slot()
    def _follow_theme(self) -> None:
        """The slot itself, never overridden: Qt drops its connection with the widget (an override without
        @Slot would be called after the widget is gone).
        """
        self.on_theme_changed()

    def on_theme_changed(self) -> None:
        """Colours or scale changed: measure and paint again. Override for more, and call this one."""
        self.updateGeometry()
        self.update()

    def static_layer(self, key: Hashable, draw: Callable[[QPainter], None], name: str = "static") -> QPixmap:
        """Pixmap of the widget's size drawn by `draw`; drawn anew only when key, size, dpr or theme changed.

        It starts transparent; draw it with `painter.drawPixmap(0, 0, layer)`. Several layers need names.
        """
        ratio = self.devicePixelRatioF()
        full_key = (key, self.width(), self.height(), ratio, theme.version())
        found = self._layers.get(name)
        if found is not None and found[0] == full_key:
            return found[1]
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        draw(painter)
        painter.end()
        self._layers[name] = (full_key, pixmap)
        return pixmap
