"""Looking has a price: this decides what to trace and when, so that it stays below its share of the time.

Light frames (states, gates, total gradients, attention) come at most ten a second; everything dear comes as often
as its measured cost allows within the budget. Paused, everything wanted is computed at once.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

INTERVAL = 0.1  # seconds between two frames of a kind: oftener nobody sees it, however little it costs
LIGHT_SHARE = 0.10  # a slow machine gets fewer light frames rather than a slow run


class WatchBudget:
    """`clock` is handed in for tests, times in seconds. `sharers`: runs that are looked at in turn share the time."""

    def __init__(self, share: float = 0.05, clock: Callable[[], float] = time.perf_counter, sharers: int = 1) -> None:
        self.share = share
        self._sharers = sharers
        self._clock = clock
        self._next_due: dict[str, float] = {}
        self._spent = 0.0
        self._since = clock()

    def due(self, name: str) -> bool:
        """Whether `name` may be computed now."""
        return self._clock() >= self._next_due.get(name, -math.inf)

    def spent(
        self, name: str, seconds: float, light: bool = False, claimants: int = 1, hurry: float = 1.0, shown: bool = True
    ) -> None:
        """Tell what a computation cost; `claimants` share the budget of the dear ones, `hurry` times enlarged.

        `shown`: a frame came of it; a piece of a longer work may be followed by the next one sooner.
        """
        now = self._clock()
        share = (LIGHT_SHARE if light else hurry * self.share / max(claimants, 1)) / self._sharers
        wait = seconds / share if share > 0 else math.inf
        wait = max(wait, INTERVAL * self._sharers) if shown else wait
        self._next_due[name] = now - seconds + wait
        self._spent += seconds

    def renew_all(self) -> None:
        """Everything is due now: the probe or what is watched has changed."""
        self._next_due.clear()

    def looking_share(self) -> float:
        """Share of the time since the last call that went into looking."""
        now = self._clock()
        elapsed = max(now - self._since, 1e-9)
        share, self._spent, self._since = self._spent / elapsed, 0.0, now
        return min(share, 1.0)
