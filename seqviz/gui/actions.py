"""Every command of the window as a QAction: the menu, the keys and the palette are made from this one list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence


@dataclass(frozen=True)
class Command:
    """One line of the palette. `keys` as Qt writes them, "" for none; `group` heads it in the menu."""

    name: str
    text: str
    act: Callable[[], object]
    keys: str = ""
    group: str = ""


class Actions:
    """Named actions of one window; `extra` gives commands that depend on what is open (panels, presets)."""

    def __init__(self, owner: QObject) -> None:
        self._owner = owner
        self._actions: dict[str, QAction] = {}
        self._groups: dict[str, list[QAction]] = {}
        self._extra: list[Callable[[], Iterator[Command]]] = []

    def add(self, command: Command) -> QAction:
        """Offer a command; its keys work wherever the focus is in the window."""
        assert command.name not in self._actions, f"two commands called {command.name}"
        action = self._make(command)
        if command.keys:
            action.setShortcuts([QKeySequence(keys) for keys in command.keys.split(" or ")])
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        self._actions[command.name] = action
        self._groups.setdefault(command.group, []).append(action)
        return action

    def add_source(self, source: Callable[[], Iterator[Command]]) -> None:
        """Commands made anew each time the palette opens."""
        self._extra.append(source)

    def _make(self, command: Command) -> QAction:
        action = QAction(command.text, self._owner)
        action.triggered.connect(lambda _checked=False, act=command.act: act())
        return action

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def all(self) -> list[QAction]:
        return list(self._actions.values())

    def group(self, name: str) -> list[QAction]:
        return list(self._groups.get(name, []))

    def groups(self) -> list[str]:
        return list(self._groups)

    def commands_now(self) -> list[tuple[str, str, Callable[[], object]]]:
        """(text, keys, act) of everything that can be done at this moment."""
        fixed = [
            (action.text(), action.shortcut().toString(), action.trigger)
            for action in self._actions.values()
            if action.isEnabled()
        ]
        made = [(c.text, c.keys, c.act) for source in self._extra for c in source()]
        return [*fixed, *made]
