"""The receptive-field cone: how the levels of a convolutional net hang together, and how strongly each of them fires.

cone.kernel[l], cone.dilation[l]    of convolution l, from the input up
cone.activation.l.NAME[t]           root mean square over the units of the array NAME at t; l = 0 is the embedded input,
                                    l > 0 what leaves convolution l

NAME is in the name so that whoever draws the cone finds the itemised gradient of the same level:
gradient.itemised.NAME.
"""

from __future__ import annotations

import torch

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.models.base import Model
from seqviz.models.cone import SeesACone
from seqviz.models.trace import TracedArray


@analyses.register("cone")
class Cone(Analysis):
    """(level,) twice, and (batch, t) by level."""

    provides = ("cone.kernel", "cone.dilation", "cone.activation.*")

    def serves(self, model: Model) -> bool:
        return isinstance(model, SeesACone) and model.interface.structure == "chain"

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        assert isinstance(subject.model, SeesACone)
        levels = subject.model.cone()
        found = {
            "cone.kernel": TracedArray(torch.tensor([level.kernel_size for level in levels]), ("level",)),
            "cone.dilation": TracedArray(torch.tensor([level.dilation for level in levels]), ("level",)),
        }
        for number, array in enumerate(("embedding", *(level.array for level in levels))):
            name = f"cone.activation.{number}.{array}"
            if matches(name, wants):
                size = subject.trace.arrays[array].values.square().mean(dim=-1).sqrt()  # (batch, t)
                found[name] = TracedArray(size, ("batch", "t"))
        return {name: array for name, array in found.items() if matches(name, wants)}
