"""What the user changed, so that it can be taken back. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

DEEPEST = 200


@dataclass(frozen=True)
class KnobEdit:
    """One change of one knob; `live`: it was sent to the running trainer, else the run was built anew."""

    key: str
    old: Any
    new: Any
    live: bool


@dataclass
class UndoStack:
    """Edits of this experiment, newest last."""

    _edits: list[KnobEdit] = field(default_factory=list)

    def push(self, edit: KnobEdit) -> None:
        if edit.old != edit.new:
            self._edits = [*self._edits[-(DEEPEST - 1) :], edit]

    def pop(self) -> KnobEdit | None:
        """The newest edit, taken off; None when there is none."""
        return self._edits.pop() if self._edits else None

    def clear(self) -> None:
        self._edits = []

    def __len__(self) -> int:
        return len(self._edits)
