"""Vanishing through time: what a loss says about the past dies before it reaches where the answer lies.

Read from the itemised decay, ||d l_t / d h_{t-d}|| as a share of that at distance 0: the total norms look flat even
when nothing flows back. A short memory is no illness by itself: a trained LSTM on stories loses half every five
characters and is well. It is one where the task asks for more (copy memory: the delay), or where counting n-grams looks
further back than the gradient reaches, and foretells better.
Bengio, Simard and Frasconi, "Learning long-term dependencies with gradient descent is difficult", 1994.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from seqviz.analysis.gradient_decay import horizon
from seqviz.core.lab_events import Finding, Suggestion
from seqviz.training.diagnosis import CannotJudge, Rule, agreeing, back, confidence, percent, rules
from seqviz.training.diagnosis.case import Case, Floats

DECAY = "gradient.decay.layers.*"
FORGOTTEN = 0.01  # the 1 % horizon that the program tells everywhere
GONE = 1e-5  # no optimiser finds a signal so far below the noise of the rest of the gradient
FAR = 15  # positions: over more than ten or twenty no start of a squashed state helps (Bengio et al. 1994)
SOLVED = 0.5  # of the plain line: whoever answers so well has learned what it needed to
LEARNED_FROM = 200  # steps: before, every net is behind a counted line
BEHIND = 1.02  # times the counted line: 2 % is beyond the noise of a sampled validation


@rules.register("vanishing")
class Vanishing(Rule):
    title = "The gradient vanishes through time"
    wants = (DECAY, "layers.*.hidden_state")
    order = 10
    explained_by = ("rate_too_high",)

    def judge(self, case: Case) -> Finding | None:
        reach = furthest(case)
        if reach is None:
            carries = case.matching("layers.*.hidden_state")
            why = (
                "one loss at the end is no curve" if carries else f"no state of {case.title} has a curve over distance"
            )
            raise CannotJudge(case.why_missing(DECAY, why))
        if case.distance:
            return self._by_task(case, reach)
        return self._by_counting(case, reach)

    def _by_task(self, case: Case, reach: Floats) -> Finding | None:
        at = min(case.distance, len(reach) - 1)
        if at < case.distance / 2:
            raise CannotJudge(f"the windows are {len(reach)} positions long, the task looks back {case.distance}")
        share, loss, line = float(reach[at]), case.record.loss_now(), case.plain_line
        if math.isnan(share):
            raise CannotJudge(f"no loss was measured {at} positions after a state")
        if share >= FORGOTTEN or loss < SOLVED * line:
            return None
        sure = confidence(share, FORGOTTEN, GONE)
        evidence = [(f"{back(at)} as a share of ‖∂ℓₜ/∂hₜ‖", percent(share)), _horizon(reach, case)]
        if loss >= 0.9 * line:
            sure = agreeing(sure, 0.3)
            evidence.append(("training loss; who remembers nothing has", f"{case.shown(loss)}; {case.shown(line)}"))
        sentence = (
            f"The answer lies {case.distance} positions back, and {percent(share)} of the gradient arrives there: "
            f"the weights are hardly told what they should have kept."
        )
        return Finding("vanishing", self.title, sentence, sure, tuple(evidence), "gradient_map", _remedies(case))

    def _by_counting(self, case: Case, reach: Floats) -> Finding | None:
        counted, loss = case.counted, case.record.valid_now()
        end = horizon(reach, FORGOTTEN)
        if counted is None:
            raise CannotJudge("nothing says how far back this task must look: no delay, no counted n-gram")
        if case.step < LEARNED_FROM or math.isnan(loss):
            raise CannotJudge(f"before step {LEARNED_FROM} every net is behind the counted line")
        order, line = counted
        if not (end < order and loss > BEHIND * line):  # the n-gram's context ends at distance order - 2
            return None
        sure = agreeing(confidence(loss / line, BEHIND, 2.0), 0.2 * (order - end) / order)
        evidence = (
            _horizon(reach, case),
            (f"a {order}-gram looks back", f"{order - 1} positions"),
            (f"validation loss; the {order}-gram's", f"{case.shown(loss)}; {case.shown(line)}"),
        )
        sentence = (
            f"After {end:.0f} positions less than 1 % of the gradient is left, so the net learns from a shorter "
            f"past than the {order}-gram counts, and foretells worse than it."
        )
        return Finding("vanishing", self.title, sentence, sure, evidence, "gradient_map", _remedies(case))


def furthest(case: Case) -> Floats | None:
    """(distance,): of all states carried (h, c, every layer) what reaches furthest; None where nothing is carried."""
    curves = list(case.matching(DECAY).values())
    if not curves or not any(np.isfinite(curve).any() for curve in curves):
        return None
    length = min(len(curve) for curve in curves)
    stacked = np.stack([curve[:length] for curve in curves]).astype(np.float64)  # (site, distance)
    return np.asarray(np.where(np.isfinite(stacked).any(axis=0), np.fmax.reduce(stacked, axis=0), np.nan))


def _horizon(reach: Floats, case: Case) -> tuple[str, str]:
    end = horizon(reach, FORGOTTEN)
    told = f"more than {len(reach) - 1}" if math.isinf(end) else f"{end:.0f}"
    return "1 % horizon", f"{told} {case.unit.token}s"


def _remedies(case: Case) -> tuple[Suggestion, ...]:
    knobs = case.config.get("model", {})
    if "forget_bias" in knobs:
        return (Suggestion("forget_bias", 3.0, "forget bias 3: 95 % open at the start"),)
    free: tuple[tuple[str, Any], ...] = (("spectral_radius", 0.0),) if knobs.get("spectral_radius") else ()
    matrix = [
        Suggestion("spectral_radius", 1.0, "spectral radius 1"),
        Suggestion("start", "orthogonal", "orthogonal start", free),
    ]
    cell = [Suggestion("gates", "lstm", "an LSTM with forget bias 3", (("forget_bias", 3.0), *free))]
    if "activation" in knobs:
        cell.append(Suggestion("start", "identity", "ReLU with an identity start", (("activation", "relu"), *free)))
    return tuple([*cell, *matrix] if case.distance > FAR else [*matrix, *cell])
