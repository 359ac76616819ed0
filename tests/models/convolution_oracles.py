"""What the tests of the convolutional architectures share."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from seqviz.core.batch import Batch, Field
from seqviz.core.interface import Interface, Space
from seqviz.models.base import Context
from seqviz.models.convolutional import ConvolutionalModel

TIGHT = {"rtol": 1e-9, "atol": 1e-12}


def build(architecture: type[ConvolutionalModel], **knobs: Any) -> ConvolutionalModel:
    torch.manual_seed(0)
    interface = Interface(Space("vectors", 3), Space("vectors", 3), "gaussian", 12)
    sizes = {"d_embedding": 5, "channels": 4, **knobs}
    return architecture(architecture.Config(**sizes), interface).double().eval()


def series(length: int = 12) -> Batch:
    values = torch.randn(2, length, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    field = Field(values, ("batch", "t", "dim"))
    return Batch({"vectors": field}, {"vectors": field})


def equals_reference(model: ConvolutionalModel, reference: Any) -> None:
    """Features and all gradients of the longhand pass against `reference`, (B, E, T) -> (B, C, T), on its weights."""
    batch = series()
    trace = model.trace(batch, keep_graph=True)
    embedded = trace.sites["embedding"].steps[0]  # (B, T, E)
    top = trace.sites[model.cone()[-1].array].steps[0]  # (B, T, C)
    inputs = embedded.detach().requires_grad_()
    expected = reference(inputs.transpose(1, 2)).transpose(1, 2)
    torch.testing.assert_close(top, expected, **TIGHT)
    weight = torch.randn_like(expected)
    parameters = list(model.blocks.parameters())
    wanted = torch.autograd.grad((expected * weight).sum(), [inputs, *parameters])
    actual = torch.autograd.grad((top * weight).sum(), [embedded, *parameters])
    for a, b in zip(actual, wanted, strict=True):
        torch.testing.assert_close(a, b, **TIGHT)


def support(model: ConvolutionalModel, length: int) -> Tensor:
    """(T,) bool: which input vectors the last output's gradient is not exactly zero at."""
    batch = series(length)
    values = batch.inputs["vectors"].values.requires_grad_()
    mean = model.forward(batch, Context()).predictive.mean  # (B, T, dim)
    (gradient,) = torch.autograd.grad(mean[:, -1].sum(), values)
    return gradient.abs().amax(dim=(0, 2)) > 0


def support_is_the_receptive_field(model: ConvolutionalModel, expected: int) -> None:
    assert model.receptive_field() == expected
    seen = support(model, expected + 10)
    assert seen.tolist() == [False] * 10 + [True] * expected
