"""The keys: what each does, in the order a beginner needs them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from seqviz.gui import theme
from seqviz.gui.labels import TextLabel
from seqviz.gui.surfaces import Surface

KEYS = (
    ("Space", "train or race, pause"),
    (".", "one step, of every racer in a race"),
    ("R", "from step 0 again, with the same seed"),
    ("← →", "move the token cursor"),
    ("Ctrl+← Ctrl+→", "move it by words"),
    ("Home, End", "first and last token of the probe"),
    ("Enter, or W", "who explains the token at the cursor? Escape leads back"),
    ("Ctrl+E, F2 or double click", "edit the probe"),
    ("Ctrl+Z", "take the last knob change back"),
    ("Ctrl+S", "save the experiment as a preset"),
    ("Ctrl+O", "open a run folder"),
    ("Ctrl+1, 2, 3", "the pages: one model, race, gradient laboratory"),
    ("Alt+1 to Alt+7", "the rooms of the laboratory"),
    ("F10 or ], F8", "backprop debugger: one sub-step on, play (Shift+F10 or [ back, Ctrl+F10 to the cursor)"),
    ("M", "measure the curvature"),
    ("T, Shift+T", "train original and twin, one step of both"),
    ("F11", "presentation"),
    ("Ctrl+Shift+P", "find a command"),
    ("?", "this list"),
)


class KeysList(Surface):
    """Stands over the window; Escape, a second `?` or a click closes it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("raised", parent=parent)
        self._over = parent
        grid = QGridLayout(self)
        grid.setContentsMargins(theme.px(24), theme.px(20), theme.px(24), theme.px(20))
        grid.setHorizontalSpacing(theme.px(32))
        grid.setVerticalSpacing(theme.px(8))
        grid.addWidget(TextLabel("Keys", 16, bold=True), 0, 0, 1, 2)
        for row, (key, does) in enumerate(KEYS, start=1):
            grid.addWidget(TextLabel(key, 12, bold=True), row, 0)
            grid.addWidget(TextLabel(does, 12, "ink2"), row, 1)
        self.setAccessibleName("keys")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.installEventFilter(self)
        self.hide()

    def toggle(self) -> None:
        if self.isVisible():
            self.hide()
            return
        parent = self._over
        self.adjustSize()
        self.move((parent.width() - self.width()) // 2, max((parent.height() - self.height()) // 3, 0))
        self.show()
        self.raise_()
        self.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        escape = (
            isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape
        )
        if watched is self and self.isVisible():
            if escape or event.type() == QEvent.Type.MouseButtonPress:
                self.hide()
                self._over.setFocus()
                return True
            if event.type() == QEvent.Type.FocusOut:
                self.hide()
        return False
