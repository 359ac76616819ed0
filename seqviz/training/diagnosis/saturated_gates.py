"""Saturated gates: units whose gate is stuck at 0 or 1 at every position, so that no gradient can move it.

The slope of a gate is g (1 - g): 0.25 in the middle, below 0.0025 beyond 0.0025 and 0.9975. Single units that are stuck
are common in healthy nets, and useful (Karpathy, Johnson and Fei-Fei 2015 count them); half of a gate's units are not.
"""

from __future__ import annotations

import numpy as np

from seqviz.core.lab_events import Finding, Suggestion
from seqviz.core.tensor_names import layer_title
from seqviz.training.diagnosis import VIOLENT, CannotJudge, Rule, calmer, confidence, number, percent, rules
from seqviz.training.diagnosis.case import Case

SLOPE = 0.0025  # a hundredth of the largest: updates of the gate are a hundred times slower
STUCK, ALL = 0.5, 0.95  # share of a gate's units


@rules.register("saturated_gates")
class SaturatedGates(Rule):
    title = "Gates are stuck"
    wants = ("*_gate", "*.gate")
    order = 60
    explained_by = ("rate_too_high",)

    def judge(self, case: Case) -> Finding | None:
        gates = {name: gate for name, gate in case.matching(*self.wants).items() if _is_gate(gate)}
        if not gates:
            raise CannotJudge(case.why_missing(self.wants[0], f"{case.title} has no gates"))
        shares = {name: float(stuck(gate).mean()) for name, gate in gates.items()}
        ill = sorted((name for name in shares if shares[name] >= STUCK), key=lambda name: -shares[name])
        if not ill:
            return None
        worst = ill[0]
        sentence = (
            f"{percent(shares[worst])} of the units of {_words(worst)} stay {_where(gates[worst])} at every position: "
            "their slope is so small that training can hardly move them."
        )
        evidence = tuple((f"units stuck, {_words(name)}", percent(shares[name])) for name in ill[:4])
        return Finding(
            "saturated_gates", self.title, sentence, confidence(shares[worst], STUCK, ALL), evidence, "saturation",
            _remedies(case, worst),
        )  # fmt: skip


def stuck(gate: np.ndarray) -> np.ndarray:
    """(unit,) bool: the gate's slope is next to nothing at every position of every window (window, position, unit)."""
    slopes = (gate * (1.0 - gate)).reshape(-1, gate.shape[-1])  # (window * position, unit)
    return np.asarray((slopes < SLOPE).all(axis=0))


def _where(gate: np.ndarray) -> str:
    """Of the stuck units alone: "open (mean 0.999)", or how many of them are which, or that they go to and fro."""
    units = gate.reshape(-1, gate.shape[-1])[:, stuck(gate)]  # (window * position, stuck unit)
    is_open, is_closed = float((units > 0.5).all(axis=0).mean()), float((units < 0.5).all(axis=0).mean())
    if is_open == 1.0 or is_closed == 1.0:
        return f"{'open' if is_open else 'closed'} (mean {number(float(units.mean()), 3)})"
    if is_open + is_closed == 1.0:
        return f"open or closed ({percent(is_open)} of them open)"
    return "wide open or shut (many of them now one, now the other)"


def _is_gate(gate: np.ndarray) -> bool:
    return gate.ndim >= 2 and gate.size > 0 and bool((gate >= 0).all() and (gate <= 1).all())


def _words(name: str) -> str:
    """`layers.0.forget_gate` as "the forget gate of layer 1"."""
    *path, gate = name.split(".")
    place = f" of {layer_title(name)}" if path else ""
    return f"the {gate.replace('_', ' ')}{place}"


def _remedies(case: Case, worst: str) -> tuple[Suggestion, ...]:
    found = []
    if "forget_gate" in worst and "forget_bias" in case.config.get("model", {}):
        found.append(Suggestion("forget_bias", 1.0, "forget bias 1: 73 % open at the start"))
    rate = case.knob("optimizer", "learning_rate", 0.0)
    ratio = case.record.largest_ratio()
    if rate and ratio >= VIOLENT:  # else they began so, and smaller steps would keep them there
        lower = calmer(rate, ratio)
        found.append(Suggestion("learning_rate", lower, f"learning rate {lower:g}"))
    return tuple(found)
