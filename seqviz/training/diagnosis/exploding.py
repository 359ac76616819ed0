"""Exploding: the gradient grows on its way back, or jumps, until a step destroys what was learned.

Two figures: the itemised decay grows with distance along a straight line of its logarithm (each position multiplies by
the same factor above 1), and the norm of the whole gradient stands far above its usual size in single steps.
Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2013.
"""

from __future__ import annotations

import numpy as np

from seqviz.core.lab_events import Finding, Suggestion
from seqviz.training.diagnosis import CannotJudge, Rule, agreeing, back, confidence, number, rounded, rules
from seqviz.training.diagnosis.case import TAIL, Case, Floats

DECAY = "gradient.decay.layers.*"
SOLVED = 0.5  # of the plain line: who answers so well and jumps nowhere is not harmed by what grows
GREW, EXPLODED = 10.0, 1e4  # times: a loss that feels the far past ten times as much as its own position
FIT = 0.8  # R2 of the logarithm over distance: growth by a factor each position, not one strong memory
SPIKE, WILD = 100.0, 1e4  # largest norm over the median: healthy runs seldom pass 10
WARM = 20  # first steps, in which every norm is falling
FEWEST = 50  # steps before a usual size of the gradient is known
NEAR = 2  # positions at the beginning of the curve that the fit leaves out, as everywhere


@rules.register("exploding")
class Exploding(Rule):
    title = "The gradient explodes"
    wants = (DECAY,)
    order = 20

    def judge(self, case: Case) -> Finding | None:
        curves = case.matching(DECAY)
        growth, distance, factor = max((grown(curve) for curve in curves.values()), default=(0.0, 0, 1.0))
        norms = case.record.grad_norms[WARM:]
        if not curves and len(norms) < FEWEST and not case.record.diverged:
            raise CannotJudge(f"{FEWEST} steps are needed to know the gradient's usual size")
        spike, usual = spikes(norms)
        harmed = spike >= SPIKE or bool(case.record.diverged) or growth >= EXPLODED
        if not harmed and case.record.loss_now() < SOLVED * case.plain_line:
            return None
        evidence: list[tuple[str, str]] = []
        sures: list[float] = []
        if growth >= GREW:
            sures.append(confidence(growth, GREW, EXPLODED))
            evidence.append((f"{back(distance)} over ‖∂ℓₜ/∂hₜ‖", f"{number(growth)} times"))
            evidence.append(("each position on the way back multiplies by", number(factor, 3)))
        if spike >= SPIKE:
            sures.append(confidence(spike, SPIKE, WILD))
            evidence.append(
                ("largest gradient norm of the last steps; its median", f"{number(spike * usual)}; {number(usual)}")
            )
        if case.record.diverged:
            sures.append(0.8 if sures else 0.6)
            evidence.append(("the run ended with a number that is none, in", case.record.diverged))
        if not sures:
            return None
        clip = case.knob("training", "clip_norm", 0.0)
        held = f"; clipping at {number(clip)} holds it back" if clip else ", and nothing clips it"
        cause = (
            f"Each position on the way back makes the gradient {number(factor, 3)} times as large"
            if growth >= GREW
            else "The gradient's norm jumps far above its usual size"
            if spike >= SPIKE
            else f"Numbers grew until {case.record.diverged} held one that is none"
        )
        return Finding(
            "exploding", self.title, f"{cause}{held}.", agreeing(*sures), tuple(evidence),
            "gradient_map" if growth >= GREW else "parameter_gradients", _remedies(case, usual),
        )  # fmt: skip


def grown(curve: np.ndarray) -> tuple[float, int, float]:
    """(growth, distance, factor per position) of a decay curve that grows geometrically; (0, 0, 1) of others."""
    values = np.asarray(curve, np.float64)
    x = np.flatnonzero(np.isfinite(values) & (values > 0))
    x = x[x > NEAR]
    if len(x) < 4:
        return 0.0, 0, 1.0
    y = np.log(values[x])
    slope, start = np.polyfit(x, y, 1)
    rest = y - (slope * x + start)
    fit = 1.0 - float(rest @ rest) / max(float(((y - y.mean()) ** 2).sum()), 1e-12)
    if slope <= 0 or fit < FIT:
        return 0.0, 0, 1.0
    at = int(x[np.argmax(y)])
    return float(values[at]), at, float(np.exp(slope))


def spikes(norms: Floats) -> tuple[float, float]:
    """(largest over median, median) of the last steps' norms; (0, nan) where there are too few."""
    known = norms[-2 * TAIL :]
    known = known[np.isfinite(known)]
    if len(known) < FEWEST:
        return 0.0, float("nan")
    usual = float(np.median(known))
    return (float(known.max()) / usual if usual > 0 else 0.0), usual


def _remedies(case: Case, usual: float) -> tuple[Suggestion, ...]:
    found = []
    if not case.knob("training", "clip_norm", 0.0):
        found.append(Suggestion("clip_norm", 1.0, "clip the norm at 1"))
    if case.matching(DECAY):
        found.append(Suggestion("spectral_radius", 1.0, "spectral radius 1"))
        scaled = case.knob("model", "spectral_radius", 0.0)  # it would be scaled after the start, and undo it
        found.append(
            Suggestion("start", "orthogonal", "orthogonal start", (("spectral_radius", 0.0),) if scaled else ())
        )
    rate = case.knob("optimizer", "learning_rate", 0.0)
    if rate:
        found.append(Suggestion("learning_rate", rounded(rate / 3), f"learning rate {rounded(rate / 3):g}"))
    return tuple(found)
