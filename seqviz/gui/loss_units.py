"""Units a loss can be shown in: nats, bits per character, perplexity, or the task's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqviz.core.units import Unit
from seqviz.gui.number_text import loss_text

_LARGEST_EXPONENT = 69.0  # e^69 ~ 1e30, the most a plot can draw


@dataclass(frozen=True)
class ShownUnit:
    """`option`: its name in a menu; `axis`: what the header says; `short`: the word after a number."""

    option: str
    axis: str
    short: str
    per_nat: float
    exponential: bool = False

    def convert(self, nats: ArrayLike) -> NDArray[np.float64]:
        """Losses in nats per token as this unit. Increasing, so extremes stay extremes."""
        array = np.asarray(nats, dtype=np.float64)
        if self.exponential:
            return np.exp(np.minimum(array * self.per_nat, _LARGEST_EXPONENT))
        return array * self.per_nat

    def value(self, nats: float) -> float:
        return float(self.convert(nats))

    def text(self, nats: float) -> str:
        """Number and word: `1.58 bits`, `perplexity 3.0`."""
        number = self.number(nats)
        return f"perplexity {number}" if self.exponential else f"{number} {self.short}"

    def number(self, nats: float) -> str:
        """See `loss_text`."""
        return loss_text(self.value(nats))


def shown_units(unit: Unit) -> tuple[ShownUnit, ...]:
    """What a run's loss can be shown in, its own unit first."""
    if unit.name.startswith("bits/"):
        per = {"bits/char": "character", "bits/hidden": "hidden character"}.get(unit.name, unit.token)
        own = ShownUnit(f"bits per {per}", f"bits per {per}", "bits", unit.per_nat)
        nats = ShownUnit("nats", f"nats per {unit.token}", "nats", 1.0)
        return own, nats, _perplexity(unit.token), *_per_character(unit)
    if unit.name.startswith("nats"):  # a density, or words told from drawn ones: no perplexity
        return (ShownUnit("nats", unit.name.replace("/", " per "), "nats", unit.per_nat),)
    return (ShownUnit(unit.name, unit.name, unit.name, unit.per_nat),)


def _per_character(unit: Unit) -> tuple[ShownUnit, ...]:
    """The perplexity that word, byte-pair and character models compare by, where it is another one."""
    if not unit.characters or unit.token == "character":
        return ()
    name = "perplexity per character"
    return (ShownUnit(name, name, "perplexity", 1.0 / unit.characters, exponential=True),)


def _perplexity(token: str) -> ShownUnit:
    return ShownUnit("perplexity", f"perplexity per {token}", "perplexity", 1.0, exponential=True)
