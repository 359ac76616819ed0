"""Overfitting: the training loss falls on while the validation loss rises again."""

from __future__ import annotations

import numpy as np

from seqviz.core.lab_events import Finding, Suggestion
from seqviz.training.diagnosis import CannotJudge, Rule, confidence, number, percent, rules
from seqviz.training.diagnosis.case import Case, Record

FEWEST = 4  # validations
ROSE, LOST = 0.05, 0.3  # of the lowest validation loss: beyond a sampled validation's luck; clearly worse
IN_A_ROW = 2  # validations above the lowest at the end
REMEDIES = (
    Suggestion("dropout", 0.3, "dropout 0.3"),
    Suggestion("weight_decay", 0.1, "weight decay 0.1"),
)
AROUND = 10  # steps on each side that tell the training loss at a step


@rules.register("overfitting")
class Overfitting(Rule):
    title = "It learns the training text by heart"
    order = 80

    def judge(self, case: Case) -> Finding | None:
        record = case.record
        losses, steps = record.valid_losses, record.valid_steps
        if len(losses) < FEWEST:
            raise CannotJudge(f"{FEWEST} validations are needed, there are {len(losses)}")
        best = int(np.nanargmin(losses)) if np.isfinite(losses).any() else 0
        lowest, now = float(losses[best]), float(losses[-1])
        if len(losses) - 1 - best < IN_A_ROW or not case.unit.has_perplexity:
            return None
        rose = min(now, float(losses[-2])) / lowest - 1.0
        then, train = training_loss(record, float(steps[best])), record.loss_now()
        if rose < ROSE or not train < then:
            return None
        sentence = (
            f"Since step {steps[best]:.0f} the validation loss rose by {percent(now / lowest - 1)} while the training "
            "loss fell on: stop there, or give it more text, dropout, weight decay or fewer units."
        )
        evidence = (
            ("validation loss, lowest; now", f"{case.shown(lowest)} at step {steps[best]:.0f}; {case.shown(now)}"),
            ("training loss, then; now", f"{case.shown(then)}; {case.shown(train)}"),
            ("passes over the training text so far", number(case.tokens / max(case.tokens_per_epoch, 1))),
        )
        return Finding("overfitting", self.title, sentence, confidence(rose, ROSE, LOST), evidence, "loss", REMEDIES)


def training_loss(record: Record, step: float) -> float:
    """Median training loss around a step."""
    near = np.abs(record.steps - step) <= AROUND
    return float(np.median(record.losses[near])) if near.any() else float("nan")
