"""The truth by ablation: put every other token in the place of an earlier one, and see what the loss does.

    change[s] = mean over x' of | l_{p-1}(x_s := x') - l_{p-1} | / ln 2      in bits

x' runs through the other tokens of the probe itself, at most `MOST` of them, so that the text stays one of known
letters. The size of the change counts, not its sign: a token that misled the model had a part in the prediction too.
Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014 (occlusion).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from seqviz.analysis.witnesses import Question, Witness, witnesses
from seqviz.core.batch import Batch, Field
from seqviz.core.events import Evidence
from seqviz.models.base import Context, Model, in_eval_mode

MOST = 16  # stand-ins for each position
ROWS = 64  # altered texts in one piece of work


@witnesses.register("replacing")
class Replacing(Witness):
    title = "Replace it and see"
    order = 0

    def serves(self, model: Model) -> bool:
        plug = model.interface
        return plug.inputs.kind == "tokens" and plug.structure == "chain" and model.offers.causal

    def weigh(self, question: Question) -> Iterator[Evidence | None]:
        tokens = question.subject.batch.inputs["tokens"].values[0, : question.position]  # (p,)
        target = question.subject.batch.targets["tokens"].values[0, question.output]
        model = question.subject.model
        whole = loss_of(model, question.subject.batch, tokens.unsqueeze(0), target)[0]
        stand_ins = other_tokens(question.subject.batch.inputs["tokens"].values[0])
        places, rows = altered(tokens, stand_ins)
        losses = []
        for first in range(0, len(rows), ROWS):
            losses.append(loss_of(model, question.subject.batch, rows[first : first + ROWS], target))
            yield None
        change = changes(torch.cat(losses), whole)  # (altered texts,)
        total = torch.zeros(len(tokens), dtype=change.dtype).index_add_(0, places, change.cpu())
        count = torch.bincount(places, minlength=len(tokens))
        weights = (total / count.clamp(min=1)).double().numpy()
        yield Evidence("", self.title, in_words(weights, question), weights, "bits")


def changes(losses: Tensor, whole: Tensor) -> Tensor:
    """|l' - l| in bits: infinite where just one of both is (maximum likelihood), 0 where both are."""
    return torch.where(losses == whole, 0.0, (losses - whole).abs()) / math.log(2)


def in_words(weights: np.ndarray, question: Question) -> str:
    """Where a replacement does most."""
    if np.isnan(weights).any():
        return "Scores that are no probabilities have no loss, so no change of it can be measured."
    strongest = int(weights.argmax())
    bits = weights[strongest]
    if not bits:
        return "No other token in any place changes the loss."
    size = f"by {bits:.2g} bits" if math.isfinite(bits) else "between finite and infinite"
    return (
        f"Another token in the place of \u201c{question.labels[strongest]}\u201d, {question.position - strongest} "
        f"back, changes the loss {size}: more than at any other place."
    )


def other_tokens(probe: Tensor) -> Tensor:
    """The different tokens of the probe, evenly thinned to `MOST` + 1."""
    found = probe.unique()
    if len(found) > MOST + 1:
        found = found[np.linspace(0, len(found) - 1, MOST + 1).round().astype(int)]
    return found


def altered(tokens: Tensor, stand_ins: Tensor) -> tuple[Tensor, Tensor]:
    """(N,) which place, (N, p) the text with another token there: every place with every stand-in but its own."""
    length = len(tokens)
    places = torch.arange(length).repeat_interleave(len(stand_ins))  # (p * m,)
    rows = tokens.repeat(len(places), 1)  # (p * m, p)
    rows[torch.arange(len(places)), places] = stand_ins.repeat(length)
    changed = rows[torch.arange(len(places)), places] != tokens[places]
    return places[changed.cpu()], rows[changed]


@torch.no_grad()
def loss_of(model: Model, probe: Batch, rows: Tensor, target: Tensor) -> Tensor:
    """Loss in nats of `target` after each of the texts `rows` (N, p): (N,)."""
    targets = torch.zeros_like(rows)
    targets[:, -1] = target
    batch = replace(
        probe,
        inputs={"tokens": Field(rows, ("batch", "t"))},
        targets={"tokens": Field(targets, ("batch", "t"))},
        rulers={},
        tokens=rows.numel(),
    )
    with in_eval_mode(model):
        return -model.forward(batch, Context()).predictive.log_prob(targets)[:, -1]
