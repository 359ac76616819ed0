"""Learning rate too high: updates so large that the loss rises again, or never comes down.

Large updates alone are no fault (small nets move fast in health), nor is a loss that stands still: it takes both.
The guide for update over weight is 1e-3 (a rule of thumb: Bottou 2012; Karpathy's CS231n notes).
"""

from __future__ import annotations

import math

from seqviz.core.lab_events import Finding, Suggestion
from seqviz.training.diagnosis import CannotJudge, Rule, agreeing, confidence, number, rounded, rules
from seqviz.training.diagnosis.case import Case, Floats

LARGE, HUGE = 3e-3, 0.1  # update over weight: three and a hundred times the guide
RISE = 0.05  # of the loss: beyond what a batch's luck brings to a median
ERRORS = 4.0  # standard errors of the median
WORSE = 1.05  # times a loss that needs no learning
STUCK, LEAPT = (
    0.97,
    1.25,
)  # at the plain line itself healthy nets pause, some for long; not those thrown there from above
RUINED = 2.0  # times the loss before the first update: the steps have made it so
AGREES = 0.4


@rules.register("rate_too_high")
class RateTooHigh(Rule):
    title = "The learning rate is too high"
    order = 40

    def judge(self, case: Case) -> Finding | None:
        record, trend = case.record, case.record.trend()
        ruin = record.loss_now() / record.began() if record.began() > 0 else 0.0
        # weights that were blown up make the same updates small beside them: the largest tells what ruined them
        ratio = record.largest_ratio() if ruin > RUINED else record.ratio()
        if trend is None and not record.diverged:
            raise CannotJudge("80 steps at this rate are needed to tell a trend of the loss")
        if math.isnan(ratio):
            raise CannotJudge("no update of late was measured: some steps must be made while somebody looks")
        trouble = _trouble(case, trend)
        if record.diverged:
            trouble.append(("the run ended with a number that is none, in", record.diverged))
        if not trouble or ratio < LARGE:
            return None
        rate = float(record.rates[-1])
        sures = [confidence(ratio, LARGE, HUGE), *(AGREES for _ in trouble[1:])]
        sure = agreeing(*sures, *([confidence(ruin, WORSE, RUINED)] if ruin > WORSE else []))
        does = (
            "rises again"
            if trouble[0][0].startswith("loss rose")
            else f"is {number(ruin)} times what it was before the first"
            if ruin > WORSE
            else "does not come down"
        )
        steps = "Single steps changed" if ruin > RUINED else "Each step changes"
        sentence = f"{steps} the weights by {number(100 * ratio)} % of their size, and the loss {does}."
        size = "largest size of an update" if ruin > RUINED else "size of an update"
        evidence = ((f"{size} over that of the weights", number(ratio)), *trouble)
        lower = rate / max(10.0, min(ratio / 1e-3, 1000.0))
        lower = rounded(lower)
        suggestions = (Suggestion("learning_rate", lower, f"learning rate {lower:g} in place of {rate:g}"),)
        return Finding("rate_too_high", self.title, sentence, sure, evidence, "update_ratio", suggestions)


def _trouble(case: Case, trend: Floats | None) -> list[tuple[str, str]]:
    """What is wrong with the loss: (what was measured, the number)."""
    if trend is None:
        return []
    found: list[tuple[str, str]] = []
    lowest, now, line = float(trend.min()), float(trend[-1]), case.plain_line
    if now - lowest > max(RISE * abs(lowest), ERRORS * case.record.noise()):
        told = f"{case.shown(now)}; {case.shown(lowest)}"
        found.append(("loss rose again, median of the last stretch; the lowest", told))
    thrown = case.record.peak() > LEAPT * case.record.began()
    if now > (STUCK if thrown else WORSE) * line and now >= 0.98 * float(trend[-2]):
        told = f"{case.shown(now)}; {case.shown(line)}"
        found.append(("loss stands still; who never looks at what came before has", told))
    began = case.record.began()
    if thrown and found:
        told = f"{case.shown(case.record.peak())}; {case.shown(began)}"
        found.append(("the highest loss so far; before the first update it was", told))
    if began > 0 and now > WORSE * began:  # no line is needed to say that nothing was gained
        found.append(("loss; before the first update it was", f"{case.shown(now)}; {case.shown(began)}"))
    return found
