"""Formulas, typeset: ziamath turns LaTeX into SVG, Qt draws it once into a pixmap.

ziamath takes 0.15 s to import, so it is loaded after the first paint; until then (and where a formula cannot
be typeset) the source is shown as text.
"""

from __future__ import annotations

import importlib
import logging
import threading
import warnings
from functools import lru_cache
from types import ModuleType

from PySide6.QtCore import QByteArray, QPointF, QRectF, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QWidget

from seqviz.gui import theme
from seqviz.gui.widgets.painted import PaintedWidget

_log = logging.getLogger(__name__)
_loaded: dict[str, ModuleType] = {}
_loaders: list[threading.Thread] = []
LOOK_AGAIN_MS = 100


def load_typesetter() -> None:
    """Import ziamath now (0.15 s); call it before a picture of the window is taken."""
    if "ziamath" not in _loaded:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # it opens its fonts the old way
            module = importlib.import_module("ziamath")
        module.config.svg2 = False  # Qt's renderer draws next to nothing of SVG 2
        _loaded["ziamath"] = module


def load_typesetter_soon() -> None:
    """Import it in a thread of its own: the window must not stand still for that long."""
    if "ziamath" not in _loaded and not _loaders:
        _loaders.append(threading.Thread(target=load_typesetter, name="typesetter", daemon=True))
        _loaders[0].start()


def is_typesetter_loaded() -> bool:
    return "ziamath" in _loaded


@lru_cache(maxsize=256)
def _svg(latex: str, size: float, colour: str) -> bytes | None:
    """SVG of a formula, None when it cannot be typeset."""
    try:
        made = _loaded["ziamath"].Latex(latex, size=size, color=colour)
        return bytes(made.svg(), "utf-8")
    except Exception:  # a third-party parser may raise anything; the source is shown instead
        _log.warning("cannot typeset %r", latex, exc_info=True)
        return None


@lru_cache(maxsize=128)
def formula_pixmap(latex: str, size: float, colour: str, ratio: float) -> QPixmap | None:
    """A formula `size` px high (letters) in `colour` ("#RRGGBB") at a device pixel ratio; None: not typesettable.

    `load_typesetter` must have been called.
    """
    svg = _svg(latex, size, colour)
    if svg is None:
        return None
    renderer = QSvgRenderer(QByteArray(svg))
    extent = renderer.defaultSize()
    if not renderer.isValid() or extent.isEmpty():
        return None
    pixmap = QPixmap(extent * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, QRectF(0, 0, extent.width(), extent.height()))
    painter.end()
    return pixmap


class FormulaLabel(PaintedWidget):
    """A formula centred on a white field, shrunk when it is wider than the label."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._latex = ""
        self._size = 16.0
        self._padding = 10
        self._framed = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_formula(self, latex: str, size: float = 16.0) -> None:
        """Show a formula; `size` is the height of its letters in px at scale 1. "" shows nothing."""
        if (latex, size) != (self._latex, self._size):
            self._latex, self._size = latex, size
            self.setAccessibleName(latex)
            self.updateGeometry()
            self.update()

    def set_framed(self, framed: bool) -> None:
        """Whether it stands on its own sheet-coloured field."""
        self._framed = framed
        self.update()

    @property
    def formula(self) -> str:
        return self._latex

    def _pixmap(self) -> QPixmap | None:
        if not self._latex or not is_typesetter_loaded():
            return None
        ink = theme.theme().ink.name()
        return formula_pixmap(self._latex, self._size * theme.scale(), ink, self.devicePixelRatioF())

    @Slot()
    def _look_again(self) -> None:
        """The typesetter may be loaded by now; if not, the next paint asks again."""
        self.updateGeometry()
        self.update()

    # Qt overrides

    def sizeHint(self) -> QSize:
        pixmap = self._pixmap()
        if pixmap is None:
            return QSize(theme.px(200), theme.px(64))
        extent = pixmap.deviceIndependentSize().toSize()
        padding = 2 * theme.px(self._padding)
        return QSize(extent.width() + padding, max(extent.height() + padding, theme.px(52)))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(80), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        if self._framed:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.theme().sheet)
            painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        if self._latex:
            self._paint_formula(painter)
        painter.end()

    def _paint_formula(self, painter: QPainter) -> None:
        if not is_typesetter_loaded():
            load_typesetter_soon()
            QTimer.singleShot(LOOK_AGAIN_MS, self, self._look_again)
            return
        pixmap = self._pixmap()
        if pixmap is None:
            painter.setFont(theme.font(12))
            painter.setPen(theme.theme().ink2)
            flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(QRectF(self.rect()).adjusted(8, 4, -8, -4), flags, self._latex)
            return
        extent = pixmap.deviceIndependentSize()
        room = self.width() - theme.px(self._padding)
        share = min(1.0, room / extent.width(), self.height() / extent.height())
        width, height = extent.width() * share, extent.height() * share
        corner = QPointF((self.width() - width) / 2, (self.height() - height) / 2)
        if share == 1.0:
            corner = QPointF(round(corner.x()), round(corner.y()))
        painter.drawPixmap(QRectF(corner.x(), corner.y(), width, height), pixmap, QRectF(pixmap.rect()))
