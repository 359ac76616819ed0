"""What a halted run says: which condition, with what number, in which tensor and layer, where in which text."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from seqviz.core.lab_events import RunHalted
from seqviz.gui import theme
from seqviz.gui.lab.halt_strip import HaltStrip
from seqviz.gui.labels import TextLabel
from seqviz.gui.surfaces import Surface


class HaltCard(Surface):
    """`going_on` and `shown` are its two buttons."""

    going_on = Signal()
    view_wanted = Signal(str)  # a panel by name

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("raised", parent=parent)
        self._halt: RunHalted | None = None
        self.title = TextLabel("", 13, "warn", bold=True, wrap=True)
        self.words = TextLabel("", 12, "ink", wrap=True)
        self.place = TextLabel("", 12, "ink2", wrap=True)
        self.strip = HaltStrip()
        self.go_on = QPushButton("Go on")
        self.go_on.setToolTip("Make this very step after all, and train on (Space)")
        self.show_view = QPushButton("Show")
        for button in (self.go_on, self.show_view):
            button.setAutoDefault(True)  # Enter presses the one that has the focus: Space is the window's
        buttons = QHBoxLayout()
        buttons.addWidget(self.go_on)
        buttons.addWidget(self.show_view)
        buttons.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.px(12), theme.px(8), theme.px(12), theme.px(10))
        box.setSpacing(theme.px(4))
        for part in (self.title, self.words, self.place, self.strip):
            box.addWidget(part)
        box.addLayout(buttons)
        self.go_on.clicked.connect(self.going_on)
        self.show_view.clicked.connect(self._show)

    @property
    def halt(self) -> RunHalted | None:
        return self._halt

    def show_halt(self, halt: RunHalted | None, view: str = "") -> None:
        """Say it; None: the run does not stand at a breakpoint. `view`: title of the panel that shows it best."""
        self.setVisible(halt is not None)
        if halt is None or halt is self._halt:
            self._halt = halt
            return
        self._halt = halt
        self.title.setText(f"■ Halted before step {theme.thousands(halt.step)}")
        self.words.setText(halt.text)
        parts = [f"tensor {halt.tensor}" if halt.tensor else "", f"layer: {halt.layer}" if halt.layer else ""]
        parts.append(f"worst at position {halt.position}" if halt.position >= 0 else "")
        self.place.setText("\n".join(part for part in parts if part))
        self.place.setVisible(any(parts))
        self.strip.setVisible(bool(halt.excerpt))
        self.strip.show_text(halt.excerpt, halt.position)
        self.show_view.setVisible(bool(view))
        self.show_view.setText("Show")
        self.show_view.setToolTip(f"Bring up the view that shows it best: {view}")
        self.setAccessibleName(f"Halted before step {halt.step}: {halt.text}")

    def _show(self) -> None:
        if self._halt is not None:
            self.view_wanted.emit(self._halt.panel)
