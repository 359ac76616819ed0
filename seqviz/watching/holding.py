"""Where the user's loop stands still: paused from the window, or by a condition, always before an update."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from seqviz.core.breakpoints import BreakpointDescription

if TYPE_CHECKING:  # a script need not wait for these
    from seqviz.core.lab_commands import BreakpointSetting
    from seqviz.core.lab_events import RunHalted

SILENCE = 20.0  # seconds without a sign of life of the window before a held loop goes on
WINDOW, FEWEST = 32, 8  # losses that a leap is compared with

CONDITIONS = (
    BreakpointDescription(
        "nan", "NaN or Inf", "loss or gradient", "", 0.0, False,
        "The script stands still before the update that would spread it.", order=10, has_limit=False,
    ),
    BreakpointDescription(
        "grad_norm", "gradient norm", "‖∇L‖", "", 5.0, False,
        "The length of the gradient of all parameters together, after any clipping of the script.", order=20,
    ),
    BreakpointDescription(
        "loss_spike", "loss spike", "L − median of 32", "× their spread", 6.0, False,
        "How far the loss told to the watcher lies above the median of the last 32 steps, in units of their spread "
        "(1.48 × the median distance from it). Silent for the first 8 steps.", order=30,
    ),
    BreakpointDescription(
        "update_ratio", "update ratio", "largest ‖ΔW‖ / ‖W‖", "", 0.1, False,
        "Asked at steps whose update was measured; the script stands still before the next update.", order=40,
        every_step=False,
    ),
)  # fmt: skip
_PANELS = {
    "nan": "parameter_gradients",
    "grad_norm": "parameter_gradients",
    "loss_spike": "loss",
    "update_ratio": "update_ratio",
}


class Conditions:
    """What the script is stopped by."""

    def __init__(self) -> None:
        self.settings: tuple[BreakpointSetting, ...] = ()
        self._losses: deque[float] = deque(maxlen=WINDOW)

    @property
    def armed(self) -> bool:
        return bool(self.settings)

    def arm(self, settings: tuple[BreakpointSetting, ...]) -> None:
        """Those that are known here; the window shows no others."""
        known = {condition.name for condition in CONDITIONS}
        self.settings = tuple(setting for setting in settings if setting.name in known)

    def ask(self, step: int, loss: float, norms: Mapping[str, float], ratios: Mapping[str, float]) -> RunHalted | None:
        """The first condition that is met before the update of `step`; figures are nan or missing where not known."""
        found = next((halt for s in self.settings if (halt := self._ask(s, step, loss, norms, ratios))), None)
        if math.isfinite(loss):
            self._losses.append(loss)
        return found

    def _ask(
        self,
        setting: BreakpointSetting,
        step: int,
        loss: float,
        norms: Mapping[str, float],
        ratios: Mapping[str, float],
    ) -> RunHalted | None:
        from seqviz.core.lab_events import RunHalted

        value, tensor, words = math.nan, "", ""
        match setting.name:
            case "nan":
                bad = [name for name, norm in norms.items() if not math.isfinite(norm)]
                if not bad and not math.isinf(loss):
                    return None
                tensor = bad[0] if bad else "loss"
                value, words = math.inf, f"the gradient of {tensor} is not finite" if bad else "the loss is infinite"
            case "grad_norm":
                value = math.sqrt(sum(norm * norm for norm in norms.values())) if norms else math.nan
                tensor = max(norms, key=lambda name: norms[name], default="")
                words = f"‖∇L‖ = {value:.3g}, most of it in {tensor}"
            case "loss_spike":
                value, middle = self._leap(loss)
                words = f"the loss is {loss:.3f}, the last ones lie at {middle:.3f}"
            case "update_ratio" if ratios:
                tensor = max(ratios, key=lambda name: ratios[name])
                value = ratios[tensor]
                words = f"the update before changed {tensor} by {value:.2g} of its length"
        if setting.name != "nan" and not value > setting.limit:
            return None
        text = f"before step {step}: {words}; Play applies the update"
        return RunHalted(step, setting.name, text, value, setting.limit, tensor, tensor, panel=_PANELS[setting.name])

    def _leap(self, loss: float) -> tuple[float, float]:
        """(spreads above the middle, the middle); nan where too little is known."""
        known = sorted(self._losses)
        if len(known) < FEWEST or not math.isfinite(loss):
            return math.nan, math.nan
        middle = known[len(known) // 2]
        spread = 1.4826 * sorted(abs(one - middle) for one in known)[len(known) // 2]
        return ((loss - middle) / spread if spread > 0 else math.nan), middle


class Hold:
    """Set from the thread that hears the window; asked in the user's loop."""

    def __init__(self) -> None:
        self._go = threading.Event()
        self._go.set()
        self._steps = 0  # that may still be made while it is paused
        self._heard = time.monotonic()
        self.released = False  # for good

    @property
    def wanted(self) -> bool:
        """Whether the loop is to stand still here."""
        return not self.released and not self._go.is_set() and self._steps == 0

    @property
    def stepping(self) -> bool:
        """Whether somebody looks at single steps, so that each of them is worth looking at."""
        return not self.released and not self._go.is_set()

    def pause(self) -> None:
        self._steps = 0
        self._go.clear()

    def play(self) -> None:
        self._steps = 0
        self._go.set()

    def step(self, count: int) -> None:
        self._go.clear()
        self._steps += max(count, 0)

    def passed(self) -> None:
        """A step was made."""
        self._steps = max(self._steps - 1, 0)

    def beat(self) -> None:
        """The window is alive."""
        self._heard = time.monotonic()

    def release(self) -> None:
        """Nobody is there to let the loop go on: it goes on."""
        self.released = True
        self._go.set()

    def wait(self, alive: Callable[[], bool]) -> bool:
        """Stand still until told to go on; False when the window fell silent."""
        self._heard = time.monotonic()
        while self.wanted:
            self._go.wait(0.02)
            if not alive():
                return True
            if time.monotonic() - self._heard > SILENCE:
                return False
        return True
