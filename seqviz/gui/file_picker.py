"""Asking for a file without stopping the window: training goes on while the dialog is open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

Mode = Literal["open", "folder", "save"]


def pick_file(
    parent: QWidget, title: str, mode: Mode, chosen: Callable[[Path], None], filters: str = "", name: str = ""
) -> QFileDialog:
    """Show a dialog that is not modal; `chosen` gets the path when the user accepts."""
    dialog = QFileDialog(parent, title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setModal(False)
    if filters:
        dialog.setNameFilter(filters)
    if mode == "folder":
        dialog.setFileMode(QFileDialog.FileMode.Directory)
    elif mode == "open":
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    else:
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(name)
    dialog.fileSelected.connect(lambda path: chosen(Path(path)))
    dialog.show()
    return dialog
