"""Names of sites and layers for people, from trace names such as `gradient.itemised.layers.0.cell_state`."""

from __future__ import annotations

import re
from collections.abc import Iterable

_STATES = {
    "hidden_state": ("hidden state", "h"),
    "cell_state": ("cell state", "c"),
    "normalised_cell": ("normalised cell", "c"),
    "embedding": ("input embedding", "e"),
}
DIRECTIONS = ("forward", "backward")
BOTH = "both"
_INNER = re.compile(r"(depth|transition|output)\.(\d+)(\.state)?$")  # states inside one step, or above the layers
_NUMBERED = re.compile(r"\b(layers|blocks|conv)\.(\d+)\.")
_LEVELS_LAST = 1000  # more than any net has layers


def layer_of(name: str) -> int | None:
    """Layer or block number in a trace name, counted from 0."""
    found = _NUMBERED.search(name)
    return int(found.group(2)) if found else None


def symbol(site: str) -> str:
    """The letter of a site in formulas: h, c, e (x for others)."""
    last = site.rsplit(".", 1)[-1]
    return _STATES.get(last, ("", "x"))[1]


def direction_of(name: str) -> str:
    """`forward` or `backward` of a net that reads both ways, `both` of what joins them; "" of all others."""
    return next((part for part in name.split(".") if part in (*DIRECTIONS, BOTH)), "")


def site_title(site: str, many_layers: bool) -> str:
    """`hidden state h`, `cell state c, layer 2`, `transition 1, layer 2`."""
    last = site.rsplit(".", 1)[-1]
    words, letter = _STATES.get(last, (last.replace("_", " "), ""))
    inner = _INNER.search(site)
    title = f"{inner.group(1)} {int(inner.group(2)) + 1}" if inner else f"{words} {letter}".strip()
    way = direction_of(site)
    title = f"{title}, both directions" if way == BOTH else f"{way} {title}".strip()
    layer = layer_of(site + ".")
    return f"{title}, layer {layer + 1}" if many_layers and layer is not None else title


def site_order(site: str) -> tuple[int, int, str]:
    """The top layer first, its hidden state before its cell state; then what belongs to no layer, such as the input
    embedding; last the levels of a convolutional net, which carry nothing.
    """
    layer = layer_of(site + ".")
    last = site.rsplit(".", 1)[-1]
    rank = list(_STATES).index(last) if last in _STATES else len(_STATES)
    way = direction_of(site)
    place = 1 if layer is None else _LEVELS_LAST - layer if site.startswith("conv.") else -layer
    later = (BOTH, *DIRECTIONS).index(way) if way else 0
    return (place, rank + len(_STATES) * later, site)


def titles_of(sites: Iterable[str]) -> dict[str, str]:
    """Title -> site, in the order of a menu."""
    ordered = sorted(sites, key=site_order)
    many = len({layer_of(s + ".") for s in ordered}) > 1
    return {site_title(site, many): site for site in ordered}
