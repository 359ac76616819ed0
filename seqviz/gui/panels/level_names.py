"""Levels between the loss and the input: their order, from the input up, and their short names. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from seqviz.gui.panels.state_names import layer_of

_PLACE = re.compile(r"(layers|blocks|conv|depth|transition|output)\.(\d+)")
_ENDS = {"embedding": 0, "features": 9, "attended": 9}
_SIDES = {"encoder": 1, "decoder": 2}
_INNER = ("attention", "mlp", "cell_state", "hidden", "hidden_state", "node_state", "residual")  # in reading order
_ARROWS = {".forward.": " →", ".backward.": " ←"}


def many_layers(names: Iterable[str]) -> bool:
    """Whether a layer must be told by its number."""
    return len({layer_of(name + ".") for name in names} - {None}) > 1


def level_order(name: str) -> tuple[int, int, int, int, str]:
    """Sorts levels as the input passes them."""
    side = _SIDES.get(name.split(".", 1)[0], 0)
    last = name.rsplit(".", 1)[-1]
    places = [(kind, int(number)) for kind, number in _PLACE.findall(name)]
    if last in _ENDS:
        stage = _ENDS[last]
    elif last == "stream":
        stage = 0
    else:
        stage = 5 if places and places[0][0] == "output" else 1
    outer = places[0][1] if places else 0
    inner = places[1][1] if len(places) > 1 else 100 + (_INNER.index(last) if last in _INNER else len(_INNER))
    return (side if stage < 9 else 9, stage, outer, inner, name)


def level_label(name: str, many: bool, dilations: Mapping[str, float] | None = None) -> str:
    """A name that fits the gutter: `stream 2`, `MLP 2`, `h, layer 1`, `level 3, d 4`; `many`: several layers."""
    places = _PLACE.findall(name)
    last = name.rsplit(".", 1)[-1]
    number = str(int(places[0][1]) + 1) if places else ""
    side = name.split(".", 1)[0] if name.split(".", 1)[0] in _SIDES else ""
    if name.startswith("blocks."):
        return {"residual": "stream", "mlp": "↳ MLP", "attention": "↳ attention"}.get(last, last) + f" {number}"
    if name == "stream":
        return "stream 0"
    if name.startswith("conv."):
        far = (dilations or {}).get(name)
        if last != "output":
            return f"↳ first of {number}"
        return f"level {number}" if far is None else f"level {number}, d {far:g}"
    if len(places) > 1:
        inner, step = places[1]
        return f"{inner} {int(step) + 1}" + (f", {number}" if many else "")
    if places and places[0][0] == "output":
        return f"output {number}"
    letter = {"hidden_state": "h", "cell_state": "c", "node_state": "h"}.get(last, last.replace("_", " "))
    letter = {"features": "head", "embedding": "embedding"}.get(last, letter)
    if side:
        return f"{side} {letter}".replace("embedding", "e")
    arrow = next((sign for part, sign in _ARROWS.items() if part in name), "")
    return f"{letter}{arrow}, layer {number}" if number and many else f"{letter}{arrow}"


def level_words(name: str, many: bool) -> str:
    """The same in a sentence: `the attention of block 1`, `the stream after block 2`, `the embedding`."""
    places = _PLACE.findall(name)
    number = int(places[0][1]) + 1 if places else 0
    last = name.rsplit(".", 1)[-1]
    if name.startswith("blocks."):
        branch = {"mlp": "the MLP"}.get(last, f"the {last}")
        return f"the stream after block {number}" if last == "residual" else f"{branch} of block {number}"
    if name.startswith("conv.") and last != "output":
        return f"the first convolution of level {number}"
    label = level_label(name, many).replace("encoder e", "the encoder's embedding")
    return {"head": "the head", "embedding": "the embedding"}.get(label, label)
