"""Diagnosis: what is wrong with this run, in plain words, with what was measured and what to try on a twin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from seqviz.core.lab_events import Diagnosed
from seqviz.gui import theme
from seqviz.gui.fold import Fold
from seqviz.gui.lab.finding_card import FindingCard
from seqviz.gui.lab.rooms import ROOMS
from seqviz.gui.lab.twin_session import TwinSession
from seqviz.gui.labels import TextLabel
from seqviz.gui.panels.base import Cursor, Explanation, FreePanel, Quantity, Snapshot, panels
from seqviz.gui.reading import fitting
from seqviz.gui.row_stack import scrolled
from seqviz.gui.session import RunSession

EMPTY = "Ten faults are looked for, each in figures measured in this run. The first verdict comes in a moment."
_FORMULA = r"c = 0.5 + 0.47 \, \frac{\log (x / x_0)}{\log (x_1 / x_0)}"


@panels.register("diagnosis")
class DiagnosisPanel(FreePanel):
    """What is wrong with this run, how sure that is, what it rests on, and what to try."""

    name = "diagnosis"
    title = "Diagnosis"
    question = "Is anything wrong with this run?"
    wants = ("diagnosis.findings",)
    needs = ("diagnosis.findings",)
    without_gradients = ": there is none that could be ill"
    rooms = {room.name: 10 for room in ROOMS if room.name != "weights"}
    shown_by_default = False
    weight = 60
    order = 90
    minimum_height = 200

    def __init__(self) -> None:
        super().__init__()
        self.told: Diagnosed | None = None
        self.cards: list[FindingCard] = []
        self.folds: list[Fold] = []
        self._session: RunSession | None = None
        self._body = QWidget()
        self._box = QVBoxLayout(self._body)
        self._box.setContentsMargins(0, 0, theme.px(6), theme.px(6))
        self._box.setSpacing(theme.px(8))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scrolled(self._body))
        self.setMinimumHeight(theme.px(self.minimum_height))
        self.setAccessibleName(self.title)
        self._fill()

    # the panel contract

    def join(self, session: RunSession) -> None:
        self._session = session

    def present(self, snapshot: Snapshot) -> None:
        if snapshot.history.diagnosed is self.told:
            return
        self.told = snapshot.history.diagnosed
        self._fill()
        self.header_changed.emit()

    def clear(self) -> None:
        self.told = None
        self._fill()
        self.header_changed.emit()

    def subtitle(self) -> str:
        return "rules over what was measured in this run" if self.told is None else f"at step {self._step()}"

    def reading(self) -> str:
        if self.told is None:
            return ""
        count, passed, silent = len(self.told.findings), len(self.told.passed), len(self.told.silent)
        faults = f"{passed} fault{'' if passed == 1 else 's'} not found"
        found = "**nothing wrong**" if not count else f"**{count} finding{'s' if count > 1 else ''}**"
        full = f"{found}; {faults}" + (f", {silent} not judged" if silent else "")
        return fitting(self.width(), full, f"{found} among {count + passed} judged", found)

    def explain(self, cursor: Cursor) -> Explanation:
        sentence = (
            "Each rule compares what was measured in this run, x, with a threshold x₀ at which it is an even bet and "
            "x₁ where no doubt is left. Several figures that agree make it surer. A rule without figures is silent."
        )
        findings = () if self.told is None else self.told.findings
        rows = tuple(Quantity(found.title, f"{found.confidence:.2f}") for found in findings)
        judged = 0 if self.told is None else len(findings) + len(self.told.passed)
        return Explanation(
            self.title, _FORMULA, sentence, rows, str(len(findings)) if self.told is not None else "",
            f"found, of {judged} faults that could be judged" if self.told is not None else "",
        )  # fmt: skip

    def export(self) -> Mapping[str, np.ndarray]:
        findings = () if self.told is None else self.told.findings
        return {
            "rule": np.array([found.rule for found in findings], dtype=np.str_),
            "confidence": np.array([found.confidence for found in findings], dtype=np.float64),
            "sentence": np.array([found.sentence for found in findings], dtype=np.str_),
            "step": np.array([] if self.told is None else [self.told.step] * len(findings), dtype=np.int64),
        }

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.header_changed.emit()

    # what stands in it

    def _step(self) -> str:
        return "0" if self.told is None else theme.thousands(self.told.step)

    def _fill(self) -> None:
        """Cards for what was found, then what was looked for and what could not be judged, folded away."""
        opened = {fold.head.text().split(" (")[0] for fold in self.folds if fold.head.isChecked()}
        self.cards, self.folds = [], []
        while (item := self._box.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        if self.told is None:
            self._box.addWidget(TextLabel(EMPTY, 12, "ink2", wrap=True))
        else:
            self._tell(self.told)
        self._box.addStretch(1)
        for fold in self.folds:
            fold.head.setChecked(fold.head.text().split(" (")[0] in opened)

    def _tell(self, told: Diagnosed) -> None:
        for finding in told.findings:
            card = FindingCard(finding)
            card.view_wanted.connect(self._show_view)
            card.tried.connect(self._try)
            self.cards.append(card)
            self._box.addWidget(card)
        if not told.findings:
            self._box.addWidget(
                TextLabel(f"✓ Nothing wrong was found at step {self._step()}.", 13, bold=True, wrap=True)
            )
            looked = "; ".join(_lower(title) for title in told.passed)
            said = f"Looked for and not found: {looked}." if looked else ""
            self._box.addWidget(TextLabel(said, 12, "ink2", wrap=True))
        elif told.passed:
            self._fold("Looked for and not found", [(title, "") for title in told.passed])
        if told.silent:
            self._fold("Could not be judged", list(told.silent))

    def _fold(self, title: str, lines: list[tuple[str, str]]) -> None:
        fold = Fold(f"{title} ({len(lines)})")
        for words, reason in lines:
            text = f"{words}: {reason}" if reason else words
            label = TextLabel(text, 11, "ink2", wrap=True)
            label.setContentsMargins(theme.px(16), 0, 0, theme.px(4))
            fold.add(label)
        self.folds.append(fold)
        self._box.addWidget(fold)

    # what is asked

    @Slot(str)
    def _show_view(self, panel: str) -> None:
        self.view_asked.emit(panel)

    @Slot(object)
    def _try(self, changes: dict[str, Any]) -> None:
        """Put a twin with these remedies beside the run, and show it."""
        if self._session is not None:
            TwinSession.of(self._session).flip_together(changes)
            self.view_asked.emit("twin")


def _lower(title: str) -> str:
    """A title in the middle of a sentence."""
    return title[:1].lower() + title[1:]
