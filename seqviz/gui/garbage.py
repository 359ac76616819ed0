"""Cyclic garbage is collected in the window's thread only: elsewhere it would destroy QObjects off-thread."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

EVERY_MS = 1000


class GarbageCollector(QObject):
    """Switches automatic collection off and collects from a timer, one generation at a time as Python would."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_enabled = gc.isenabled()
        gc.disable()
        self._settled = False
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.collect_due)
        self._timer.start(EVERY_MS)

    @Slot()
    def collect_due(self) -> None:
        """Collect those generations whose threshold is passed."""
        if not self._settled:
            return  # torch is still being imported in the other thread: collecting now would stall the window
        for generation, (count, limit) in enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True)):
            if limit == 0 or count <= limit:
                break
            gc.collect(generation)

    def settle(self) -> None:
        """Leave what is alive now (torch, mostly) out of all collections: going through it takes 0.1 s and more."""
        gc.freeze()
        self._settled = True

    def stop(self) -> None:
        """Give collection back to Python."""
        self._timer.stop()
        if self._was_enabled:
            gc.enable()
