"""The status bar: how the machine fares, what is awaited, and the keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Slot
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QToolTip, QWidget

from seqviz.core.events import Progress, RunDiverged, RunFinished
from seqviz.gui import theme
from seqviz.gui.looking_words import LOOKING, cost_words, looking_words
from seqviz.gui.session import RunSession
from seqviz.gui.surfaces import Surface
from seqviz.gui.view_age import awaiting_words

HEIGHT, EVERY_MS = 26, 500
KEYS = "Space play   . step   R reset   F11 present   Ctrl+Shift+P commands   ? keys"
_WORDS = {
    "starting": "starting", "ready": "ready", "preparing": "building", "paused": "paused", "running": "training",
    "finished": "finished", "diverged": "diverged", "failed": "failed",
}  # fmt: skip


class StatusBar(Surface):
    """Text changes at most twice a second, whatever comes in."""

    def __init__(self, session: RunSession, parent: QWidget | None = None) -> None:
        super().__init__("rail", "top", parent)
        self._session = session
        self._progress: dict[str, float] = {}
        self._ending = ""
        self._shown: tuple[tuple[str, str], ...] = ()
        self._looking_at = QRectF()  # where it says what looking costs
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        session.state_changed.connect(self.refresh)
        session.run_started.connect(self._forget_ending)
        session.pulse.connect(self._soon)
        session.snapshot_changed.connect(self._soon)
        session.progress.connect(self._take_progress)
        session.ended.connect(self._take_end)
        session.halted.connect(self.refresh)
        self._measure()
        self.refresh()

    def stop(self) -> None:
        self._timer.stop()

    def text(self) -> str:
        """Everything the left side says, for tests and screen readers."""
        return "   ".join(" ".join(filter(None, part)) for part in self._shown)

    @Slot()
    def refresh(self) -> None:
        parts = tuple(self._parts())
        if parts != self._shown:
            self._shown = parts
            self.setAccessibleName(self.text())
            self.update()

    @Slot()
    def _soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start(EVERY_MS)

    @Slot(object)
    def _take_progress(self, event: Progress) -> None:
        self._progress.pop(event.what, None)
        if event.share < 1.0:
            self._progress[event.what] = event.share
        self.refresh()

    @Slot()
    def _forget_ending(self) -> None:
        self._ending = ""
        self.refresh()

    @Slot(object)
    def _take_end(self, event: object) -> None:
        match event:
            case RunDiverged(step, tensor, _):
                self._ending = f"at step {theme.thousands(step)}: not a number in {tensor}; nothing of it was applied"
            case RunFinished(step, reason, _):
                done = f"at step {theme.thousands(step)}"
                self._ending = reason if str(step) in reason else f"{done}: {reason}"
            case _:
                self._ending = ""
        self.refresh()

    def _parts(self) -> list[tuple[str, str]]:
        """(words in ink2, number in ink3) from left to right; the state comes first."""
        state, run, pulse = self._session.state, self._session.run, self._session.last_pulse
        parts: list[tuple[str, str]] = [(self._word(), "")]
        if self._ending:
            parts.append((self._ending, ""))
        for what, share in self._progress.items():
            parts.append((f"{what} ...", f"{100 * share:.0f} %" if share >= 0 else ""))
        awaited = awaiting_words(self._session)
        if awaited:
            parts.append(awaited)
        if run is not None:
            parts.append((run.device, f"{run.threads} thread{'s' if run.threads != 1 else ''}"))
        if pulse is not None and state == "running":
            parts.append(("", f"{theme.short(pulse.steps_per_second)} steps/s"))
            parts.append(("", f"{theme.short(pulse.tokens_per_second / 1000)}k tokens/s"))
            parts.append((LOOKING, cost_words(pulse.looking_share, pulse.looking_budget)))
        if run is not None and self._session.mailbox.dropped:
            parts.append(("dropped frames", theme.thousands(self._session.mailbox.dropped)))
        return parts

    @property
    def shown_state(self) -> str:
        """What the sign at the left stands for."""
        return self._session.state

    def _word(self) -> str:
        state = self._session.state
        if state == "paused" and self._session.history.halted is not None:
            return "halted"
        return "ready" if state == "paused" and not self._session.history.last_step else _WORDS[state]

    def _measure(self) -> None:
        self.setFixedHeight(theme.px(HEIGHT))

    def looking_tip(self) -> str:
        """What looking costs and may cost, and the dearest views, over its place in the bar."""
        pulse = self._session.last_pulse
        return "" if pulse is None else looking_words(pulse.looking_share, pulse.looking_budget, pulse.dearest)

    # Qt overrides

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            inside = self._looking_at.contains(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), self.looking_tip() if inside else "", self, self._looking_at.toRect())
            return True
        return super().event(event)

    def on_theme_changed(self) -> None:
        super().on_theme_changed()
        self._measure()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x = self._paint_state(painter)
        measure = theme.metrics(11)
        painter.setFont(theme.font(11))
        baseline = self.height() / 2 + measure.capHeight() / 2
        self._looking_at = QRectF()
        for words, number in self._shown[1:]:
            left = x
            for text, colour in ((words, theme.theme().ink2), (number, theme.theme().ink3)):
                if text:
                    painter.setPen(colour)
                    painter.drawText(QPointF(x, baseline), text)
                    x += measure.horizontalAdvance(text) + theme.px(5)
            if words == LOOKING:
                self._looking_at = QRectF(left, 0, x - left, self.height())
            x += theme.px(16)
        room = self.width() - x - theme.px(16)
        keys = KEYS if measure.horizontalAdvance(KEYS) <= room else "? keys"
        painter.setPen(theme.theme().ink3)
        area = QRectF(x, 0, max(room, 0), self.height())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), keys)
        painter.end()

    def _paint_state(self, painter: QPainter) -> float:
        state, colours = self.shown_state, theme.theme()
        tone = colours.warn if state in ("diverged", "failed") else colours.ink
        left, middle, size = theme.px(16), self.height() / 2, theme.px(4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tone)
        if state == "running":
            corners = [QPointF(left, middle - size), QPointF(left + 2 * size, middle), QPointF(left, middle + size)]
            painter.drawPolygon(QPolygonF(corners))
        else:
            painter.drawRect(QRectF(left, middle - size, 2 * size, 2 * size))
        measure = theme.metrics(11, bold=True)
        painter.setFont(theme.font(11, bold=True))
        painter.setPen(tone)
        x = left + 2 * size + theme.px(6)
        painter.drawText(QPointF(x, middle + measure.capHeight() / 2), self._word())
        return x + measure.horizontalAdvance(self._word()) + theme.px(24)
