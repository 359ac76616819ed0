"""What the views of measured parameters share: the newest event, the chosen tensor, a ghost where nothing came yet."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QRectF, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent

from seqviz.core.events import RunStarted
from seqviz.core.lab_events import ParametersMeasured
from seqviz.gui import theme
from seqviz.gui.panels.base import Panel, Snapshot
from seqviz.gui.parameter_history import first_choice, same_tensor
from seqviz.gui.session import RunSession
from seqviz.gui.widgets.ghost import paint_ghost

_WHEN = "It fills in with the next step: press . for one"


class ParameterView(Panel):
    """Subclasses prepare in `prepare` and paint in `paint`. `tensor` is the chosen one, "" before anything came."""

    wants = ("parameters.*",)
    needs = ("parameters.*",)
    shown_by_default = False
    offers_tensor: ClassVar[bool] = True  # whether its menu has the tensors
    ghost: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__()
        self.snapshot = Snapshot()
        self.newest: ParametersMeasured | None = None
        self.tensor = ""
        self._session: RunSession | None = None
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(self.title)
        self.setMinimumHeight(theme.px(self.minimum_height))

    def join(self, session: RunSession) -> None:
        self._session = session
        session.tensor_chosen.connect(self.show_tensor)

    @classmethod
    def reason_unserved(cls, run: RunStarted) -> str | None:
        return None if super().reason_unserved(run) is None else f"{run.title} learns without gradients"

    def prepare(self) -> None:
        """Turn `self.newest` and the history into what `paint` needs."""

    def paint(self, painter: QPainter) -> None:
        """The picture; antialiasing is on."""
        raise NotImplementedError

    @property
    def names(self) -> tuple[str, ...]:
        """Tensors of the run, in the model's order."""
        return () if self.newest is None else self.newest.names

    @property
    def index(self) -> int:
        """Of the chosen tensor."""
        return self.names.index(self.tensor) if self.tensor in self.names else 0

    @property
    def family(self) -> str:
        return "" if self.snapshot.run is None else self.snapshot.run.family

    def present(self, snapshot: Snapshot) -> None:
        old, self.snapshot = self.snapshot, snapshot
        kept = snapshot.history.parameters
        event = kept[-1] if kept else None
        if event is self.newest and snapshot.run is old.run:
            return
        self.newest = event
        if event is not None and self.tensor not in event.names:
            self.tensor = first_choice(event.names)
        self.renew()

    def renew(self) -> None:
        """Prepare and paint again."""
        self.prepare()
        self.header_changed.emit()
        self.update()

    def clear(self) -> None:
        self.present(Snapshot())

    @Slot(str)
    def show_tensor(self, name: str) -> None:
        """Turn to this tensor, if the run has it."""
        found = same_tensor(name, self.names)
        if found and found != self.tensor:
            self.tensor = found
            self.renew()

    def pick(self, name: str) -> None:
        """The user chose a tensor here: all views of one tensor turn to it."""
        self.show_tensor(name)
        if self._session is not None:
            self._session.tensor_chosen.emit(name)

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        return (("tensor", self.names, self.tensor),) if self.offers_tensor and self.names else ()

    def choose(self, key: str, option: str) -> None:
        """Raises ValueError for an option that `menu_choices` does not offer."""
        offered = {k: options for k, options, _ in self.menu_choices()}
        if option not in offered.get(key, ()):
            raise ValueError(f'the panel "{self.title}" has no "{option}" for "{key}"')
        if key == "tensor":
            self.pick(option)

    # Qt overrides

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.theme().sheet)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.newest is not None:
            self.paint(painter)
        else:
            paint_ghost(painter, QRectF(self.rect()), f"{self.ghost}. {_WHEN}")
        painter.end()
