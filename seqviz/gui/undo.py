"""What the user changed, so that it can be taken back. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from seqviz.core.config import RunConfig

DEEPEST = 200


@dataclass(frozen=True)
class KnobEdit:
    """One change. `before` None: a live knob, sent to the running trainer; else the experiment before the run was
    built anew (`key` is then the first of what was changed).
    """

    key: str
    old: Any
    new: Any
    before: RunConfig | None = None

    @property
    def live(self) -> bool:
        return self.before is None


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
