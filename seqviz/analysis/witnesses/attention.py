"""Attention's answer: the last block's row of the output that foretold the token, mean of its heads."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator

from seqviz.analysis.witnesses import Question, Witness, normalised, witnesses
from seqviz.core.events import Evidence
from seqviz.models.base import Model

PATTERN = "blocks.*.attention.pattern"


@witnesses.register("attention")
class Attention(Witness):
    title = "Attention"
    order = 30

    def serves(self, model: Model) -> bool:
        return any(fnmatch.fnmatchcase(PATTERN, given) for given in model.provides)

    def weigh(self, question: Question) -> Iterator[Evidence | None]:
        arrays = question.subject.trace.arrays
        names = sorted((n for n in arrays if fnmatch.fnmatchcase(n, PATTERN)), key=lambda n: int(n.split(".")[1]))
        row = arrays[names[-1]].values[0, :, question.output, : question.position]  # (head, p)
        yield Evidence(
            "",
            self.title,
            f"Where the {row.shape[0]} heads of the last of {len(names)} blocks look, on average.",
            normalised(row.mean(dim=0).double().cpu().numpy()),
            "share",
        )
