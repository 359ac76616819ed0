"""What the saturation panel shows of arrays (t, unit) of -1, 0 and +1: lanes of sorted units. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LABELS = {
    "cell_candidate": ("new", "cell candidate"),
    "candidate": ("candidate", "candidate state"),
    "hidden_state": ("h", "hidden state"),
    "hidden": ("h", "hidden layer"),
    "cell_state": ("tanh c", "squashed cell state"),
    "normalised_cell": ("tanh LN(c)", "squashed normalised cell"),
    "gate": ("gate", "gate"),
    "left_forget_gate": ("f left", "forget gate of the left child"),
    "right_forget_gate": ("f right", "forget gate of the right child"),
}
_FIRST = ("hidden_state", "forget_gate", "update_gate", "input_gate", "reset_gate", "transform_gate", "output_gate")


@dataclass(frozen=True)
class Lane:
    """`stuck` (unit, t), units stuck high on top; `shares` (unit,) of positions at which a unit is stuck either way;
    `high`, `low`: shares of all its values; `up`, `down`: what stuck high and low are called.
    """

    name: str
    label: str
    title: str
    gate: bool
    stuck: NDArray[np.integer]
    shares: NDArray[np.float64]
    high: float
    low: float

    @property
    def up(self) -> str:
        return "open" if self.gate else "high"

    @property
    def down(self) -> str:
        return "shut" if self.gate else "low"


def split(name: str) -> tuple[str, str]:
    """(place, array): `layers.0.forward.input_gate` -> (`layers.0.forward`, `input_gate`); depths are arrays."""
    parts = name.split(".")
    cut = 2 if parts[0] in ("layers", "conv", "blocks") else 1
    if len(parts) > cut and parts[cut] in ("forward", "backward"):
        cut += 1
    return ".".join(parts[:cut]), ".".join(parts[cut:])


def places_of(arrays: Mapping[str, object]) -> dict[str, str]:
    """Title -> place, the top layer first: `layer 2`, `layer 1, forward`, `level 3`, `encoder`."""
    places = sorted({split(name)[0] for name in arrays}, key=_place_order)
    return {place_title(place): place for place in places}


def _place_order(place: str) -> tuple[bool, int, str]:
    parts = place.split(".")
    numbered = len(parts) > 1 and parts[1].isdigit()
    return (not numbered, -int(parts[1]) if numbered else 0, ".".join(parts[2:]))


def place_title(place: str) -> str:
    """A place in words."""
    parts = place.split(".")
    if len(parts) < 2 or not parts[1].isdigit():
        return place
    kind = {"layers": "layer", "conv": "level", "blocks": "block"}.get(parts[0], parts[0])
    return ", ".join([f"{kind} {int(parts[1]) + 1}", *parts[2:]])


def lanes_of(arrays: Mapping[str, NDArray[np.integer]], place: str) -> tuple[Lane, ...]:
    """Every lane of one place: the state, the gates, what is written."""
    own = [name for name in arrays if split(name)[0] == place]
    return tuple(_lane(name, arrays[name]) for name in sorted(own, key=_lane_order))


def _lane_order(name: str) -> tuple[int, str]:
    last = name.rsplit(".", 1)[-1]
    return (_FIRST.index(last) if last in _FIRST else len(_FIRST), name)


def _lane(name: str, stuck: NDArray[np.integer]) -> Lane:
    last = name.rsplit(".", 1)[-1]
    inner = split(name)[1].split(".")
    gate = last == "gate" or last.endswith("_gate")
    word = last.removesuffix("_gate")
    label, title = _LABELS.get(last, (word, f"{word} gate" if gate else last.replace("_", " ")))
    if len(inner) > 1 and inner[-2].isdigit():
        label, title = f"{label} {int(inner[-2]) + 1}", f"{title} of {inner[0]} {int(inner[-2]) + 1}"
    elif len(inner) > 1 and last.isdigit():
        label = title = f"{inner[0]} {int(last) + 1}"
    lean = stuck.mean(axis=0)  # (unit,): +1 always stuck high
    order = np.lexsort((-(stuck > 0).mean(axis=0), -lean))
    return Lane(
        name, label, title, gate, stuck.T[order], (stuck != 0).mean(axis=0)[order],
        float((stuck > 0).mean()), float((stuck < 0).mean()),
    )  # fmt: skip
