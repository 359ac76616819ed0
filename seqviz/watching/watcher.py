"""What the user holds: `watch` sets hooks beside a loop that is not ours, and takes them away again."""

from __future__ import annotations

import atexit
import math
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from seqviz.core.events import (
    Notice,
    ProbeChanged,
    Pulse,
    Ready,
    Rejected,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    StepMetrics,
)
from seqviz.watching import sites
from seqviz.watching.describing import describe, run_id, token_word
from seqviz.watching.holding import CONDITIONS, Conditions, Hold
from seqviz.watching.looking import Looker, Parameters
from seqviz.watching.outbox import Outbox
from seqviz.watching.pace import Pace
from seqviz.watching.recording import Recording
from seqviz.watching.stepping import OptimizerSteps, ParameterSteps, Stepping

if TYPE_CHECKING:
    from seqviz.core.commands import Command
    from seqviz.core.lab_events import ParametersMeasured

PULSE_EVERY = 0.5  # seconds
RECORD_EVERY = 0.5  # seconds between two looks that are kept on disk
LIGHT_SHARE = 0.005  # of the time, for norms of gradients
FLUSH = 0.4  # seconds that the end of the script may wait for us


class Watcher:
    """Looks at one model while the user's own loop trains it. Made by `watch`; a context manager."""

    def __init__(self, model: nn.Module, optimizer: Any, text: Sequence[str] | str | None, box: Outbox) -> None:
        self._lock = threading.Lock()
        self._dead = False
        self._said = False
        self._step = 0  # the step under way, or the last one
        self._armed = False
        self._looked = False
        self._asked = False  # somebody has just begun to look at something else
        self._loss: float | Tensor = math.nan
        self._loss_first: bool | None = None  # whether `loss` is told before the optimiser steps
        self._waiting: tuple[Any, ...] | None = None  # numbers of a step whose loss has not been told
        self._ratios: dict[str, float] = {}
        self._measured: ParametersMeasured | None = None
        self._began, self._beaten, self._beaten_at = time.perf_counter(), 0, time.perf_counter()
        self._name, self._unit, self._identity = type(model).__name__, token_word(text), run_id()
        self._pid = os.getpid()
        self.pace, self._hold, self._conditions = Pace(), Hold(), Conditions()
        self._light = Pace(LIGHT_SHARE, oftest=0.0)  # the norms alone, at far more steps
        sites.guard[:] = [self._fail]
        self._looker = Looker(model, text)
        self._parameters = Parameters(self._looker)
        self._provides = (*self._looker.given, "parameters.*")
        self._stepping: Stepping = self._step_hooks(optimizer)
        self.box = box
        self._takebox()
        threading.Thread(target=self.load, name="seqviz-loading", daemon=True).start()
        self._arm()
        atexit.register(self._end)

    # the user's side

    def loss(self, value: float | Tensor) -> None:
        """Tell the loss of this step, before or after the optimiser acts; a tensor is only read, later.

        Never raises for a value that makes no sense: it is not shown then.
        """
        if self._dead:
            return
        began = time.perf_counter()
        try:
            if isinstance(value, Tensor):
                one = value.detach()
                self._loss = float(one) if one.device.type == "cpu" else one.clone()
            else:
                self._loss = float(value)
            if self._loss_first is None:
                self._loss_first = not self._stepping.begun
            if self._waiting is not None:
                self._send_step()
        except Exception as error:
            self._fail(error)
        self.pace.spent(time.perf_counter() - began)

    def detach(self) -> None:
        """Stop looking: no hook is left, the script goes on as if it had never been watched. May be called twice."""
        self.stop("detached from the script")
        self.box.close(FLUSH)

    @property
    def looking_share(self) -> float:
        """Share of the script's time that looking took lately, 0..1."""
        return self.pace.looking_share()

    def __enter__(self) -> Watcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop("the script has left the block" if error is None else f"the script raised {_words(error)}")
        self.box.close(FLUSH)

    # around an update

    def _before(self) -> None:
        if self._dead:
            return
        began = time.perf_counter()
        try:
            self._send_waiting()
            self._step += 1
            if self._loss_first is None and self._step > 1:
                self._loss_first = False
            self._look_before()
            self.pace.spent(time.perf_counter() - began)
            self._stand_still()
        except Exception as error:
            self._fail(error)

    def _look_before(self) -> None:
        looked, self._looked = self._looked, self._armed
        norms: dict[str, float] = {}
        if self._armed or self._conditions.armed or self._light.due():
            began = time.perf_counter()
            norms = self._looker.norms()
            self._light.spent(cost := time.perf_counter() - began)
            self._light.looked(cost)
        self._norms = norms
        if self._armed:
            self._look_cost = time.perf_counter()
            frame = self._looker.frame(self._step, self._identity)
            if frame is not None:
                if frame.arrays:
                    self._tell_what_there_is(tuple(frame.arrays))
                self.box.post(frame)
            if self._stepping.knows_updates and self._looker.wanted("parameters.*"):
                self._parameters.before(self._step)
        if self._conditions.armed:
            known = self._loss if self._loss_first and isinstance(self._loss, float) else math.nan
            if not self._loss_first:
                known = self._last_loss
            halt = self._conditions.ask(self._step, known, norms, self._ratios if looked else {})
            if halt is not None:
                self._hold.pause()
                self.box.post(halt)

    _norms: dict[str, float] = {}
    _look_cost = 0.0
    _last_loss = math.nan

    def _after(self) -> None:
        if self._dead:
            return
        began = time.perf_counter()
        try:
            self._look_after()
            self._hold.passed()
            norms = self._norms
            layers = self._looker.layer_norms(norms) if norms else None
            total = math.sqrt(sum(norm * norm for norm in norms.values())) if norms else math.nan
            self._waiting = (self._step, began - self._began - self.pace.idle, total, self._stepping.rate(), layers)
            if self._loss_first:
                self._send_step()
            self._beat(began)
            if self._hold.stepping or self._asked or self.pace.due():
                self._asked = False
                self._arm()
        except Exception as error:
            self._fail(error)
        self.pace.spent(time.perf_counter() - began)

    def _look_after(self) -> None:
        if not self._armed:
            return
        self._armed = False
        measured = self._parameters.after(self._step)
        if measured is not None:
            self.box.post(measured)
            ratios = measured.figures["update_ratio"]
            matrices = [parameter.ndim > 1 for _, parameter in self._looker.weights]
            pairs = zip(measured.names, ratios.tolist(), matrices, strict=True)
            self._ratios = {name: ratio for name, ratio, matrix in pairs if matrix and math.isfinite(ratio)}
        self.pace.looked(time.perf_counter() - self._look_cost)

    def _arm(self) -> None:
        self._armed = True
        self._stepping.tidy()
        self._looker.arm()

    def _stand_still(self) -> None:
        if not self._hold.wanted:
            return
        began = time.perf_counter()
        self.box.post(RunPaused(self._step - 1))
        went_on = self._hold.wait(lambda: self.box.alive and not self._dead)
        self.pace.held(time.perf_counter() - began)
        if not went_on:
            self._hold.release()
            self._say("the window has fallen silent, so the script goes on")
        if not self._hold.stepping:
            self.box.post(RunResumed(self._step - 1))

    # numbers

    def _send_waiting(self) -> None:
        if self._waiting is not None and not self._loss_first:
            self._send_step()

    def _send_step(self) -> None:
        """The numbers of a step, now that its loss is told (or never will be)."""
        assert self._waiting is not None
        step, seconds, total, rate, layers = self._waiting
        self._waiting = None
        loss, self._loss = self._loss, math.nan
        self._last_loss = loss if isinstance(loss, float) else math.nan
        tokens = step * self._looker.tokens
        # a loss on an accelerator is read by the thread that sends it: the loop does not wait for it
        self.box.step(StepMetrics(step, tokens, seconds, loss, total, math.nan, rate, layers))  # type: ignore[arg-type]

    def _beat(self, now: float) -> None:
        if now - self._beaten_at < PULSE_EVERY:
            return
        speed = (self._step - self._beaten) / (now - self._beaten_at)
        self._beaten, self._beaten_at = self._step, now
        self.pace.spent(self.box.take_busy())
        self.box.post(Pulse(speed, speed * self._looker.tokens, self.pace.looking_share(), "", self.pace.share))
        if self.box.failed or self.box.stuck:
            self._dead = True
            self._looker.disarm()

    def _tell_what_there_is(self, names: tuple[str, ...]) -> None:
        """After the first look it is known what this model gives."""
        provides = tuple(dict.fromkeys((*names, "parameters.*")))
        if self._step <= 1 and set(provides) != set(self._provides):
            self._provides = provides
            self.box.post(self._started())
            self.box.post(RunResumed(0))

    def _started(self) -> Any:
        provides = self._provides if self._stepping.knows_updates else self._provides[:-1]
        return describe(self._looker.model, self._name, self._identity, provides, self._unit)

    # both ends

    def _step_hooks(self, optimizer: Any) -> Stepping:
        if optimizer is not None and hasattr(optimizer, "register_step_pre_hook"):
            return OptimizerSteps(optimizer, self._before, self._after)
        return ParameterSteps([p for _, p in self._looker.weights], self._before, self._after)

    def _takebox(self) -> None:
        """What goes out goes there from now on; what is asked there is heard here."""
        self.box.hear, self.box.lost, self.box.told = self._hear, self._lose, self._tell_folder
        if isinstance(self.box, Recording):
            self.pace.oftest = RECORD_EVERY
        for event in (
            Ready((), (), (), {"torch": torch.__version__}, CONDITIONS if self._stepping.knows_updates else ()),
            self._started(),
            ProbeChanged(""),
            *self._notices(),
            RunResumed(0),
        ):
            self.box.post(event)
        self.box.start()

    def _notices(self) -> list[Notice]:
        if self._looker.compiled:
            return [Notice("info", "The model is compiled: its parameters are seen, what happens inside it is not.")]
        return []

    def load(self) -> None:
        """Import what measures parameters; in a thread of ours, as it takes a while."""
        try:
            self._parameters.load()
        except Exception as error:
            self._parameters.broken = str(error)

    def _hear(self, command: Command) -> None:
        """A command of the window, in a thread of ours, which alone waits for these imports."""
        from seqviz.core.commands import Beat, Pause, Play, Quit, Step, Watch
        from seqviz.core.lab_commands import SetBreakpoints

        self._hold.beat()
        match command:
            case Pause():
                if not self._hold.stepping:
                    self._hold.step(1)  # one more step, which is looked at: what stands on screen is then fresh
            case Play():
                self._hold.play()
            case Step(count):
                self._hold.step(count)
            case SetBreakpoints(settings):
                self._conditions.arm(settings)
            case Watch(wants):
                self._looker.want(wants)
                self._asked = True
            case Quit():
                self.stop("")
            case Beat():
                pass
            case _:
                self.box.post(Rejected("the run belongs to your script: nothing can be changed in it from here"))

    def _lose(self, greeted: bool) -> None:
        """The window has gone, in a thread of ours: the loop goes on, and is recorded if there never was a window."""
        with self._lock:
            if self._dead:
                return
            if greeted:
                self._dead = True
                self._hold.release()
                return
            self.box = Recording()
            self._takebox()

    def _tell_folder(self, folder: Path) -> None:
        self._say(f"no window can be shown here; what happens is recorded in {folder}")

    def _fail(self, error: Exception) -> None:
        """Something of ours went wrong: say it once, and leave the script alone."""
        if not self._dead:
            self._dead = True
            self._hold.release()
            self._looker.disarm()
            self._say(f"stopped watching, the script goes on ({_words(error)})")
            self.box.post(RunFailed(self._step, f"seqviz stopped watching: {_words(error)}", ""))

    def stop(self, reason: str) -> None:
        """No hooks any more; `reason` for the window."""
        with self._lock:
            was_dead, self._dead = self._dead, True
        self._hold.release()
        self._looker.disarm()
        self._stepping.remove()
        atexit.unregister(self._end)
        if not was_dead and os.getpid() == self._pid:
            if self._waiting is not None:
                self._send_step()
            last = "" if math.isnan(self._last_loss) else f", loss {self._last_loss:.4g}"
            self.box.post(RunFinished(self._step, f"{reason} after step {self._step}{last}", {}))

    def _end(self) -> None:
        """The interpreter ends."""
        error = getattr(sys, "last_value", None)
        self.stop("the script has ended" if error is None else f"the script has ended with {_words(error)}")
        self.box.close(FLUSH)

    def forked(self) -> None:
        """In a child of the script: nothing here is the child's business."""
        self._dead = True
        self.box.forget()

    def _say(self, text: str) -> None:
        """One line for the user's terminal, the first time."""
        if not self._said and sys.stderr is not None:
            self._said = True
            try:
                print(f"seqviz: {text}", file=sys.stderr, flush=True)
            except (OSError, ValueError):
                self._said = True  # nobody reads it


def _words(error: BaseException) -> str:
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
