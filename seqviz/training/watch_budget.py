"""Looking has a price: this decides what to look at and when, so that all of it stays below its share of the time.

Light frames (states, gates, attention) come at most ten a second and may take LIGHT_SHARE. Everything dear (dear views,
measured parameters, breakpoints that look, the diagnosis) takes its turns out of one purse of `share`: whoever spends
closes it for so long as the purse needs to fill again. What cannot wait (an onlooker of every step) pays out of the
same purse. Paused, everything wanted is computed at once.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

INTERVAL = 0.1  # seconds between two frames of a kind: oftener nobody sees it, however little it costs
LIGHT_SHARE = 0.10  # a slow machine gets fewer light frames rather than a slow run
WANTED_FOR = 5.0  # seconds for which whoever asked counts as a claimant
PATIENCE = 10.0  # seconds after which the purse opens again, whatever others took that could not wait
FADING = 5.0  # seconds over which what is told of costs forgets
DEAREST = 3  # names that are told


@dataclass(frozen=True)
class LookingCosts:
    """`share` of the time that looking takes, `allowed` at most; `dearest`: (name, milliseconds of its last piece)."""

    share: float
    allowed: float
    dearest: tuple[tuple[str, float], ...] = ()


class WatchBudget:
    """`clock` is handed in for tests, times in seconds. `sharers`: runs that are looked at in turn share the time."""

    def __init__(self, share: float = 0.05, clock: Callable[[], float] = time.perf_counter, sharers: int = 1) -> None:
        self.share = share
        self._sharers = sharers
        self._clock = clock
        self._next_due: dict[str, float] = {}
        self._open_at = -math.inf  # the purse, after all that was paid
        self._open_for_all = -math.inf  # the purse, after what waited for its turn alone
        self._claims: dict[str, float] = {}  # dear name -> when it asked last
        self._spent: defaultdict[str, float] = defaultdict(float)  # seconds by name, fading
        self._last: dict[str, float] = {}  # seconds of the last piece
        self._elapsed = 0.0  # fading likewise
        self._since = clock()

    @property
    def allowed(self) -> float:
        """Share of the time that all looking at this run may take."""
        return (LIGHT_SHARE + self.share) / self._sharers

    def due(self, name: str, light: bool = False) -> bool:
        """Whether `name` may be computed now; who asks is a claimant of the budget for a while."""
        now = self._clock()
        if not light:
            self._claims[name] = now
        if now < self._next_due.get(name, -math.inf):
            return False
        return light or now >= min(self._open_at, self._open_for_all + PATIENCE)

    def spent(self, name: str, seconds: float, light: bool = False, hurry: float = 1.0, shown: bool = True) -> None:
        """Tell what a computation cost; the dear ones share their budget evenly, `hurry` times enlarged.

        `shown`: a frame came of it; a piece of a longer work may be followed by the next one sooner.
        """
        now = self._clock()
        self._note(name, seconds)
        wait = self._wait(seconds, (LIGHT_SHARE if light else hurry * self.share) / self._sharers)
        if not light:
            self._open_at = _later(self._open_at, now - seconds, wait)
            self._open_for_all = _later(self._open_for_all, now - seconds, wait)
            wait *= self._claimants(name, now)
        wait = max(wait, INTERVAL * self._sharers) if shown else wait
        self._next_due[name] = now - seconds + wait

    def charged(self, name: str, seconds: float) -> None:
        """Tell of what could not wait for its turn: others wait for it, though not for ever."""
        now = self._clock()
        self._note(name, seconds)
        wait = self._wait(seconds, self.share / self._sharers)
        self._open_at = _later(self._open_at, now - seconds, wait)

    def _note(self, name: str, seconds: float) -> None:
        self._spent[name] += seconds
        self._last[name] = seconds

    @staticmethod
    def _wait(seconds: float, share: float) -> float:
        return seconds / share if share > 0 else math.inf

    def _claimants(self, name: str, now: float) -> int:
        """How many want a share of the dear budget, this one among them."""
        self._claims = {who: asked for who, asked in self._claims.items() if now - asked <= WANTED_FOR}
        return len(self._claims.keys() | {name})

    def renew_all(self) -> None:
        """Everything is due now: the probe or what is watched has changed."""
        self._next_due.clear()
        self._claims.clear()
        self._open_at = self._open_for_all = -math.inf

    # what it came to -------------------------------------------------------------------------------------------

    def costs(self) -> LookingCosts:
        """What looking takes of the time, over the last few seconds."""
        now = self._clock()
        told = self._elapsed + now - self._since
        share = sum(self._spent.values()) / max(told, 1e-9)
        dearest = sorted(self._spent, key=lambda name: -self._spent[name])[:DEAREST]
        costs = LookingCosts(min(share, 1.0), self.allowed, tuple((name, 1e3 * self._last[name]) for name in dearest))
        kept = math.exp(-(now - self._since) / FADING)
        self._elapsed, self._since = told * kept, now
        self._spent = defaultdict(float, {n: s * kept for n, s in self._spent.items() if s * kept > 1e-6})
        return costs

    def looking_share(self) -> float:
        """Share of the time that goes into looking."""
        return self.costs().share


def _later(shut_until: float, began: float, wait: float) -> float:
    """The purse stays shut for this wait longer; for more than patience only after a single piece that large."""
    return min(max(shut_until, began) + wait, began + max(wait, PATIENCE))
