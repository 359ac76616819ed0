"""Eigenvalues of a layer's recurrent matrix: where its powers go, seen on the complex plane.

    W_hh v = lambda v,      spectral radius = max |lambda|

Without what squashes it, a state multiplied by W_hh at every position grows or fades like the radius to the power of
the distance, and turns by the angles. A radius under 1 / max f' is enough for gradients to vanish; one over it is
needed for them to explode, not enough. Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural
networks", 2013, section 2.1.

Where gates are stacked in one matrix each (H, H) block has eigenvalues of its own. No product of them is the layer's:
there the gates decide, and the one-step Jacobians tell (`jacobians`).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.analysis.jacobians import has_steps, largest_singular_value
from seqviz.analysis.lengths import length
from seqviz.models.base import Model
from seqviz.models.initialization import square_blocks
from seqviz.models.recurrent import RecurrentModel
from seqviz.models.trace import TracedArray
from seqviz.models.unrolled import UnrolledModel

ONLY = "recurrent"  # the name of a block that is the whole matrix


def recurrent_blocks(model: Model, layer: int) -> dict[str, Tensor]:
    """The (H, H) matrices that the state before is multiplied by, by what they feed."""
    assert isinstance(model, RecurrentModel | UnrolledModel)
    if isinstance(model, RecurrentModel):
        return _named(model.blocks, "weight_hh", model.weights(layer).w_hh)
    found: dict[str, Tensor] = {}
    cell = model.cell(layer)
    for key, weight in cell.named_parameters():
        if key.endswith("weight_hh"):
            found |= _named(cell.blocks if weight.shape[0] > weight.shape[1] else (), key, weight)
    return found


def _named(names: tuple[str, ...], key: str, weight: Tensor) -> dict[str, Tensor]:
    blocks = square_blocks(key, weight)
    assert len(names) in (0, len(blocks)), (names, len(blocks))
    inside = key.removesuffix("weight_hh")  # of a deeper part of the step: "deeper.0.", "shortcut."
    return {inside + name: block for name, block in zip(names or (ONLY,), blocks, strict=True)}


def eigenvalues(matrix: Tensor) -> Tensor:
    """(H, H) -> (H, 2): real and imaginary part, the largest modulus first; nan for a matrix that is not finite."""
    if not bool(torch.isfinite(matrix).all()):
        return matrix.new_full((matrix.shape[0], 2), math.nan)
    found = torch.linalg.eigvals(matrix)  # (H,) complex
    return torch.view_as_real(found[found.abs().argsort(descending=True)])


@analyses.register("recurrent_spectrum")
class RecurrentSpectrum(Analysis):
    """By block: eigenvalues (index, part), the spectral radius () and the largest singular value ()."""

    provides = ("spectrum.*.eigenvalues", "spectrum.*.radius", "spectrum.*.norm")
    cost = "budget"

    def serves(self, model: Model) -> bool:
        return has_steps(model)

    def names(self, model: Model) -> tuple[str, ...]:
        if not self.serves(model):
            return ()
        blocks = recurrent_blocks(model, 0)
        return tuple(f"spectrum.layers.*.{b}.{what}" for b in blocks for what in ("eigenvalues", "radius", "norm"))

    @torch.no_grad()
    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        assert isinstance(subject.model, RecurrentModel | UnrolledModel)
        found: dict[str, TracedArray] = {}
        for layer in range(subject.model.n_layers):
            for block, matrix in recurrent_blocks(subject.model, layer).items():
                names = [f"spectrum.layers.{layer}.{block}.{what}" for what in ("eigenvalues", "radius", "norm")]
                if any(matches(name, wants) for name in names):
                    values = eigenvalues(matrix)  # (H, 2)
                    norm = largest_singular_value(matrix.unsqueeze(0))[0]
                    figures = (values, length(values).max(), norm)
                    axes: tuple[tuple[str, ...], ...] = (("index", "part"), (), ())
                    given = zip(names, figures, axes, strict=True)
                    found |= {name: TracedArray(figure, along) for name, figure, along in given if matches(name, wants)}
        return found
