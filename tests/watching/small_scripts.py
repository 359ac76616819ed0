"""Small models that learn in a loop of their own, and a box that keeps what is posted."""

from __future__ import annotations

import torch
from torch import nn

from seqviz.core.events import StepMetrics
from seqviz.watching.outbox import Outbox

SYMBOLS, T = 11, 9


class Reader(nn.Module):
    def __init__(self, kind: str = "LSTM") -> None:
        super().__init__()
        self.embed = nn.Embedding(SYMBOLS, 6)
        self.cells = getattr(nn, kind)(6, 8, batch_first=True)
        self.drop = nn.Dropout(0.3)
        self.head = nn.Linear(8, SYMBOLS)

    def forward(self, x):
        return self.head(self.drop(self.cells(self.embed(x))[0]))


class Writer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(SYMBOLS, 8)
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.2, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.head = nn.Linear(8, SYMBOLS)

    def forward(self, x):
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
        return self.head(self.encoder(self.embed(x), mask=mask, is_causal=True))


class Kept(Outbox):
    """Keeps everything in `events` instead of giving it away."""

    def __init__(self) -> None:
        super().__init__()
        self.events = []

    def start(self) -> None:
        self.alive = True

    def post(self, event) -> None:
        self.events.append(event)

    def step(self, metrics) -> None:
        self.events.append(metrics)

    def flush(self, timeout) -> None:
        return None

    def deliver(self, events) -> None:
        raise AssertionError

    def of(self, kind) -> list:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def losses(self) -> list:
        return [event.loss for event in self.of(StepMetrics)]


def eager(watcher):
    """Look at every step, whatever it costs, once everything is loaded."""
    watcher.pace.share, watcher.pace.oftest = 1e9, 0.0
    watcher.load()
    return watcher


def train(model, optimizer, steps, watcher=None, seed=5, before=False):
    """A plain loop; the losses."""
    generator = torch.Generator().manual_seed(seed)
    losses = []
    for _ in range(steps):
        x = torch.randint(SYMBOLS, (4, T + 1), generator=generator)
        loss = nn.functional.cross_entropy(model(x[:, :-1]).flatten(0, 1), x[:, 1:].flatten())
        model.zero_grad()
        loss.backward()
        if watcher is not None and before:
            watcher.loss(loss)
        if optimizer is not None:
            optimizer.step()
        if watcher is not None and not before:
            watcher.loss(loss)
        losses.append(loss.item())
    return losses
