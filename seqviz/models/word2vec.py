"""word2vec: a word is known by the company it keeps, so its vector is trained to foretell its neighbours.

    score(o, h) = u_o . h                                                     how well word o fits the company h
    l = -log sigma(u_o . h) - sum_{k=1..K} log sigma(-u_{n_k} . h)            true word up, K drawn words down

    skip-gram   h = v_c, one neighbour c at a time; l is the mean over the pairs (c, o) of the window
    CBOW        h = mean of v_c over all neighbours c at once: order and distance inside the window are lost

v (input) and u (output) are two vectors of every word; v is what one keeps. The K words are drawn in proportion to
count^(3/4). Pairs are symmetric: "centre foretells neighbour" over a whole text is the same set as "neighbour foretells
centre", which is how it is written here, so that both methods answer the same question at each position.
The K words of a position are drawn once and shared by its pairs.
Mikolov, Chen, Corrado and Dean, "Efficient estimation of word representations in vector space", 2013; negative
sampling: Mikolov, Sutskever, Chen, Corrado and Dean, "Distributed representations of words and phrases", 2013.

Axes: B batch, T positions, W neighbours, E dimensions, F contexts scored for a position (W for skip-gram, 1 for CBOW).
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from seqviz.core.batch import Batch
from seqviz.core.interface import Interface, Offers
from seqviz.core.knobs import knob
from seqviz.models.base import Context, NeuralConfig, NeuralModel, TrunkConfig, architectures
from seqviz.models.initialization import initialize
from seqviz.models.output import Output
from seqviz.models.trace import Recorder, Trace


class Word2VecConfig(NeuralConfig):
    width_knob: ClassVar[str] = "d_embedding"
    d_embedding: int = knob(64, low=1, high=1024, log=True, label="dimensions",
                            help="Length of a word's vector.")  # fmt: skip
    method: Literal["skip_gram", "cbow"] = knob(
        "skip_gram", label="method",
        help="skip_gram: each neighbour by itself foretells the word. cbow: their mean does.",
    )  # fmt: skip


@architectures.register("word2vec")
class Word2Vec(NeuralModel):
    """A vector for each word, so that words of like company lie near each other."""

    Config: ClassVar[type[TrunkConfig]] = Word2VecConfig
    title = "word2vec"
    family = "convolution"
    offers = Offers(frozenset({"bag"}), frozenset({"tokens"}), causal=False, heads=frozenset({"negative_sampling"}))
    provides = ("company.vector", "company.fit")
    config: Word2VecConfig

    def __init__(self, config: Word2VecConfig, interface: Interface) -> None:
        super().__init__(config, interface)
        self.d_features = self.d_input
        self.build_head()
        initialize(self, config.initialization)
        if config.initialization == "default":  # as small as in the original program
            for matrix in self.parameters():
                nn.init.uniform_(matrix, -0.5 / self.d_input, 0.5 / self.d_input)

    def forward(self, batch: Batch, context: Context) -> Output:
        said = self.head(self.company(self.dropout(self.embed(batch)), batch), batch)
        return Output(replace(said, input_vectors=self.input_matrix()))

    def company(self, vectors: Tensor, batch: Batch) -> Tensor:
        """What foretells: (B, T, W, E) -> (B, T, F, E)."""
        if self.config.method == "skip_gram":
            return vectors
        there = present(batch, vectors)  # (B, T, W)
        total = (vectors * there.unsqueeze(-1)).sum(dim=2, keepdim=True)  # (B, T, 1, E)
        return total / there.sum(dim=2, keepdim=True).clamp(min=1).unsqueeze(-1)

    def trace(self, batch: Batch, keep_graph: bool = False) -> Trace:
        recorder = Recorder(keep_graph)
        with torch.set_grad_enabled(keep_graph):
            vectors = self.embed(batch)  # (B, T, W, E)
            rows, positions, neighbours, size = vectors.shape
            site = vectors.reshape(rows, positions, neighbours * size)
            recorder.stacked_site("neighbours", site)
            company = self._company_one_by_one(site.reshape(vectors.shape), batch)  # (B, T, F, E)
            output = Output(self.head(company, batch))
            recorder.note("company.vector", output.predictive.mean_context(), ("batch", "t", "dim"))
            target = next(iter(batch.targets.values())).values
            recorder.note("company.fit", output.predictive.score(target), ("batch", "t"))
            return self.finish_trace(batch, recorder, output)

    def _company_one_by_one(self, vectors: Tensor, batch: Batch) -> Tensor:
        """The same as `company`, neighbour by neighbour."""
        if self.config.method == "skip_gram":
            return vectors
        there = present(batch, vectors)  # (B, T, W)
        total = torch.zeros_like(vectors[:, :, 0])  # (B, T, E)
        for w in range(vectors.shape[2]):
            total = total + there[:, :, w, None] * vectors[:, :, w]
        return (total / there.sum(dim=2).clamp(min=1).unsqueeze(-1)).unsqueeze(2)  # (B, T, 1, E)

    def reach(self, batch: Batch, site: str) -> Tensor:
        """Each position reads the neighbours that were put before it, and no others."""
        positions = next(iter(batch.targets.values())).values.shape[1]
        return torch.eye(positions).bool()


def present(batch: Batch, like: Tensor) -> Tensor:
    """(B, T, W) 1 where there is a neighbour, else 0."""
    field = batch.inputs["tokens"]
    if field.mask is None:
        return torch.ones(field.values.shape, dtype=like.dtype, device=like.device)
    return field.mask.to(like.dtype)
