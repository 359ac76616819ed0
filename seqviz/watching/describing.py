"""The user's model as plain data for the window: what it is, how big, what can be looked at."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from seqviz.core.batch import Ruler
from seqviz.core.events import RunStarted
from seqviz.core.units import Unit

SCRIPT = "your_script"  # the name of corpus and task in the config of such a run
MOST_GROUPS = 12
_count = itertools.count(1)


def run_id() -> str:
    """One of its own for each `watch`."""
    return f"watched {os.getpid()}-{next(_count)} {time.strftime('%H:%M:%S')}"


def named_weights(model: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """What is trained, in the model's order, each tensor once."""
    return [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]


def groups_of(names: Sequence[str]) -> tuple[str, ...]:
    """The group of each parameter tensor: its module's path, cut so that there are few groups."""
    for depth in (4, 3, 2, 1):
        groups = tuple(_group(name, depth) for name in names)
        if len(dict.fromkeys(groups)) <= MOST_GROUPS:
            return groups
    return groups


def _group(name: str, depth: int) -> str:
    parts = name.split(".")
    return ".".join(parts[:-1][:depth]) or name


def family_of(model: nn.Module) -> str:
    """Sets the hue: that of the sequence module it is made of."""
    kinds = {"LSTM": "lstm", "GRU": "gru", "RNN_TANH": "rnn", "RNN_RELU": "rnn"}
    for module in model.modules():
        if isinstance(module, nn.RNNBase):
            return kinds.get(module.mode, "rnn")
        if isinstance(module, (nn.LSTMCell, nn.GRUCell, nn.RNNCell)):
            return type(module).__name__.removesuffix("Cell").lower()
        if isinstance(module, nn.MultiheadAttention):
            return "transformer"
        if isinstance(module, nn.Conv1d):
            return "convolution"
    return ""


def describe(model: nn.Module, name: str, identity: str, provides: tuple[str, ...], unit: str) -> RunStarted:
    """The RunStarted of a user's model that stands at step 0."""
    weights = named_weights(model)
    groups = groups_of([n for n, _ in weights])
    sizes: dict[str, int] = {}
    for group, (_, parameter) in zip(groups, weights, strict=True):
        sizes[group] = sizes.get(group, 0) + parameter.numel()
    total = sum(sizes.values())
    config: dict[str, Any] = {
        "title": name,
        "description": "A model that learns in a script of its own, seen by seqviz.watch.",
        "corpus": {"name": SCRIPT},
        "task": {"name": SCRIPT},
        "model": {"name": name},
        "training": {"steps": 0, "clip_norm": 0.0},
    }
    return RunStarted(
        run_id=identity,
        folder="",
        config=config,
        title=name,
        family=family_of(model),
        unit=Unit("loss", 1.0, unit),
        vocabulary=(),
        parameters=tuple(sizes.items()),
        layer_names=tuple(sizes),
        receptive_field="",
        memory_bytes=4 * 4 * total,  # weights, gradients and the two means of Adam in float32
        corpus_summary="what your script feeds it",
        provides=provides,
        device=str(weights[0][1].device) if weights else "cpu",
        threads=torch.get_num_threads(),
        outside=True,
    )


def ruler(text: Sequence[str] | str | None, n: int) -> Ruler:
    """Labels of n positions: the text of the first row, or numbers."""
    if text is not None and len(text) >= n:
        return Ruler(tuple(str(label) for label in text[:n]), token_word(text))
    return Ruler(tuple(str(t) for t in range(n)), "position")


def token_word(text: Sequence[str] | str | None) -> str:
    """What one position is called."""
    return "position" if text is None else "character" if isinstance(text, str) else "token"
