"""Dead units: ReLU units that answer 0 to everything, so that no gradient ever reaches what feeds them.

A ReLU is at 0 for many inputs in health; dead is who is at 0 for all positions of all windows looked at. Where what
is read is never negative (the states of other ReLU units), half may be so from the start by chance, in health.
"""

from __future__ import annotations

import numpy as np

from seqviz.core.lab_events import Finding, Suggestion
from seqviz.core.tensor_names import layer_title
from seqviz.training.diagnosis import VIOLENT, CannotJudge, Rule, calmer, confidence, number, percent, rules
from seqviz.training.diagnosis.case import Case

DEAD, ALL = 0.75, 0.98  # share of a layer's units
FEWEST = 100  # positions: fewer may all happen to be on the one side


@rules.register("dead_units")
class DeadUnits(Rule):
    title = "Units are dead"
    wants = ("layers.*.hidden_state", "*.hidden", "*.output")
    order = 70
    explained_by = ("rate_too_high",)

    def judge(self, case: Case) -> Finding | None:
        layers = {name: values for name, values in case.matching(*self.wants).items() if rectified(values)}
        if not layers:
            raise CannotJudge(f"{case.title} has no units that are cut off at 0")
        seen = min(int(np.prod(values.shape[:-1])) for values in layers.values())
        if seen < FEWEST:
            raise CannotJudge(f"{seen} positions are too few to call a unit dead")
        shares = {name: float(dead(values).mean()) for name, values in layers.items()}
        ill = sorted((name for name in shares if shares[name] >= DEAD), key=lambda name: -shares[name])
        if not ill:
            return None
        sentence = (
            f"{percent(shares[ill[0]])} of the units of {layer_title(ill[0])} are 0 at all of {seen} positions: they "
            "pass nothing on and are told nothing."
        )
        evidence = tuple((f"units that are always 0, {layer_title(name)}", percent(shares[name])) for name in ill[:4])
        rate, ratio = case.knob("optimizer", "learning_rate", 0.0), case.record.largest_ratio()
        if ratio >= VIOLENT:
            evidence += (("largest update so far, over the size of the weights", number(ratio)),)
        suggestions = []
        if "activation" in case.config.get("model", {}):
            suggestions.append(Suggestion("activation", "leaky", "leaky ReLU: a slope below 0 too"))
            suggestions.append(Suggestion("activation", "gelu", "GELU: a slope below 0 too"))
        if rate:
            suggestions.append(
                Suggestion("learning_rate", calmer(rate, ratio), f"learning rate {calmer(rate, ratio):g}")
            )
        return Finding(
            "dead_units", self.title, sentence, confidence(shares[ill[0]], DEAD, ALL), evidence, "activation_health",
            tuple(suggestions),
        )  # fmt: skip


def rectified(values: np.ndarray) -> bool:
    """Whether this came out of a ReLU: nothing below 0, and something exactly 0."""
    return values.ndim >= 2 and values.size > 0 and float(values.min()) == 0.0


def dead(values: np.ndarray) -> np.ndarray:
    """(unit,) bool: 0 at every position of every window (window, position, unit)."""
    return np.asarray((values.reshape(-1, values.shape[-1]) == 0).all(axis=0))
