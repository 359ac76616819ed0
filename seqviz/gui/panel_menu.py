"""The menu of a panel: its own choices, saving and copying, and where it stands."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from seqviz.gui.file_picker import pick_file
from seqviz.gui.panel_board import PanelBoard
from seqviz.gui.panel_export import copy_numbers, copy_picture, save_panel
from seqviz.gui.panel_frame import PanelFrame

_FILTERS = {"png": "PNG picture (*.png)", "svg": "SVG picture (*.svg)", "csv": "CSV numbers (*.csv)"}


class PanelMenu(QMenu):
    """Made anew each time it opens; `refuse` shows the one line of what could not be done."""

    def __init__(self, frame: PanelFrame, board: PanelBoard, refuse: Callable[[str], None], parent: QWidget) -> None:
        super().__init__(parent)
        self._frame, self._board, self._refuse = frame, board, refuse
        self._add_choices()
        for kind in ("png", "svg", "csv"):
            self._add(f"Save as {kind.upper()} ...", partial(self._save, kind))
        self._add("Copy picture", lambda: copy_picture(frame))
        self._add("Copy numbers", lambda: copy_numbers(frame.panel))
        self.addSeparator()
        name, layout = frame.name, board.layout
        if name in layout.floating:
            self._add("Put back", lambda: board.dock(name))
        else:
            neighbours = layout.sheet if name in layout.sheet else layout.column
            self._add("Move up", lambda: board.move(name, -1)).setEnabled(name != neighbours[0])
            self._add("Move down", lambda: board.move(name, +1)).setEnabled(name != neighbours[-1])
            self._add("Float", lambda: board.float_panel(name))
        self._add("Close", lambda: board.close(name))

    def _add_choices(self) -> None:
        for key, options, current in self._frame.panel.menu_choices():
            sub = self.addMenu(key.replace("_", " "))
            for option in options:
                action = sub.addAction(option)
                action.setCheckable(True)
                action.setChecked(option == current)
                action.triggered.connect(partial(self._choose, key, option))
        if self._frame.panel.menu_choices():
            self.addSeparator()

    def _choose(self, key: str, option: str, _checked: bool = False) -> None:
        self._frame.panel.choose(key, option)
        self._frame.refresh_header()
        self._board.tell_wants()

    def _add(self, text: str, act: Callable[[], object]) -> QAction:
        action = self.addAction(text)
        action.triggered.connect(lambda _checked=False: self._try(act))
        return action

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
        except (ValueError, OSError) as error:
            self._refuse(" ".join(str(error).split()))

    def _save(self, kind: str) -> None:
        frame = self._frame

        def write(path: Path) -> None:
            target = path if path.suffix else path.with_suffix(f".{kind}")
            self._try(lambda: save_panel(frame.panel, frame, target))

        pick_file(frame.window(), f"Save {frame.panel.title}", "save", write, _FILTERS[kind], f"{frame.name}.{kind}")
