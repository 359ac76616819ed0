"""Writing on: one token at a time from the model's own next-token distribution.

    p_i  ~  exp(log p_i / temperature),  then only the top k, then only the smallest set of likeliest tokens that
            holds the share top_p (Holtzman et al., "The curious case of neural text degeneration", 2020)

Random numbers come from the generator handed in, never from the global state, so sampling leaves training untouched.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqviz.core.batch import Batch, Field
from seqviz.models.base import Context, Model, in_eval_mode


def generate(
    model: Model,
    prompt_ids: Tensor,
    length: int,
    temperature: float,
    top_k: int,
    top_p: float,
    generator: torch.Generator,
    stop: Callable[[], bool] | None = None,
) -> Iterator[tuple[int, float]]:
    """Continue a prompt by `length` tokens; the caller may stop between any two.

    Parameters
    ----------
    prompt_ids
        (n,) int64, n >= 1, on the model's device.
    temperature
        0 takes the likeliest token always (the first of equals).
    top_k, top_p
        0 and 1.0 are off.
    generator
        a CPU generator; one number is drawn per token, also at temperature 0.
    stop
        asked before each token, those of the prompt included.

    Yields
    ------
    tuple
        token id, and its surprisal in bits under the model itself (temperature 1, nothing cut off). Where the model
        gives every token probability 0 (a counting model in an unseen context) one is drawn among all alike, and its
        surprisal is inf.

    Raises
    ------
    ValueError
        no prompt, a model that does not write, or probabilities that are not numbers.
    """
    if not model.generates:
        raise ValueError(f"a {model.title} does not write token by token")
    if not len(prompt_ids):
        raise ValueError("sampling.prompt: give at least one token to continue")
    state: Any = model.initial_state(1)
    log_probs = np.empty(0)
    for token in prompt_ids.split(1):
        if stop is not None and stop():
            return
        log_probs, state = _read(model, token, state)
    for written in range(length):
        if stop is not None and stop():
            return
        share = float(torch.rand((), dtype=torch.float64, generator=generator))
        chosen = choose(log_probs, temperature, top_k, top_p, share)
        yield chosen, -float(log_probs[chosen]) / math.log(2)
        if written < length - 1:
            log_probs, state = _read(model, prompt_ids.new_tensor([chosen]), state)


def _read(model: Model, token: Tensor, state: Any) -> tuple[np.ndarray, Any]:
    """Read one token (1,), as in eval mode; log probabilities (vocab,) of the next."""
    with in_eval_mode(model):
        log_probs, state = model.step(token, state)
    return log_probs[0].double().cpu().numpy(), state


def choose(log_probs: np.ndarray, temperature: float, top_k: int, top_p: float, share: float) -> int:
    """The token at `share` (0 to 1) of what is left of a distribution (vocab,) in log probabilities.

    Raises
    ------
    ValueError
        when the log probabilities hold nan.
    """
    best = float(log_probs.max())
    if math.isnan(best):
        raise ValueError("the model's probabilities are not numbers (nan); it has diverged")
    if best == -math.inf:  # nothing is possible: all alike
        return min(int(share * len(log_probs)), len(log_probs) - 1)
    if temperature == 0:
        return int(log_probs.argmax())
    weights = np.exp((log_probs - best) / temperature)  # (vocab,), the likeliest 1
    cut = 0 < top_k < len(weights) or top_p < 1.0
    order = np.argsort(-weights, kind="stable") if cut else np.arange(len(weights))
    running = np.cumsum(weights[order[: top_k or None]])
    if top_p < 1.0:
        kept = int(np.searchsorted(running, top_p * running[-1])) + 1  # the one that reaches the share is in
        running = running[:kept]
    place = min(share * running[-1], np.nextafter(running[-1], 0))  # rounding must not reach beyond the last of them
    return int(order[np.searchsorted(running, place, side="right")])


@torch.no_grad()
def uncached_log_probs(model: Model, ids: Tensor) -> Tensor:
    """What `step` must equal after reading ids (n,), by one full pass over them: (vocab,)."""
    batch = Batch({"tokens": Field(ids.unsqueeze(0), ("batch", "t"))}, {}, tokens=len(ids))
    found: Tensor = model.forward(batch, Context()).predictive.log_probs()[0, -1]
    return found
