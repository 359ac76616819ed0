"""What an attention head does, by simple rules on its pattern; a head that fits none has only its number. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MOSTLY = 0.5  # mean weight on one place that names a head
COPIES = 0.4  # mean weight on what followed earlier copies of the same token
OVER_CHANCE = 3.0
NEAR = 4  # positions that count as local
LOCAL_SHARE = 0.75
BROAD_SHARE = 0.85  # of the largest possible entropy
FEWEST_ROWS = 4


def head_role(pattern: NDArray[np.floating], tokens: Sequence[str]) -> str:
    """Role of one pattern (t, s): previous, next, same, first, induction-like, local, broad, or "".

    previous, same, first: half of the weight, on average, lies on t-1, t, 0. induction-like: on positions right
    after an earlier copy of x_t, three times more than looking at all alike would give. local: three quarters
    within four positions. broad: 85 % of the largest possible entropy.
    """
    rows = len(pattern)
    if rows < FEWEST_ROWS:
        return ""
    if np.triu(pattern, 1).any():
        return _role_both_ways(pattern)
    later = pattern[2:]  # rows that have a choice
    places = np.arange(2, rows)
    if float(later[places - 2, places - 1].mean()) >= MOSTLY:
        return "previous"
    if float(later[places - 2, places].mean()) >= MOSTLY:
        return "same"
    if float(later[:, 0].mean()) >= MOSTLY:
        return "first"
    if _copies(pattern, tokens):
        return "induction-like"
    far = places[places > NEAR]
    if len(far) >= FEWEST_ROWS and float(np.mean([pattern[t, t - NEAR : t + 1].sum() for t in far])) >= LOCAL_SHARE:
        return "local"
    widest = np.log2(places + 1.0)
    return "broad" if float((entropy_bits(later) / widest).mean()) >= BROAD_SHARE else ""


def _role_both_ways(pattern: NDArray[np.floating]) -> str:
    """The same of a pattern that looks ahead too: `next` is t + 1, and `local` counts both sides."""
    rows = len(pattern)
    named = {"previous": -1, "same": 0, "next": 1}
    for name, offset in named.items():
        if float(np.diagonal(pattern, offset).mean()) >= MOSTLY:
            return name
    if float(pattern[:, 0].mean()) >= MOSTLY:
        return "first"
    places = np.arange(rows)
    near = np.abs(places[:, None] - places[None, :]) <= NEAR
    if rows > 3 * NEAR and float((pattern * near).sum(axis=1).mean()) >= LOCAL_SHARE:
        return "local"
    return "broad" if float(entropy_bits(pattern).mean()) >= BROAD_SHARE * np.log2(rows) else ""


def entropy_bits(rows: NDArray[np.floating]) -> NDArray[np.floating]:
    """(..., s) weights -> (...) bits: 0 looks at one place, log2(t + 1) at all places alike."""
    weights = np.nan_to_num(rows)
    # every term is at or under 0: abs, so that certainty is 0 and not -0
    return np.abs((weights * np.log2(np.maximum(weights, 1e-12))).sum(axis=-1))


def _copies(pattern: NDArray[np.floating], tokens: Sequence[str]) -> bool:
    """Whether rows with an earlier copy of their token look at what came after that copy."""
    if len(tokens) != len(pattern):
        return False
    names = np.unique(np.array(tokens, dtype=object).astype(str), return_inverse=True)[1]
    same = np.tril(names[:, None] == names[None, :], -2)  # (t, s): x_s = x_t with s < t - 1
    after = np.zeros_like(same)
    after[:, 1:] = same[:, :-1]  # the position after the copy
    having = np.flatnonzero(after.any(axis=1))
    if len(having) < FEWEST_ROWS:
        return False
    weight = float((pattern[having] * after[having]).sum(axis=1).mean())
    chance = float((after[having].sum(axis=1) / (having + 1.0)).mean())
    return weight >= COPIES and weight >= OVER_CHANCE * chance
