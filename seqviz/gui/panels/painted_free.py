"""What free panels that paint one picture share: a snapshot, what is prepared of it, a ghost where there is none."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent

from seqviz.gui import theme
from seqviz.gui.axes_of_frame import main_axis, same_arrays, same_view
from seqviz.gui.panels.base import FreePanel, Snapshot
from seqviz.gui.widgets.ghost import paint_ghost


class PaintedFreePanel(FreePanel):
    """Subclasses prepare in `prepare`, say in `ready` whether there is a picture, and paint it in `paint`.

    `follows`: how the names of all arrays it looks at begin; frames that bring none of these anew change nothing.
    """

    ghost: ClassVar[str] = ""
    follows: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        self.snapshot = Snapshot()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(self.title)
        self.setMinimumHeight(theme.px(self.minimum_height))

    def prepare(self) -> None:
        """Turn the arrays of `self.snapshot` into what `paint` needs."""
        raise NotImplementedError

    def ready(self) -> bool:
        """Whether there is something to paint."""
        raise NotImplementedError

    def paint(self, painter: QPainter) -> None:
        """The picture; antialiasing is on."""
        raise NotImplementedError

    @property
    def steps(self) -> int:
        """Positions of the probe that the picture can show."""
        raise NotImplementedError

    @property
    def t(self) -> int:
        """The token cursor, kept inside the probe."""
        return max(0, min(self.snapshot.cursor.column, self.steps - 1))

    @property
    def tokens(self) -> tuple[str, ...]:
        return self.snapshot.labels(main_axis(self.snapshot))

    def present(self, snapshot: Snapshot) -> None:
        old, self.snapshot = self.snapshot, snapshot
        if same_view(old, snapshot) or (self.follows and same_arrays(old, snapshot, self.follows)):
            return
        self.prepare()
        self.header_changed.emit()
        self.update()

    def clear(self) -> None:
        self.snapshot = Snapshot()
        self.prepare()
        self.header_changed.emit()
        self.update()

    # Qt overrides

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.theme().sheet)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.ready():
            self.paint(painter)
        else:
            paint_ghost(painter, QRectF(self.rect()), self.ghost)
        painter.end()
