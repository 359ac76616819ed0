"""Small untrained models and batches."""

from __future__ import annotations

from dataclasses import replace

import torch

from seqviz.core.batch import Batch, Field
from seqviz.core.interface import Interface, Space
from seqviz.models.base import Model, NeuralModel, architectures
from seqviz.models.recurrent import RecurrentModel

VOCAB = 7
SMALL = {"d_hidden": 5, "d_embedding": 4, "d_model": 8, "n_heads": 2, "n_layers": 2}
RECURRENT = [name for name, model in architectures.items() if issubclass(model, RecurrentModel)]
OTHERS = [
    name
    for name, model in architectures.items()
    if model.learns_by == "gradient" and name not in RECURRENT and "softmax" in (model.offers.heads or {"softmax"})
    and "chain" in model.offers.structures
]  # fmt: skip


def text_interface(positions: int = 8) -> Interface:
    return Interface(Space("tokens", VOCAB), Space("tokens", VOCAB), "softmax", positions)


def text_batch(batch_size: int = 1, positions: int = 8, last_has_target: bool = False) -> Batch:
    """Next-token batch of random symbols; the last position has no target unless asked for."""
    ids = torch.randint(VOCAB, (batch_size, positions + 1), generator=torch.Generator().manual_seed(3))
    mask = torch.ones(batch_size, positions, dtype=torch.bool)
    mask[:, -1] = last_has_target
    return Batch(
        {"tokens": Field(ids[:, :-1], ("batch", "t"))},
        {"tokens": Field(ids[:, 1:], ("batch", "t"), mask)},
        tokens=batch_size * positions,
    )


def vector_batch(batch_size: int = 2, positions: int = 6) -> Batch:
    """Vectors in, one value out at the end."""
    generator = torch.Generator().manual_seed(4)
    vectors = torch.randn(batch_size, positions, 2, generator=generator, dtype=torch.float64)
    values = torch.randn(batch_size, 1, 1, generator=generator, dtype=torch.float64)
    return Batch(
        {"vectors": Field(vectors, ("batch", "t", "dim"))}, {"vectors": Field(values, ("batch", "out", "dim"))}
    )


def build(name: str, interface: Interface | None = None, **knobs: object) -> Model:
    """An untrained float64 model; knobs the architecture does not have are dropped."""
    torch.manual_seed(0)
    architecture = architectures.get(name)
    known = {key: value for key, value in knobs.items() if key in architecture.Config.model_fields}
    model = architecture(architecture.Config(**known), interface or text_interface())
    return model.double().eval() if isinstance(model, NeuralModel) else model


def in_reverse(batch: Batch) -> Batch:
    """The same batch with its last input token changed to another symbol."""
    tokens = batch.inputs["tokens"].values.clone()
    tokens[:, -1] = (tokens[:, -1] + 1) % VOCAB
    return replace(batch, inputs={"tokens": Field(tokens, ("batch", "t"))})
