"""Clipping always on: every step is cut back to the same length, most of the gradient's size is thrown away.

Clipping is meant for the rare step (Pascanu et al. 2013 set the threshold at half to ten times the usual norm); cut at
each step, only the direction is left, and the step size is decided by the threshold alone.
"""

from __future__ import annotations

import numpy as np

from seqviz.core.lab_events import Finding, Suggestion
from seqviz.training.diagnosis import CannotJudge, Rule, confidence, number, percent, rules
from seqviz.training.diagnosis.case import TAIL, Case

ADAPTIVE = frozenset({"adamw", "adam", "rmsprop"})  # a constant factor of the gradient cancels out of their steps
FEWEST = 50  # steps
ALWAYS = 0.95  # share of the steps
KEPT, NOTHING_KEPT = 0.01, 0.001  # of the length: a net that foretells numbers may start at norms of 50, in health


@rules.register("clipping")
class Clipping(Rule):
    title = "Clipping is always on"
    order = 30

    def judge(self, case: Case) -> Finding | None:
        limit = case.knob("training", "clip_norm", 0.0)
        if not limit:
            return None
        scales, norms = case.record.clip_scales[-TAIL:], case.record.grad_norms[-TAIL:]
        if len(scales) < FEWEST:
            raise CannotJudge(f"{FEWEST} steps are needed to tell always from sometimes")
        clipped, kept = float((scales < 1.0).mean()), float(np.median(scales))
        if clipped < ALWAYS or kept > KEPT:
            return None
        usual = float(np.median(norms))
        allowed = float(np.percentile(norms, 90))  # then one step in ten is clipped
        sentence = (
            f"{percent(clipped)} of the last {len(scales)} steps were clipped, to {percent(kept)} of their length: "
            f"the limit {number(limit)} stands far below the usual norm {number(usual)}."
        )
        if case.knob("optimizer", "name") in ADAPTIVE:
            sentence += " This optimiser divides by the gradient's usual size, so that it costs less than with SGD."
        evidence = (
            (f"steps clipped, of the last {len(scales)}", percent(clipped)),
            ("share of the gradient's length that is kept, median", percent(kept)),
            ("gradient norm before clipping, median", number(usual)),
        )
        suggestions = (Suggestion("clip_norm", float(f"{allowed:.2g}"), f"clip at {number(allowed)}: one step in ten"),)
        return Finding(
            "clipping", self.title, sentence, confidence(kept, KEPT, NOTHING_KEPT), evidence, "parameter_gradients",
            suggestions,
        )  # fmt: skip
