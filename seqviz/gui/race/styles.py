"""How racers are told apart: the family's hue, and within a family by shade, dash and marker besides the name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from seqviz.gui.meanings import family_of, member_style

T = TypeVar("T")
_NEAR = {"convolution": "hmm", "gru": "lstm"}  # hues that a projector makes one
_SHADES = (0.0, 0.42, 0.7)  # shares of ink mixed into the family's colour
_DASHES: tuple[tuple[float, ...], ...] = ((), (5.0, 2.5), (2.0, 1.8), (7.0, 2.0, 2.0, 2.0), (10.0, 3.0), (1.0, 2.5))
_MARKERS = ("disc", "diamond", "square", "triangle", "ring")


@dataclass(frozen=True)
class RacerStyle:
    """`colour` as `colour_of` reads it; `dash` in pen widths; `marker` at the end of its curve."""

    colour: str
    dash: tuple[float, ...]
    marker: str


def styles_of(models: Sequence[tuple[str, str]]) -> list[RacerStyle]:
    """One style for each (family, architecture), in order; no two of one hue share shade, dash or marker, and no two
    of hues that look alike share dash or marker.
    """
    seen: dict[str, list[RacerStyle]] = {}
    found = []
    for family, name in models:
        hue = family_of(family) or family_of(name) or family
        kin = seen.setdefault(_NEAR.get(hue, hue), [])
        of_hue = [style for style in kin if style.colour.removeprefix("family:").split("@")[0] == hue]
        own = member_style(name)
        shade = _SHADES[min(len(of_hue), len(_SHADES) - 1)]
        style = RacerStyle(
            f"family:{hue}@{shade:g}" if shade else f"family:{hue}",
            _free(own.dash, [k.dash for k in kin], _DASHES),
            _free(own.marker, [k.marker for k in kin], _MARKERS),
        )
        kin.append(style)
        found.append(style)
    return found


def _free(wanted: T, taken: list[T], others: Sequence[T]) -> T:
    return next((one for one in (wanted, *others) if one not in taken), wanted)
