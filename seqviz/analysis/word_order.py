"""Does order matter? The prediction at each position, from the same tokens in another order.

For every t the tokens before t are put in another order, x_t itself stays where it is, and the model reads that:

swapped     the last word before t and the nearest other word that is not its neighbour change places
            ("not bad, but good:" - "not good, but bad:")
shuffled    all tokens before t, at random but the same way each time

order.written[t, v]                what the model expects after x_t as it was written, at the same moment
order.KIND.tokens[t, s]            what was read instead (columns past t mean nothing)
order.KIND.probabilities[t, v]     what the model then expects after x_t
order.KIND.difference[t]           1/2 sum_v |p - p'|: the share of all probability that moved; 0 where order is lost
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.core.batch import Batch, Field
from seqviz.models.base import Model, NeuralModel
from seqviz.models.trace import TracedArray

WHAT = ("tokens", "probabilities", "difference")
NUMBERS_AT_ONCE = 2_000_000  # of one pass: bounds its memory


@analyses.register("word_order")
class WordOrder(Analysis):
    """(t, s), (t, vocab) and (t,) by kind, of neural models that foretell the symbols they read."""

    provides = (
        "order.written",
        *(f"order.{kind}.{what}" for kind in ("swapped", "shuffled") for what in WHAT),
    )
    cost = "budget"

    def serves(self, model: Model) -> bool:
        interface = model.interface
        if not isinstance(model, NeuralModel) or interface.structure != "chain" or not model.offers.causal:
            return False
        return interface.inputs.kind == interface.outputs.kind == "tokens" and interface.head == "softmax"

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        said = subject.trace.output.predictive.log_probs().detach()[0].exp()  # (t, vocab)
        found = {"order.written": TracedArray(said, ("t", "vocab"))}
        for kind, order in ORDERS.items():
            if not any(matches(f"order.{kind}.{what}", wants) for what in WHAT):
                continue
            tokens = other_orders(subject.batch, order)  # (t, s)
            shares = predictions(subject, tokens)  # (t, vocab)
            found[f"order.{kind}.tokens"] = TracedArray(tokens, ("t", "s"))
            found[f"order.{kind}.probabilities"] = TracedArray(shares, ("t", "vocab"))
            found[f"order.{kind}.difference"] = TracedArray((said - shares).abs().sum(dim=-1) / 2, ("t",))
        return {name: array for name, array in found.items() if matches(name, wants)}


def swapped(tokens: Sequence[int], words: Sequence[bool], t: int) -> list[int]:
    """Positions 0 .. t - 1 with the last word and another one exchanged; unchanged where there are no two.

    A neighbour is taken only where there is no other: "but bad" against "bad but" would be no language.
    """
    order = list(range(t))
    places = [s for s in order if words[s]]
    others = [s for s in places[:-1] if tokens[s] != tokens[places[-1]]]
    apart = [s for s in others if s < places[-1] - 1]
    if others:
        one, last = (apart or others)[-1], places[-1]
        order[one], order[last] = last, one
    return order


def shuffled(tokens: Sequence[int], words: Sequence[bool], t: int) -> list[int]:
    """Positions 0 .. t - 1 at random; the same for the same t."""
    found: list[int] = torch.randperm(t, generator=torch.Generator().manual_seed(t)).tolist()
    return found


ORDERS: dict[str, Callable[[Sequence[int], Sequence[bool], int], list[int]]] = {
    "swapped": swapped,
    "shuffled": shuffled,
}


def other_orders(batch: Batch, order: Callable[[Sequence[int], Sequence[bool], int], list[int]]) -> Tensor:
    """(t, s): row t is the first sequence of the batch with the tokens before t in another order."""
    tokens = batch.inputs["tokens"].values[0]  # (s,)
    ids = tokens.tolist()
    ruler = batch.rulers.get("t")
    words = [True] * len(ids) if ruler is None else [any(c.isalnum() for c in label) for label in ruler.labels]
    rows = [order(ids, words, t) + list(range(t, len(ids))) for t in range(len(ids))]
    return tokens[torch.tensor(rows, device=tokens.device)]


@torch.no_grad()
def predictions(subject: Subject, tokens: Tensor) -> Tensor:
    """What the model expects after position t of row t: (t, s) tokens -> (t, vocab) probabilities."""
    count, size = tokens.shape[0], subject.model.interface.outputs.size
    rows = max(1, NUMBERS_AT_ONCE // (count * max(size, 512)))
    target = next(iter(subject.batch.targets.values()))
    found = []
    for start in range(0, count, rows):
        end = min(start + rows, count)
        seen = tokens[start:end, :end]  # what comes later plays no part
        said = Field(target.values[:1, :end].expand(end - start, -1), ("batch", "t"))
        part = replace(subject.batch, inputs={"tokens": Field(seen, ("batch", "t"))}, targets={"tokens": said})
        log_probs = subject.model.quick_trace(part).output.predictive.log_probs()  # (row, t, vocab)
        place = torch.arange(start, end, device=tokens.device)
        found.append(log_probs[place - start, place].exp())
    return torch.cat(found)
