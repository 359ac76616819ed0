"""Where the token cursor stands before anybody moved it: at a token with a past to look back on. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seqviz.gui.widgets.token_names import word_spans

TRAINED_FROM = 50  # steps; before, what surprises the model says nothing about the text
SHARE = 0.8  # of the probe: rows down there are long, and something is left to come


def first_column(
    tokens: Sequence[str], bits: NDArray[np.floating] | None, step: int, axis: str = "t", hidden: Sequence[int] = ()
) -> int:
    """A telling column of the probe's second half.

    Of a trained model the token that surprised it most, else the start of the word nearest to 0.8 n. Only tokens after
    which something is predicted come into question, as the cursor's row in the gradient map is their loss.

    Parameters
    ----------
    tokens : labels of the probe
    bits : (n,) surprisal of each token, nan where none was predicted; None where there is none
    step : training step at which `bits` were measured
    axis : of the probe; the nodes of a tree come children first, so their last is the root, which all others feed
    hidden : places the model is to fill in
    """
    n = len(tokens)
    if n < 3 or axis == "node":
        return max(n - 1, 0)
    if hidden:  # what is asked stands at these places themselves
        return _asked([h for h in hidden if h < n] or [n - 1], bits, step)
    usable = _columns(tokens, bits)
    if bits is not None and step >= TRAINED_FROM and np.isfinite(bits[usable]).any():
        return int(usable[np.nanargmax(bits[usable])])
    starts = np.array([span.start for span in word_spans(tokens)])
    wanted = usable[np.isin(usable, starts)]
    choice = wanted if len(wanted) else usable
    return int(choice[np.argmin(np.abs(choice - SHARE * (n - 1)))])


def _asked(hidden: Sequence[int], bits: NDArray[np.floating] | None, step: int) -> int:
    """Of the hidden places the one that costs a trained model most, else the middle one."""
    places = np.asarray(hidden)
    if bits is not None and step >= TRAINED_FROM and np.isfinite(bits[places]).any():
        return int(places[np.nanargmax(bits[places])])
    return int(places[len(places) // 2])


def _columns(tokens: Sequence[str], bits: NDArray[np.floating] | None) -> NDArray[np.intp]:
    """Columns of the second half that have a loss after them, or all of that half where that is unknown."""
    n = len(tokens)
    half = np.arange(n // 2, n - 1)
    if bits is None or bits.shape != (n,):
        return half
    told = half[np.isfinite(bits[half + 1])]
    return told if len(told) else half
