"""A user's own loop with `seqviz.watch` beside it against the same loop alone, the window open (offscreen here)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from seqviz.cli.bench import Figures, Measurement, measurements

if TYPE_CHECKING:
    from seqviz.watching.pace import Pace

STRETCH, PAIRS, WARM_UP = 1.5, 8, 6.0  # seconds of a turn, how often each side has its turn, seconds before


@measurements.register("watching")
class Watching(Measurement):
    gives = ("watching_cost", "watch_returns_ms", "watch_looks_per_second")
    limit = 180.0

    def measure(self) -> Figures:
        import torch

        torch.set_num_threads(1)
        found: Figures = {key: {} for key in self.gives}
        for model in ("lstm", "transformer"):
            for key, figure in zip(self.gives, cost(model), strict=True):
                found[key][model] = figure
        return found


def cost(
    model: str, stretch: float = STRETCH, pairs: int = PAIRS, warm_up: float = WARM_UP
) -> tuple[float, float, float]:
    """(share by which a watched step is longer, milliseconds until `watch` returned, looks a second).

    Raises
    ------
    RuntimeError
        nobody watched in the end: the figure would be that of nothing.
    """
    import seqviz
    from seqviz.cli.bench.harness.timing import share

    plain, _ = loop(model)
    step, watched = loop(model)
    net, optimizer = watched
    asked = time.perf_counter()
    watcher = seqviz.watch(net, optimizer)
    returned = 1e3 * (time.perf_counter() - asked)

    def watched_step() -> None:
        watcher.loss(step())

    _seconds(watched_step, warm_up)
    looks = _counted(watcher.pace)
    times: dict[bool, list[float]] = {True: [], False: []}
    for pair in range(pairs):
        for looking in (True, False) if pair % 2 else (False, True):
            times[looking].append(_seconds(watched_step if looking else plain, stretch))
            if not looking:
                watcher.pace.held(stretch)  # the time of the other side is none that looking may have a share of
    if not watcher.box.alive or not looks:
        raise RuntimeError("the window was closed, or nothing was looked at")
    watcher.detach()
    return round(share(times[True], times[False]) - 1.0, 3), round(returned, 1), round(len(looks) / pairs / stretch, 2)


def _counted(pace: Pace) -> list[float]:
    """Seconds of every look from now on."""
    looks: list[float] = []
    before = pace.looked

    def looked(seconds: float) -> None:
        looks.append(seconds)
        before(seconds)

    pace.looked = looked  # type: ignore[method-assign]
    return looks


def _seconds(step: Callable[[], object], stretch: float) -> float:
    """Seconds of one step, over about so long."""
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < stretch:
        step()
        count += 1
    return (time.perf_counter() - began) / count


def loop(model: str) -> tuple[Callable[[], Any], tuple[Any, Any]]:
    """(a step that gives its loss, (the model, its optimiser)): a script as a user writes it."""
    import torch
    from torch import nn
    from torch.nn import functional

    from seqviz.cli.bench.harness.plain_models import plain_model
    from seqviz.cli.bench.harness.settings import LENGTH, batch_size

    symbols = 64
    torch.manual_seed(0)
    net = plain_model(model, symbols)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    rows = batch_size(model)

    def step() -> torch.Tensor:
        tokens = torch.randint(symbols, (rows, LENGTH + 1))
        optimizer.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(net(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten())
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        return loss

    return step, (net, optimizer)
