"""A user's own loop with `seqviz.watch` beside it against the same loop alone, the window open (offscreen here)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from seqviz.cli.bench import Figures, Measurement, measurements

STRETCH, PAIRS, WARM_UP = 1.5, 8, 6.0  # seconds of a turn, how often each side has its turn, seconds before


@measurements.register("watching")
class Watching(Measurement):
    gives = ("watching_cost", "watch_returns_ms")
    limit = 180.0

    def measure(self) -> Figures:
        import torch

        torch.set_num_threads(1)
        costs, began = {}, {}
        for model in ("lstm", "transformer"):
            costs[model], began[model] = cost(model)
        return {"watching_cost": costs, "watch_returns_ms": began}


def cost(model: str, stretch: float = STRETCH, pairs: int = PAIRS, warm_up: float = WARM_UP) -> tuple[float, float]:
    """(share by which a watched step is longer, milliseconds until `watch` returned)."""
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
    found = []
    for _ in range(pairs):
        alone = _seconds(plain, stretch)
        watcher.pace.held(stretch)  # the time of the other side is none that looking may have a share of
        found.append((_seconds(watched_step, stretch), alone))
    watcher.detach()
    ratio = share([one for one, _ in found], [other for _, other in found])
    return round(ratio - 1.0, 3), round(returned, 1)


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
