"""Asks, hears the answers, and stands the view in its page. A host is one page: one model, or a race."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QPoint, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from seqviz.core.events import Explained
from seqviz.gui.explain.asking import Asking, Who
from seqviz.gui.explain.export import csv_of
from seqviz.gui.explain.view import ExplainView
from seqviz.gui.file_picker import pick_file
from seqviz.gui.panel_export import copy_picture, picture

_FILTERS = {"png": "PNG picture (*.png)", "csv": "CSV numbers (*.csv)"}


class Host(Protocol):
    """What an explainer must know of its page."""

    def whos(self) -> list[Who]:
        """Who can be asked now; [] while nothing is built."""

    def tokens(self) -> tuple[str, ...]:
        """The probe's tokens."""

    def word(self) -> str:
        """What a token is called."""

    def step(self) -> int:
        """Where training stands."""

    def cursor(self) -> int:
        """The token cursor."""

    def set_cursor(self, column: int) -> None:
        """Move the token cursor."""

    def send(self, position: int) -> None:
        """Ask the worker."""

    def stand(self, view: QWidget | None) -> None:
        """Show the view in the page; None: away with it."""


class Explainer(QObject):
    """`ask` opens the view; answers come as they are found. `refused` and `said`: one line for the user."""

    refused = Signal(str)
    said = Signal(str)

    def __init__(self, host: Host, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._host = host
        self.view: ExplainView | None = None
        self.asking: Asking | None = None
        self._tokens: tuple[str, ...] = ()
        self._waiting = QTimer(self)
        self._waiting.setSingleShot(True)
        self._waiting.timeout.connect(self._open)

    @property
    def shown(self) -> bool:
        return self.view is not None and self.view.isVisible()

    @Slot(int)
    def ask(self, position: int) -> None:
        """Ask who explains the token at this place, and show the view."""
        if self._ask(position):
            self._open()

    @Slot()
    def ask_at_cursor(self) -> None:
        self.ask(self._host.cursor())

    @Slot(int)
    def ask_soon(self, position: int) -> None:
        """The same after a click that may still become a double click: asked at once, opened a moment later."""
        if self._ask(position):
            self._waiting.start(QGuiApplication.styleHints().mouseDoubleClickInterval())

    @Slot()
    def forget(self) -> None:
        """It was a double click, or the text is another one: nothing is asked any more."""
        self._waiting.stop()
        self.asking = None
        if self.shown:
            self.close()

    @Slot()
    def close(self) -> None:
        """Away with the view."""
        self._waiting.stop()
        self.asking = None
        if self.view is not None:
            self._host.stand(None)

    def stop(self) -> None:
        """The window closes."""
        self._waiting.stop()

    def take(self, number: int, explained: Explained) -> None:
        """An answer came."""
        if self.asking is not None and self.asking.take(number, explained):
            self._refresh()

    def refuse(self, text: str) -> bool:
        """A refusal came; True where it is said here."""
        if self.asking is None or not self.asking.refuse(text):
            return False
        self._refresh()
        return True

    @Slot()
    def follow_cursor(self) -> None:
        if self.view is not None and self.shown:
            self.view.set_cursor(self._host.cursor())

    @Slot()
    def follow_step(self) -> None:
        """Training went on: say that what is shown is older."""
        if self.view is not None and self.shown:
            self.view.show_age(self._host.step())

    @Slot()
    def follow_pause(self) -> None:
        """Training stands still at another step: what is shown should be of now."""
        if self.shown and self.asking is not None and self._host.step() != self.asking.step:
            self._ask(self.asking.position)

    def _ask(self, position: int) -> bool:
        whos, tokens = self._host.whos(), self._host.tokens()
        if not whos or not 0 <= position < len(tokens):
            self.refused.emit("there is nobody to ask yet")
            return False
        self._tokens = tokens
        self.asking = Asking(position, whos if position else [], self._host.step())
        if position:
            self._host.send(position)
        self._host.set_cursor(position)
        self._refresh()
        return True

    def _refresh(self) -> None:
        if self.view is not None and self.asking is not None:
            self.view.show_asking(self.asking, self._tokens, self._host.word(), self._host.cursor())
            self.view.show_age(self._host.step())

    @Slot()
    def _open(self) -> None:
        if self.asking is None:
            return
        if self.view is None:
            view = self.view = ExplainView()
            view.left.connect(self.close)
            view.asked.connect(self.ask)
            view.column_hovered.connect(self._host.set_cursor)
            view.menu_asked.connect(self._show_menu)
        self._host.stand(self.view)
        self._refresh()
        self.view.strip.setFocus()

    # taking it along

    @Slot(object)
    def _show_menu(self, button: QWidget) -> QMenu:
        """Copying and saving."""
        menu = QMenu(button)
        menu.addAction("Copy numbers").triggered.connect(lambda: self.copy_numbers())
        menu.addAction("Copy picture").triggered.connect(lambda: self.copy_picture())
        for kind in ("csv", "png"):
            menu.addAction(f"Save as {kind.upper()} ...").triggered.connect(partial(self._ask_where, kind))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(button.mapToGlobal(QPoint(0, button.height())))
        return menu

    def copy_numbers(self) -> None:
        """All weights as CSV on the clipboard."""
        if self.asking is None:
            return
        try:
            QGuiApplication.clipboard().setText(csv_of(self.asking, self._tokens))
        except ValueError as error:
            self.refused.emit(str(error))
            return
        self.said.emit("the weights are on the clipboard, as CSV")

    def copy_picture(self) -> None:
        if self.view is not None:
            copy_picture(self.view)
            self.said.emit("the picture is on the clipboard")

    def _ask_where(self, kind: str, _checked: bool = False) -> None:
        if self.view is not None:
            pick_file(
                self.view.window(), "Save the explanation", "save", self.save, _FILTERS[kind], f"explained.{kind}"
            )

    def save(self, path: Path) -> None:
        """Write weights (.csv) or picture (.png); what goes wrong is said."""
        if self.asking is None or self.view is None:
            return
        try:
            if path.suffix.lower() == ".png":
                if not picture(self.view).save(str(path), "PNG"):
                    raise OSError("the picture could not be written")
            else:
                path = path if path.suffix else path.with_suffix(".csv")
                path.write_text(csv_of(self.asking, self._tokens), encoding="utf-8")
        except (OSError, ValueError) as error:
            self.refused.emit(f"{path.name} could not be saved: {getattr(error, 'strerror', None) or error}")
            return
        self.said.emit(f"saved as {path.name}")
