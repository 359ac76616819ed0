"""How surprised the model is: the loss of each output, and the surprisal of each token read.

losses[t]     = l_t = -log p(target of x_t) in nats, nan where there is no target
surprisal[t]  = l_{t-1} / ln 2 in bits: the token's own surprisal, said one position earlier; nan at t = 0
where hidden tokens are filled in, l_t is the token's own loss: surprisal[t] = l_t / ln 2, nan where none is hidden
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.core.batch import Batch
from seqviz.models.base import Model
from seqviz.models.trace import TracedArray

PROBABILITIES = "next_token.probabilities"
OWN_PLACE = "own_place.probabilities"  # of the token at t itself, which is hidden from the model
LABEL = "label.probabilities"  # of what belongs to the token at t: a tag, the right symbol
TRUE_LABEL = "label.true"  # the number of the right one, -1 where nobody said


@analyses.register("surprisal")
class Surprisal(Analysis):
    """Losses for every model; surprisal where each target is the next token read; the distribution over symbols."""

    provides = ("surprisal", "losses", PROBABILITIES, OWN_PLACE, LABEL, TRUE_LABEL)

    def serves(self, model: Model) -> bool:
        return True

    def names(self, model: Model) -> tuple[str, ...]:
        plug = model.interface
        chain_of_symbols = plug.structure == "chain" and plug.outputs.kind == "tokens"
        return (
            self.provides if chain_of_symbols and not plug.hidden else ("losses",)
        )  # a hidden state is no symbol read

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        trace, batch = subject.trace, subject.batch
        found = {"losses": TracedArray(trace.losses.detach(), ("batch", row_axis(batch)))}
        if says_next_token(batch):
            found["surprisal"] = TracedArray(own_surprisal(trace.losses.detach()), ("batch", "t"))
        elif fills_in(batch):
            found["surprisal"] = TracedArray(trace.losses.detach() / math.log(2), ("batch", "t"))
        shares = probabilities_of(batch)
        if shares == LABEL and LABEL in self.names(subject.model):
            found[TRUE_LABEL] = TracedArray(true_labels(batch), ("batch", row_axis(batch)))
        if shares in self.names(subject.model) and matches(shares, wants):
            values = trace.output.predictive.log_probs().detach().exp()  # (batch, t, vocab)
            found[shares] = TracedArray(values, ("batch", row_axis(batch), "vocab"))
        return {name: array for name, array in found.items() if matches(name, wants)}


def own_surprisal(losses: Tensor) -> Tensor:
    """Losses (batch, t) in nats, by output -> surprisal (batch, t) in bits, by the token that was said."""
    unknown = torch.full_like(losses[:, :1], math.nan)
    return torch.cat([unknown, losses[:, :-1]], dim=1) / math.log(2)


def probabilities_of(batch: Batch) -> str:
    """What a distribution over symbols at t is about: the token after it, the one hidden there, or a label of it."""
    if fills_in(batch):
        return OWN_PLACE
    return PROBABILITIES if says_next_token(batch) else LABEL


def true_labels(batch: Batch) -> Tensor:
    """(batch, t) the target where there is one, else -1."""
    target = batch.targets["tokens"]
    values = target.values.long()
    return values if target.mask is None else torch.where(target.mask, values, torch.full_like(values, -1))


def says_next_token(batch: Batch) -> bool:
    """Whether the target of every position is the token read one position later."""
    read, said = batch.inputs.get("tokens"), batch.targets.get("tokens")
    if read is None or said is None or batch.structure is not None:
        return False
    if read.axes != ("batch", "t") or said.axes != ("batch", "t") or read.values.shape != said.values.shape:
        return False
    if said.mask is not None and not bool(said.mask.any()):
        return False  # nothing is known of what belongs here
    agree = read.values[:, 1:] == said.values[:, :-1]
    return bool((agree if said.mask is None else agree | ~said.mask[:, :-1]).all())


def fills_in(batch: Batch) -> bool:
    """Whether the target of a position is the token that is hidden there."""
    return "fill_in" in batch.targets


def row_axis(batch: Batch) -> str:
    """The axis that output positions lie along: "t", "target", "node" ..."""
    axes = next(iter(batch.targets.values())).axes
    return axes[1] if len(axes) > 1 else "out"
