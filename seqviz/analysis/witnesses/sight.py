"""What can be seen at all: a finite receptive field is a cone from the output down to the tokens, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seqviz.analysis.witnesses import Question, Witness, normalised, witnesses
from seqviz.core.events import Evidence
from seqviz.models.base import Model


@witnesses.register("sight")
class Sight(Witness):
    title = "Receptive field"
    order = 10

    def serves(self, model: Model) -> bool:
        return model.receptive_field() is not None

    def weigh(self, question: Question) -> Iterator[Evidence | None]:
        field = question.subject.model.receptive_field()
        assert field is not None
        distance = question.output - np.arange(question.position)  # (p,)
        yield Evidence(
            "",
            self.title,
            f"The output reads {field} token{'s' if field != 1 else ''} and nothing before."
            if field
            else "The output reads no token at all: it says the same everywhere.",
            normalised((distance < field).astype(float)),
            "share",
        )
