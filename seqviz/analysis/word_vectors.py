"""The vector of each symbol: what a net knows of it before it has read anything around it.

vectors.matrix[i] = E[i]   row i of the input matrix, of the first symbols of the vocabulary. Vocabularies of words are
                           in the order of how often they occur, so the first are the commonest.

Harris, "Distributional structure", 1954: what company a word keeps is all that training can put into its row.
"""

from __future__ import annotations

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.models.base import Model, NeuralModel
from seqviz.models.trace import TracedArray

MATRIX = "vectors.matrix"
MOST_SYMBOLS = 2000


@analyses.register("word_vectors")
class WordVectors(Analysis):
    """(symbol, dim) of every neural model that reads tokens and knows their names."""

    provides = (MATRIX,)
    cost = "budget"

    def serves(self, model: Model) -> bool:
        if not isinstance(model, NeuralModel) or model.interface.inputs.kind != "tokens":
            return False
        same = model.interface.inputs == model.interface.outputs  # else the names told are those of the answers
        return same and model.input_matrix() is not None

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        if not matches(MATRIX, wants):
            return {}
        assert isinstance(subject.model, NeuralModel)
        matrix = subject.model.input_matrix()
        assert matrix is not None
        return {MATRIX: TracedArray(matrix.detach()[:MOST_SYMBOLS], ("symbol", "dim"))}
