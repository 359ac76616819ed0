"""Which row of a matrix each token picks: e_k W = W[k], whether the net looks it up or multiplies by it.

input.tokens[t]     the number k of the token read at t
input.symbols[i]    the symbol that row i below belongs to: all of them, or those around each token's own number where
                    the vocabulary is too large to be shown
input.matrix[i]     its row of the embedding; of the net's own first matrix where it reads one-hot rows
"""

from __future__ import annotations

import torch
from torch import Tensor

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.models.base import Model, NeuralModel
from seqviz.models.trace import TracedArray

MOST_ROWS = 256  # symbols; of larger vocabularies only the neighbours of what was read
NEIGHBOURS = 8  # rows before and after


@analyses.register("input_rows")
class InputRows(Analysis):
    """(batch, t), (row,) and (row, dim), of neural models that read tokens on a chain."""

    provides = ("input.tokens", "input.symbols", "input.matrix")

    def serves(self, model: Model) -> bool:
        if not isinstance(model, NeuralModel) or model.interface.structure != "chain":
            return False
        return model.interface.inputs.kind == "tokens" and model.input_matrix() is not None

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        assert isinstance(subject.model, NeuralModel)
        tokens = subject.batch.inputs["tokens"].values  # (batch, t)
        matrix = subject.model.input_matrix()
        assert matrix is not None
        symbols = shown_symbols(tokens[0], subject.model.interface.inputs.size)
        found = {
            "input.tokens": TracedArray(tokens, ("batch", "t")),
            "input.symbols": TracedArray(symbols, ("row",)),
            "input.matrix": TracedArray(matrix.detach()[symbols], ("row", "dim")),
        }
        return {name: array for name, array in found.items() if matches(name, wants)}


def shown_symbols(tokens: Tensor, size: int) -> Tensor:
    """Numbers of the symbols whose rows are sent, in order: all, or those near the tokens (t,) that were read."""
    if size <= MOST_ROWS:
        return torch.arange(size, device=tokens.device)
    around = torch.arange(-NEIGHBOURS, NEIGHBOURS + 1, device=tokens.device)
    near = (tokens[:, None] + around).flatten()  # (t * around,)
    return near[(near >= 0) & (near < size)].unique()
