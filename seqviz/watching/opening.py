"""`seqviz.watch`: the window in a process of its own, or a run folder, and one watcher at a time."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence
from typing import Any

from torch import nn

from seqviz.core.display import has_display
from seqviz.watching.outbox import Outbox
from seqviz.watching.recording import Recording
from seqviz.watching.watcher import FLUSH, Watcher
from seqviz.watching.window import WindowLink

_current: list[Watcher] = []  # at most one


def watch(model: nn.Module, optimizer: Any = None, text: Sequence[str] | str | None = None) -> Watcher:
    """Look at `model` while your own loop trains it; a window opens in a process of its own.

    Parameters
    ----------
    model
        any torch module; recurrent and attention modules in it are found.
    optimizer
        the torch optimiser that trains it. Without one a step is a backward pass, and updates are not seen.
    text
        labels of the positions of the first row of the batches: a string, or a list of tokens.

    Returns
    -------
    Watcher
        `.loss(value)` tells the loss of a step, `.detach()` stops; also a context manager. Calling `watch` again
        replaces the watcher before.

    Raises
    ------
    TypeError
        when `model` is no torch module or has nothing to train, or `optimizer` is no torch optimiser. Later nothing is
        raised, whatever happens.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"seqviz.watch looks at a torch.nn.Module, not at {type(model).__name__}")
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise TypeError(f"seqviz.watch: {type(model).__name__} has no parameter that is trained")
    if optimizer is not None and not hasattr(optimizer, "register_step_pre_hook"):
        raise TypeError(f"seqviz.watch: the optimiser is a {type(optimizer).__name__}, not one of torch.optim")
    if text is not None and not isinstance(text, str):
        text = tuple(str(label) for label in text)
    box: Outbox | None = None
    for before in _current:
        before.stop("another model is watched now")
        box = before.box if before.box.alive and isinstance(before.box, WindowLink) else None
        if box is None:
            before.box.close(FLUSH)
    _current[:] = [Watcher(model, optimizer, text, box or _open())]
    return _current[0]


def _open() -> Outbox:
    """The window, or a folder where there is no display."""
    if has_display() and sys.executable and importlib.util.find_spec("PySide6") is not None:
        try:
            return WindowLink()
        except OSError as error:
            print(f"seqviz: the window cannot be opened ({error})", file=sys.stderr)
    return Recording()


def _forked() -> None:
    """In a child of the script: nothing here is the child's business."""
    for watcher in _current:
        watcher.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
