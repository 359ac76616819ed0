"""One token of the probe explained by every witness that can be heard, in slices, with the truth beside them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from seqviz.analysis.surprisal import says_next_token
from seqviz.analysis.witnesses import Question, Witness, witnesses
from seqviz.core.events import Evidence, Explained
from seqviz.data.word_questions import spearman
from seqviz.training.looking import Looker

TRUTH = "replacing"


def explain_slices(looker: Looker, position: int, tell: Callable[[Explained], None]) -> Iterator[None]:
    """Ask every witness about the token at `position`; `tell` hears the answer at the end.

    Raises
    ------
    ValueError
        one line: there is no such token, nothing comes before it, or this model foretells no next token.
    """
    trainer = looker.trainer
    question = _question(looker, position)
    model = trainer.model
    kinds: list[tuple[str, Witness]] = [(name, cls()) for name, cls in witnesses.items()]
    asked = sorted(((n, w) for n, w in kinds if w.serves(model)), key=lambda item: item[1].order)
    if not any(name == TRUTH for name, _ in asked):
        raise ValueError(f"{type(model).title} foretells no next token of a text: there is nothing to explain")
    losses = question.subject.trace.losses[0]
    bits = float(losses[question.output]) / math.log(2)
    found: list[Evidence] = []
    for name, witness in asked:
        for said in witness.weigh(question):
            if said is None:
                yield
            else:
                found.append(replace(said, witness=name))
        yield
    truth = next(item.weights for item in found if item.witness == TRUTH)
    judged = tuple(replace(item, agreement=_agreement(item, truth)) for item in found)
    tell(Explained(trainer.step, position, bits, judged))


def _question(looker: Looker, position: int) -> Question:
    trainer, batch = looker.trainer, looker.probe
    ruler = batch.rulers.get("t")
    if ruler is None or not 1 <= position < len(ruler.labels):
        raise ValueError("choose a token of the probe that others stand before")
    target = next(iter(batch.targets.values()))
    asked = target.mask is None or bool(target.mask[0, position - 1])
    if not (asked and says_next_token(batch)):
        raise ValueError(f"{trainer.task.title} foretells no next token of a text: there is nothing to explain")
    return Question(looker.subject(), position, ruler.labels, trainer.task.labels)


def _agreement(item: Evidence, truth: np.ndarray) -> float:
    """Rank correlation with the truth; nan for the truth itself, and where one of both does not vary."""
    known = np.isfinite(item.weights) & np.isfinite(truth)
    if item.witness == TRUTH or known.sum() < 3:
        return math.nan
    return spearman(item.weights[known], truth[known])
