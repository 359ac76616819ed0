"""What may be wrong with this run, one rule a file: each reads measured figures and says what they mean.

A rule is pure: the same case gives the same finding. It claims nothing that was not measured in this run; where figures
lack it says so (CannotJudge) in place of guessing. The doctor (doctor.py) gathers the figures and asks the rules.
"""

from __future__ import annotations

import abc
import math
from typing import ClassVar

from seqviz.core.lab_events import Finding
from seqviz.core.registry import Registry
from seqviz.training.diagnosis.case import Case

FINDINGS = "diagnosis.findings"  # what is watched by those who want to hear; no array stands behind it
VIOLENT = 0.1  # of the weights in one update: a hundred times the guide, enough to throw units out for good
AT_THRESHOLD, AT_MOST = 0.5, 0.97  # a figure at its threshold is an even bet; nothing measured by a rule is certain


class CannotJudge(Exception):
    """Raised by a rule that lacks figures; the text says which, as the end of "not judged: ..."."""


class Rule(abc.ABC):
    """`wants`: wildcards of trace arrays and of analyses' arrays that it reads. `order`: place among the findings.

    `explained_by`: rules whose finding, where it is surer than not, is a cause of this one, so that it is told before.
    """

    title: ClassVar[str]  # what would be wrong
    wants: ClassVar[tuple[str, ...]] = ()
    order: ClassVar[int] = 100
    explained_by: ClassVar[tuple[str, ...]] = ()

    @abc.abstractmethod
    def judge(self, case: Case) -> Finding | None:
        """What is wrong, None where nothing is.

        Raises
        ------
        CannotJudge
            figures are lacking.
        """


rules: Registry[type[Rule]] = Registry("rule of the diagnosis", "seqviz.training.diagnosis")


def confidence(value: float, threshold: float, certain: float) -> float:
    """0.5 at the threshold, 0.97 at `certain` and beyond, linear in the logarithm between; below 0.5 before it."""
    assert min(threshold, certain) > 0
    if value <= 0:  # as far below as can be
        return AT_MOST if certain < threshold else 0.0
    if not math.isfinite(value):
        return AT_MOST if certain > threshold else 0.0
    share = math.log(value / threshold) / math.log(certain / threshold)
    return max(0.0, min(AT_THRESHOLD + (AT_MOST - AT_THRESHOLD) * share, AT_MOST))


def agreeing(*confidences: float) -> float:
    """Several figures that say the same: 1 - (1 - a) (1 - b) ..., as of independent witnesses."""
    return min(1.0 - math.prod(1.0 - c for c in confidences), 0.99)


def calmer(rate: float, ratio: float) -> float:
    """A rate whose largest update is at the guide of 1e-3 of the weights; at least three times lower."""
    return rounded(rate / max(3.0, min(ratio / 1e-3, 1000.0) if ratio > 0 else 3.0))


def number(value: float, digits: int = 2) -> str:
    """Two digits that a person reads: 0.0031, 47, 1.3e-07."""
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "infinite"
    if value == 0 or 1e-4 <= abs(value) < 1e5:
        decimals = 0 if abs(value) >= 100 else digits - 1 - math.floor(math.log10(abs(value))) if value else 0
        return f"{value:.{max(decimals, 0)}f}"
    return f"{value:.{digits - 1}e}"


def percent(share: float) -> str:
    """A share as "97 %"."""
    return "less than 0.001 %" if share < 1e-5 else f"{number(100 * share)} %"


def back(distance: int) -> str:
    """The gradient by a state so many positions back, in symbols: ∂ℓₜ/∂hₜ₋₃₀."""
    return f"‖∂ℓₜ/∂hₜ₋{str(distance).translate(str.maketrans('0123456789', '₀₁₂₃₄₅₆₇₈₉'))}‖"


def rounded(rate: float) -> float:
    """A rate with one digit, as a person would type it."""
    return float(f"{rate:.0e}")
