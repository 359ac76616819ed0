"""Whether losses feel inputs that come after them: exact evidence of a forgotten mask.

    future = || d (l_1 + ... + l_t) / d (x_{t+1} ... x_T) ||,      past = the same by x_1 ... x_t

Taken on the fast path that trains, in eval mode, at a quarter, a half and three quarters of the window, and added up in
squares. Where a model is causal the future's share is 0, not small: no path leads there, so `reach` is not asked.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.core.batch import Batch
from seqviz.models.base import Context, Model, NeuralModel, in_eval_mode, position_losses
from seqviz.models.trace import TracedArray

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "future.gradient"
PLACES = (0.25, 0.5, 0.75)  # of the window


@analyses.register("future_gradient")
class FutureGradient(Analysis):
    """[future, past]: (batch, value), the batch axis of length 1."""

    provides = (NAME,)
    cost = "request"

    def serves(self, model: Model) -> bool:
        """Also a model that looks ahead by design: whether it may is the task's to say."""
        return isinstance(model, NeuralModel) and model.interface.structure == "chain"

    def asked(self, batch: Batch) -> bool:
        """Each position has an answer of its own."""
        inputs, targets = next(iter(batch.inputs.values())), next(iter(batch.targets.values()))
        return bool(inputs.values.ndim >= 2 and inputs.values.shape[1] == targets.values.shape[1] > 1)

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        if not (matches(NAME, wants) and self.asked(subject.batch)):
            return {}
        future, past = future_and_past(subject.model, subject.batch)
        values = torch.stack([future, past]).double().unsqueeze(0)  # (1, 2)
        return {NAME: TracedArray(values, ("batch", "value"))}


def future_and_past(model: Model, batch: Batch) -> tuple[Tensor, Tensor]:
    """Norms of the gradient of early losses by later and by earlier embedded inputs.

    Raises
    ------
    ValueError
        the model reads its inputs without its embedding, or says no distribution yet.
    """
    assert isinstance(model, NeuralModel)
    with torch.enable_grad(), in_eval_mode(model), embedded(model.embedding) as seen:
        output = model(batch, Context())
        if output.predictive is None or not seen:
            raise ValueError("what it reads does not pass its embedding")
        losses = position_losses(output, batch)  # (B, T)
        early = [torch.nansum(losses[:, : max(1, int(share * losses.shape[1]))]) for share in PLACES]
        leaf = seen[0]
        gradients = [torch.autograd.grad(loss, leaf, retain_graph=True)[0] for loss in early]  # (B, T, E) each
    ends = [max(1, int(share * losses.shape[1])) for share in PLACES]
    future = sum((g[:, end:].square().sum() for g, end in zip(gradients, ends, strict=True)), start=leaf.new_zeros(()))
    past = sum((g[:, :end].square().sum() for g, end in zip(gradients, ends, strict=True)), start=leaf.new_zeros(()))
    return future.detach().sqrt(), past.detach().sqrt()


@contextmanager
def embedded(embedding: nn.Module) -> Iterator[list[Tensor]]:
    """Inside the block what the embedding gives is a leaf that one may differentiate by; those leaves, in order."""
    seen: list[Tensor] = []

    def catch(module: nn.Module, inputs: Any, output: Tensor) -> Tensor:
        seen.append(output.detach().requires_grad_())
        return seen[-1]

    handle = embedding.register_forward_hook(catch)
    try:
        yield seen
    finally:
        handle.remove()
