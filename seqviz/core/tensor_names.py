"""Parameters and traced arrays as people speak of them: layers, blocks and levels count from 1. Pure."""

from __future__ import annotations

import re

_RECURRENT = re.compile(r"^(weight|bias)_(ih|hh)_l(\d+)(_reverse)?$")
_NUMBERED = {"layers": "layer", "blocks": "block", "conv": "level", "cells": "layer"}
_OF_CONVOLUTIONS = {"first", "second", "look", "around"}  # modules of a block that people call a level
_SYMBOLS = {
    "weight": "W", "weight_ih": "Wᵢₕ", "weight_hh": "Wₕₕ", "bias": "b", "bias_ih": "bᵢₕ", "bias_hh": "bₕₕ",
    "original0": "length", "original1": "W",
}  # fmt: skip
_MODULES = {  # of a module with one weight: how papers write that
    "query_key_value": "W_qkv", "project": "Wₒ", "widen": "mlp W₁", "narrow": "mlp W₂", "norm_attention": "norm attn",
    "norm_mlp": "norm mlp",
}  # fmt: skip
_SIDES = ("encoder", "decoder", "forward", "backward")  # stacks of recurrent layers
_SILENT = {"parametrizations", "attention", "linear", "cell"}
_WHOLE = ("embedding", "norm", "mixture", "position")  # have one weight, which is what they are


def layer_title(name: str) -> str:
    """The layer of a parameter or a traced array: `layer 1`, `layer 1 ←`, `encoder 1`, `block 2`, `head`."""
    return _split(name)[0]


def tensor_title(name: str) -> str:
    """A parameter's name: `Wₕₕ, layer 1` for `cells.weight_hh_l0`, `W_qkv, block 2`, `b, head`, `embedding`."""
    place, rest = _split(name)
    if not rest:
        return place
    if rest == ["weight"] and place.endswith(_WHOLE):
        return place
    return f"{_symbol(rest)}, {place}" if place else _symbol(rest)


def _split(name: str) -> tuple[str, list[str]]:
    """(place in words, what is left of the path)."""
    parts = name.split(".")
    recurrent = _RECURRENT.match(parts[-1])
    if recurrent:
        kind, way, layer, back = recurrent.groups()
        return _recurrent_place(parts[:-1], int(layer)) + (" ←" if back else ""), [f"{kind}_{way}"]
    if len(parts) > 2 and parts[0] in _NUMBERED and parts[1].isdigit():
        word = "level" if _OF_CONVOLUTIONS & set(parts) else _NUMBERED[parts[0]]
        return f"{word} {int(parts[1]) + 1}", parts[2:]
    if parts[0] == "head" or len(parts) < 3:
        return parts[0].replace("_", " ").strip(), parts[1:]
    return ".".join(parts[:-1]), parts[-1:]  # of somebody's own model: as it is called there


def _recurrent_place(path: list[str], layer: int) -> str:
    """A module with layers inside, or one of a list of such modules."""
    if len(path) > 1 and path[-1].isdigit():
        path, layer = path[:-1], layer + int(path[-1])
    words = ".".join(path).removesuffix("_stack")
    if words in _SIDES:
        return f"{words} {layer + 1}"
    return f"layer {layer + 1}" if words in ("", "cells") else f"{words} layer {layer + 1}"


def _symbol(rest: list[str]) -> str:
    *modules, last = [part for part in rest if part not in _SILENT or part == rest[-1]]
    modules = [part for part in modules if part not in ("conv", "weight")]
    if last == "weight" and modules and modules[-1] in _MODULES:
        return " ".join([*map(_spoken, modules[:-1]), _MODULES[modules[-1]]])
    return " ".join([_SYMBOLS.get(last, last.replace("_", " ")), *map(_spoken, modules)])


def _spoken(part: str) -> str:
    if part.isdigit():
        return str(int(part) + 1)
    return _MODULES.get(part, part.replace("_", " "))
