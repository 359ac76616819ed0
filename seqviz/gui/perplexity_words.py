"""Perplexity, said right: per token and per character, from nats and from bits, with the numbers of now. Pure."""

from __future__ import annotations

import math

from seqviz.core.units import Unit, bits, perplexity, perplexity_of_bits
from seqviz.gui.number_text import short

FORMULA = r"PP = e^{L} = 2^{L / \ln 2}"


def applies(unit: Unit) -> bool:
    """A loss over symbols has a perplexity; a squared error or a density has none."""
    return unit.has_perplexity


def figure(value: float) -> str:
    """Four figures at most: `138.9`, `2.67`, `1.035`, `12 345`; infinity and nan as signs."""
    if not math.isfinite(value) or value >= 1000:
        return short(value) if not math.isfinite(value) or value >= 1e6 else f"{value:,.0f}".replace(",", "\u2009")
    return f"{value:.3f}" if value < 2 else f"{value:.2f}" if value < 100 else f"{value:.1f}"


def per_token(nats: float, unit: Unit) -> str:
    """`per word: e^4.934 = 2^7.118 = 138.9`."""
    number = bits(nats)
    agree = math.isclose(perplexity(nats), perplexity_of_bits(number), rel_tol=1e-9)
    assert agree or not math.isfinite(perplexity(nats)), nats
    return f"per {unit.token}: e^{nats:.3f} = 2^{number:.3f} = {figure(perplexity(nats))}"


def per_character(nats: float, unit: Unit) -> str:
    """`per character, 5.03 of them a word: e^(4.934 / 5.03) = 2^1.415 = 2.67`; "" for characters and for no text."""
    value = unit.perplexity_per_character(nats)
    if value is None or unit.token == "character":
        return ""
    many = unit.characters
    return (
        f"per character, {many:.2f} of them a {unit.token}: "
        f"e^({nats:.3f} / {many:.2f}) = 2^{bits(nats / many):.3f} = {figure(value)}"
    )


def about_unknown(unit: Unit) -> str:
    """What the unknown word does to the figures; "" where there is none."""
    if not unit.unknown:
        return ""
    share = f"{unit.unknown:.1%}".replace("%", " %")
    return f"{share} of the {unit.token}s are <unk>, any rare {unit.token}: easy to foretell, so the figures flatter"


def lines(nats: float | None, unit: Unit) -> tuple[str, ...]:
    """All there is to say of a mean loss in nats per token, a line each; () where nothing applies."""
    if nats is None or not applies(unit):
        return ()
    if math.isnan(nats):
        return ("No perplexity: the scores are no distribution.",)
    if math.isinf(nats):
        return ("Perplexity ∞: something that came was given probability 0.",)
    found = ("Perplexity of unseen text", per_token(nats, unit), per_character(nats, unit), about_unknown(unit))
    return tuple(line for line in found if line)


def hover_text(nats: float | None, unit: Unit) -> str:
    """For a tooltip: plain text with line ends."""
    return "\n".join(lines(nats, unit))
