"""The gradient's answer: how strongly the loss would follow a small change of each earlier token's vector.

    weight[s] = || d l_{p-1} / d e_s ||

A first-order answer: it knows the neighbourhood of this text, not what another token would do.
Simonyan, Vedaldi and Zisserman, "Deep inside convolutional networks", 2014 (saliency).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from seqviz.analysis.witnesses import Question, Witness, normalised, witnesses
from seqviz.core.events import Evidence
from seqviz.models.base import Model

SITE = "embedding"


@witnesses.register("gradient")
class Gradient(Witness):
    title = "Gradient"
    order = 20

    def serves(self, model: Model) -> bool:
        return model.learns_by == "gradient" and model.interface.structure == "chain" and SITE in model.provides

    def weigh(self, question: Question) -> Iterator[Evidence | None]:
        trace = question.subject.graph
        yield None
        loss = trace.losses[0, question.output]
        (found,) = torch.autograd.grad(loss, trace.sites[SITE].steps, retain_graph=True)
        norms = found[0, : question.position].norm(dim=-1).double().cpu().numpy()  # (p,)
        yield Evidence(
            "",
            self.title,
            "How strongly the loss would follow a small change of each token's vector.",
            normalised(norms),
            "share",
        )
