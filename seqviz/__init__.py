"""seqviz: a laboratory where sequence models are trained in front of your eyes.

The house, bottom to top (arrows of import point down only; tests/test_layering.py proves it):

    core       configs, batches, events, the mailbox, registries: numpy and pydantic, no torch, no Qt
    data       corpora (what is learned from), tasks (what is predicted), tokenizers
    models     one architecture a file: a fast `forward`, a longhand `trace`, proved equal; heads
    analysis   pure functions over traces: gradient maps, norms, statistics, generation
    training   learner, trainer and the one background thread; knows no window
    runs       a run on disk: config, metrics, weights
    watching   seqviz.watch: the same window beside a loop that is the user's own
    gui        the window; never imports torch
    cli        composition root and command line

A run has a *probe*: a fixed piece of text through which every panel looks at the model.
What crosses from the trainer's thread to the window are frozen events of read-only numpy arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seqviz.watching.opening import watch as watch

__version__ = "0.1.0"
__all__ = ["watch"]


def __getattr__(name: str) -> Any:
    """`watch` needs torch: it is imported when it is first asked for."""
    if name == "watch":
        from seqviz.watching.opening import watch

        return watch
    raise AttributeError(f"module 'seqviz' has no attribute {name!r}")
