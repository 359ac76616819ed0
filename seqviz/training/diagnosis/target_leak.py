"""A forgotten mask or a target that leaks into the input: the model is shown what it should foretell.

Exact: the gradient of losses up to a position by the embeddings after it. In a task that must be answered without the
future it is 0 to the last bit. Where the target leaks in another way (written into the input itself), no gradient shows
it, but the loss does: training and validation loss far below the line that was counted on the same text.
"""

from __future__ import annotations

import math

from seqviz.core.lab_events import Finding
from seqviz.training.diagnosis import CannotJudge, Rule, confidence, number, percent, rules
from seqviz.training.diagnosis.case import Case

FUTURE = "future.gradient"
LEAK, FULL = (
    1e-6,
    1e-3,
)  # share of the gradient that goes to later inputs; where no path leads it is exactly 0
FAR_BELOW, BARELY_ANY = 1 / 3, 1 / 20  # of the counted n-gram's loss: no language model of its size gets there
EARLY = 3.0  # passes over the training text: later, a small text may simply be known by heart
MOST_FROM_LOSS = 0.8  # the loss alone may have another reason: a text that repeats itself


@rules.register("target_leak")
class TargetLeak(Rule):
    title = "The model sees what it should foretell"
    wants = (FUTURE,)
    order = 5

    def judge(self, case: Case) -> Finding | None:
        shares = case.arrays.get(FUTURE)
        known = shares is not None and case.causal
        if known:
            assert shares is not None
            found = self._by_gradient(case, float(shares[0]), float(shares[1]))
            if found is not None:
                return found
        found = self._by_loss(case)
        if found is None and not known:
            raise CannotJudge(
                case.why_missing(FUTURE, "its gradient to later inputs was not measured")
                if case.causal
                else "this task may be answered with what comes later"
            )
        return found

    def _by_gradient(self, case: Case, future: float, past: float) -> Finding | None:
        share = future / (future + past) if future + past > 0 else 0.0
        if share <= LEAK:
            return None
        so_far = f", and the loss {case.shown(case.record.loss_now())} is no foretelling" if case.step else ""
        sentence = (
            f"{percent(share)} of the gradient of the losses goes to inputs that come after them: "
            f"a mask is missing{so_far}."
        )
        evidence = (
            ("gradient of losses by inputs after them (0 where nothing leaks)", number(future)),
            ("gradient of losses by inputs up to them", number(past)),
        )
        sure = max(confidence(share, LEAK, FULL), 0.9)  # where 0 is exact, any number is one too many
        return Finding("target_leak", self.title, sentence, sure, evidence, "gradient_map")

    def _by_loss(self, case: Case) -> Finding | None:
        counted, train, valid = case.counted, case.record.loss_now(), case.record.valid_now()
        if counted is None or not case.unit.has_perplexity or math.isnan(train) or math.isnan(valid):
            return None
        passes = case.tokens / case.tokens_per_epoch if case.tokens_per_epoch else math.inf
        order, line = counted
        share = max(train, valid) / line
        if not (share < FAR_BELOW and passes <= EARLY):
            return None
        evidence = (
            ("training loss; validation loss", f"{case.shown(train)}; {case.shown(valid)}"),
            (f"the {order}-gram counted on the same text", case.shown(line)),
            ("passes over the training text so far", number(passes)),
        )
        sentence = (
            f"After {number(passes)} passes the loss is {percent(share)} of what a {order}-gram of the same text has: "
            "look whether the target is part of the input, or the validation text part of the training text."
        )
        sure = min(confidence(share, FAR_BELOW, BARELY_ANY), MOST_FROM_LOSS)
        return Finding("target_leak", self.title, sentence, sure, evidence, "loss")
