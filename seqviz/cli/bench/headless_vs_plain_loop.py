"""Training without a window against the shortest loop one would write by hand for the same model."""

from __future__ import annotations

import time
from collections.abc import Callable

from seqviz.cli.bench import Figures, Measurement, measurements

STRETCH, PAIRS = 0.5, 10  # seconds, and how often each side has its turn


@measurements.register("headless_vs_plain_loop")
class HeadlessVsPlainLoop(Measurement):
    gives = ("headless_vs_plain_loop", "headless_steps_per_second")

    def measure(self) -> Figures:
        import torch

        from seqviz.cli.bench.harness.timing import share

        torch.set_num_threads(1)
        shares, speeds = {}, {}
        for model in ("lstm", "gru", "rnn", "transformer"):
            ours, plain = our_step(model), plain_step(model)
            for step in (ours, plain):
                speed(step, STRETCH / 2)
            pairs = [(speed(ours, STRETCH), speed(plain, STRETCH)) for _ in range(PAIRS)]
            shares[model] = share([a for a, _ in pairs], [b for _, b in pairs])
            speeds[model] = round(max(a for a, _ in pairs), 1)
        return {"headless_vs_plain_loop": shares, "headless_steps_per_second": speeds}


def speed(step: Callable[[], object], seconds: float) -> float:
    """Steps per second over about so long."""
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        step()
        count += 1
    return count / (time.perf_counter() - began)


def our_step(model: str) -> Callable[[], object]:
    """One turn of seqviz's trainer."""
    from seqviz.cli.bench.harness.settings import bench_config
    from seqviz.training.builder import build
    from seqviz.training.ports import NoStore
    from seqviz.training.trainer import Trainer

    trainer = Trainer(build(bench_config(model)), NoStore(), lambda event: None)
    turns = trainer.turns()
    while trainer.step < 2:  # the validation and the sample of step 1 are behind it
        next(turns)
    return lambda: next(turns)


def plain_step(model: str) -> Callable[[], object]:
    """One step of a plain PyTorch loop on the same text."""
    import numpy as np
    import torch
    from torch import nn
    from torch.nn import functional

    from seqviz.cli.bench.harness.plain_models import plain_model
    from seqviz.cli.bench.harness.settings import LENGTH, batch_size
    from seqviz.data.story_writer import write_stories

    text = write_stories(200_000, 0, 0)
    symbols = sorted(set(text))
    ids = {symbol: number for number, symbol in enumerate(symbols)}
    data = torch.from_numpy(np.array([ids[c] for c in text[: int(0.9 * len(text))]], dtype=np.int64))
    torch.manual_seed(0)
    net = plain_model(model, len(symbols))
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, betas=(0.9, 0.99), fused=True)
    rows = batch_size(model)

    def step() -> float:
        starts = torch.randint(len(data) - LENGTH - 1, (rows,)).tolist()
        inputs = torch.stack([data[i : i + LENGTH] for i in starts])
        targets = torch.stack([data[i + 1 : i + LENGTH + 1] for i in starts])
        optimizer.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(net(inputs).flatten(0, 1), targets.flatten())
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        return float(loss.item())

    return step
