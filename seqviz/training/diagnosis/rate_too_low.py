"""Learning rate too low: updates so small that the loss still falls in a straight line, or has hardly moved.

Small updates alone are no fault: near the end of training, or of a schedule, they should be small.
"""

from __future__ import annotations

import math

from seqviz.core.lab_events import Finding, Suggestion
from seqviz.training.diagnosis import CannotJudge, Rule, confidence, number, rounded, rules
from seqviz.training.diagnosis.case import Case, Floats

SMALL, TINY = 1e-4, 1e-6  # update over weight: a tenth of the guide 1e-3 (see rate_too_high); a thousandth
GUIDE = 1e-3
SCHEDULED = 0.5  # of the highest rate so far: a schedule has lowered it on purpose
STRAIGHT = 0.6  # last fall over first: a curve that bends loses most of its fall early
ERRORS = 4.0  # standard errors of a median: a fall that is one
LEFT = 0.05  # of the loss before the first update: who took the rest in these steps took large enough ones
UNMOVED = 0.97  # times the plain line: has learned nothing but, at best, how common each symbol is


@rules.register("rate_too_low")
class RateTooLow(Rule):
    title = "The learning rate is too low"
    order = 50

    def judge(self, case: Case) -> Finding | None:
        record, ratio, trend = case.record, case.record.ratio(), case.record.trend()
        if trend is None:
            raise CannotJudge("80 steps at this rate are needed to tell a trend of the loss")
        if math.isnan(ratio):
            raise CannotJudge("no update of late was measured: some steps must be made while somebody looks")
        rate = float(record.rates[-1])
        planned = max(float(record.rates.max()), float(case.knob("optimizer", "learning_rate", 0.0)))
        if ratio >= SMALL or rate < SCHEDULED * planned:
            return None
        if record.loss_now() < LEFT * record.began():
            return None
        how = _slow(case, trend)
        if how is None:
            return None
        words, line = how
        sentence = f"Each step changes the weights by {number(100 * ratio)} % of their size, and the loss {words}."
        evidence = (("size of an update over that of the weights", number(ratio)), line)
        higher = rounded(min(rate * GUIDE / ratio, 1000 * rate)) if ratio > 0 else 1e-3
        suggestions = (Suggestion("learning_rate", higher, f"learning rate {higher:g} in place of {rate:g}"),)
        return Finding(
            "rate_too_low", self.title, sentence, confidence(ratio, SMALL, TINY), evidence, "update_ratio", suggestions
        )


def _slow(case: Case, trend: Floats) -> tuple[str, tuple[str, str]] | None:
    """(in words, what was measured and the number) of a loss that is still on its way; None of one that is not."""
    first, last = float(trend[0] - trend[1]), float(trend[-2] - trend[-1])
    told = f"{case.shown(float(trend[0]))}; {case.shown(float(trend[-1]))}"
    if last > STRAIGHT * first and trend[0] - trend[-1] > ERRORS * case.record.noise():
        return "still falls in a straight line", (
            "loss, first and last quarter of the stretch that was looked at",
            told,
        )
    line = case.plain_line
    if float(trend[-1]) > UNMOVED * line:
        return "has hardly moved", (
            "loss; who never looks at what came before has",
            f"{case.shown(float(trend[-1]))}; {case.shown(line)}",
        )
    return None
