"""The hidden Markov model's answer: the most probable path of states up to here, and what the last state emits.

A state is all that is carried on, so no earlier token is weighed by itself: the labels are Viterbi's states of the text
before the token in question (nothing after it is read).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seqviz.analysis.witnesses import Question, Witness, witnesses
from seqviz.core.events import Evidence
from seqviz.models.base import Model

PATH, BELIEF, EMISSION, TRANSITION = "viterbi.state", "belief.filtered", "hmm.emission", "hmm.transition"
PLACES = 8


@witnesses.register("states")
class States(Witness):
    title = "State path"
    order = 50

    def serves(self, model: Model) -> bool:
        return {PATH, BELIEF, EMISSION, TRANSITION} <= set(model.provides)

    def weigh(self, question: Question) -> Iterator[Evidence | None]:
        arrays = question.subject.trace.arrays
        t = question.output
        score = arrays["viterbi.score"].values[0, : t + 1]  # (t + 1, state): best path that ends there, no future
        back = arrays["viterbi.back"].values[0].long()
        path = [int(score[t].argmax())]
        for s in range(t, 0, -1):
            path.append(int(back[s, path[-1]]))
        path.reverse()
        belief = arrays[BELIEF].values[0, t].double()  # (state,)
        ahead = belief @ arrays[TRANSITION].values.double()  # (state,)
        shares = (ahead @ arrays[EMISSION].values.double()).numpy()  # (symbol,)
        truth = question.labels[question.position]
        best = np.argsort(-shares)[:PLACES]
        yield Evidence(
            "",
            self.title,
            f"Most probably in state {path[-1]} ({float(belief[path[-1]]):.0%} sure) when the token was foretold.",
            np.full(question.position, np.nan),
            "",
            labels=tuple(str(state) for state in path),
            rows=tuple((question.vocabulary[s], float(shares[s]), question.vocabulary[s] == truth) for s in best),
            rows_title="chance of the next token",
        )
