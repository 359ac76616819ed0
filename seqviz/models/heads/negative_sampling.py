"""Score of a true word against a few drawn ones, instead of a softmax over the whole vocabulary.

    log p = log sigma(u_o . h) + sum_k log sigma(-u_{n_k} . h)

No distribution over words: it is the log probability of telling one true from K drawn ones. A drawn word that is the
true one itself does not count. Mikolov et al., "Distributed representations of words and phrases", 2013, equation 4.

Axes: B batch, T positions, F contexts of a position, K drawn words, V vocabulary, E dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seqviz.core.batch import Batch
from seqviz.core.interface import Interface
from seqviz.models.heads import Head, heads


@dataclass(frozen=True)
class NegativeSampling:
    """`contexts` (B, T, F, E), `present` (B, T, F) 1 or 0, `output_vectors` (V, E), `drawn` (B, T, K).

    `input_vectors` (V, E): what one keeps of the training; whoever judges word vectors finds them here.
    """

    contexts: Tensor
    present: Tensor
    output_vectors: Tensor
    drawn: Tensor
    input_vectors: Tensor | None = None

    def log_prob(self, targets: Tensor) -> Tensor:
        """Mean over the contexts of each position: (B, T)."""
        fits = F.logsigmoid(self.pair_scores(targets))  # (B, T, F)
        drawn_vectors = F.embedding(self.drawn, self.output_vectors)  # (B, T, K, E)
        against = F.logsigmoid(-(self.contexts @ drawn_vectors.transpose(2, 3)))  # (B, T, F, K)
        counts = (self.drawn != targets.unsqueeze(-1)).to(against.dtype)  # (B, T, K)
        return self._over_contexts(fits + (against * counts.unsqueeze(2)).sum(dim=-1))

    def pair_scores(self, targets: Tensor) -> Tensor:
        """u_o . h of each context with its position's target: (B, T, F)."""
        wanted = F.embedding(targets, self.output_vectors)  # (B, T, E)
        return (self.contexts @ wanted.unsqueeze(-1)).squeeze(-1)

    def score(self, targets: Tensor) -> Tensor:
        """Mean of `pair_scores` over the contexts: (B, T)."""
        return self._over_contexts(self.pair_scores(targets))

    def mean_context(self) -> Tensor:
        """(B, T, E)."""
        return (self.contexts * self._weights().unsqueeze(-1)).sum(dim=2)

    def log_probs(self) -> Tensor:
        """(B, T, V): what a softmax over the scores would say; nothing was trained to make it true."""
        return torch.log_softmax(self.mean_context() @ self.output_vectors.T, dim=-1)

    def _over_contexts(self, values: Tensor) -> Tensor:
        return (values * self._weights()).sum(dim=2)

    def _weights(self) -> Tensor:
        """(B, T, F): shares that add up to 1 over those that are there."""
        return self.present / self.present.sum(dim=2, keepdim=True).clamp(min=1)


@heads.register("negative_sampling")
class NegativeSamplingHead(Head):
    pointwise = True

    def __init__(self, d_features: int, interface: Interface) -> None:
        super().__init__(d_features, interface)
        self.output = nn.Embedding(interface.outputs.size, d_features)

    def forward(self, features: Tensor, batch: Batch | None = None) -> NegativeSampling:
        """`features` (B, T, F, E): F contexts of a position, all neighbours or their mean."""
        assert batch is not None, "negative sampling needs its drawn words"
        neighbours = batch.inputs["tokens"]
        present = torch.ones(features.shape[:3], dtype=features.dtype, device=features.device)
        if neighbours.mask is not None and features.shape[2] == neighbours.mask.shape[2]:
            present = neighbours.mask.to(features.dtype)
        return NegativeSampling(features, present, self.output.weight, batch.inputs["drawn"].values)
