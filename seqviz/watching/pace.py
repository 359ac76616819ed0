"""How often one may look: what looking costs is measured, and kept below a share of the time."""

from __future__ import annotations

import time
from collections.abc import Callable

SHARE = 0.02  # of the time, for all that is measured
OFTEST = 0.2  # seconds between two looks at the shortest
CREDIT = 0.15  # seconds that may be spent before there is any time to have a share of: so short scripts are seen too
KEPT = 0.5  # of the share that looks may have whatever else is spent, so that the picture never stands still
FORGET = 30.0  # seconds; what was spent long ago does not count


class Pace:
    """`spent` is told of every second of ours in the user's loop; `due` says whether another look fits."""

    def __init__(
        self, share: float = SHARE, clock: Callable[[], float] = time.perf_counter, oftest: float = OFTEST
    ) -> None:
        self.share, self.clock = share, clock
        self.oftest = oftest
        self._began = self._looked = self.clock()
        self._own = 0.0  # seconds, fading
        self._cost = 0.0  # of one look, the larger of the last two
        self._last = 0.0
        self.idle = 0.0  # seconds in which the loop was held: no time of the script's own

    def spent(self, seconds: float) -> None:
        """So long was just spent in the user's loop."""
        self._own += seconds

    def looked(self, seconds: float) -> None:
        """One look is over and took so long, which `spent` was told already."""
        self._cost = max(seconds, self._last)
        self._last, self._looked = seconds, self.clock()

    def due(self) -> bool:
        """Whether one more look, as dear as the last, keeps all that is spent below the share.

        Where what cannot be left out at any step takes the whole share, looks still have a part of their own.
        """
        now = self.clock()
        if now - self._looked < self.oftest:
            return False
        self._fade(now)
        if self._cost <= KEPT * self.share * (now - self._looked):
            return True
        return self._own + self._cost <= CREDIT + self.share * max(now - self._began - self.idle, 0.0)

    def looking_share(self) -> float:
        """Of the time, 0..1."""
        past = self.clock() - self._began - self.idle
        return self._own / past if past > 0 else 0.0

    def held(self, seconds: float) -> None:
        """The loop stood still for so long, as somebody wished."""
        self.idle += seconds
        self._looked += seconds

    def _fade(self, now: float) -> None:
        """Time and spending of long ago are forgotten alike, so that a dear beginning is paid back once."""
        past = now - self._began - self.idle
        if past > FORGET:
            self._own = max(self._own - CREDIT, 0.0) * FORGET / past + CREDIT
            self._began, self.idle = now - FORGET, 0.0
