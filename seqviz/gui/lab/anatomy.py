"""One optimiser step on the probe as the debugger draws it, read from a frame. Pure.

n positions of the probe; figures of tensors by their names in the model.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from seqviz.gui.panels.base import Snapshot

Row = NDArray[np.floating]  # (n,)
PREFIX = "backprop."
ACTED, SINGULAR, GATE, SLOPE = "what acted", "largest singular value", "mean forget gate", "mean slope"
GATES = ("forget_gate", "update_gate", "carry_gate")
DECADES = 4  # that thickness tells apart
_SITE = re.compile(r"backprop\.layers\.(\d+)\.(\w+)\.total$")


@dataclass(frozen=True)
class Lane:
    """One state of one layer along the probe. Arrays (n,); factors act from t to t - 1."""

    layer: int
    state: str
    size: Row
    total: Row
    arriving: Row
    born: Row
    factors: Mapping[str, Row]  # by title
    gate: str = ""  # the gate among the factors

    @property
    def letter(self) -> str:
        return {"hidden_state": "h", "cell_state": "c"}.get(self.state, self.state[:1])


@dataclass(frozen=True)
class Tensor:
    """Norms of one parameter tensor; `ratio` is update / weight."""

    gradient: float
    weight: float
    update: float
    ratio: float


@dataclass(frozen=True)
class StepFigures:
    """The whole step: losses in nats, norm before clipping, share kept, limit (0: none), learning rate."""

    before: float
    norm: float
    kept: float
    limit: float
    rate: float
    after: float


@dataclass(frozen=True)
class Anatomy:
    """`lanes` from the top of the net to the bottom. `step` is the step the run stood at."""

    step: int
    losses: Row
    lanes: tuple[Lane, ...]
    figures: StepFigures | None = None
    tensors: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return len(self.losses)

    @property
    def layers(self) -> int:
        return len({lane.layer for lane in self.lanes})

    @property
    def top(self) -> float:
        """The power of ten at or above every finite gradient: what is drawn thickest."""
        known = np.concatenate([lane.total for lane in self.lanes])
        known = known[np.isfinite(known) & (known > 0)]
        return 10.0 ** math.ceil(math.log10(float(known.max())) - 1e-9) if len(known) else 1.0

    def thickness(self, norm: float) -> float:
        """Share 0 .. 1 of the thickest arrow, by the logarithm; 0 for nothing, nan for what is no number."""
        if math.isnan(norm):
            return math.nan
        if norm <= 0:
            return 0.0
        if math.isinf(norm):
            return 1.0
        return min(max(1.0 + math.log10(norm / self.top) / DECADES, 0.03), 1.0)


def read_anatomy(snapshot: Snapshot) -> Anatomy | None:
    """The step that the frame holds; None where it holds none for the probe it shows."""
    losses, lanes = snapshot.array(f"{PREFIX}losses"), read_lanes(snapshot)
    if losses is None or not lanes or snapshot.frame is None:
        return None
    n = len(lanes[0].total)
    if any(len(lane.total) != n for lane in lanes):
        return None
    if len(losses) != n:  # one loss at the end
        losses = np.concatenate([np.full(max(n - len(losses), 0), np.nan), losses])[-n:]
    made = snapshot.frame.made_at.get(f"{PREFIX}losses", snapshot.frame.step)
    figures = snapshot.array(f"{PREFIX}step")
    update = f"{PREFIX}update."
    tensors = {name.removeprefix(update): values for name, values in snapshot.matching(f"{update}*").items()}
    return Anatomy(
        made,
        losses,
        lanes,
        None if figures is None else StepFigures(*map(float, figures)),
        {name: Tensor(*map(float, tensors[name])) for name in in_reading_order(tensors)},
    )


def read_lanes(snapshot: Snapshot) -> tuple[Lane, ...]:
    """The top layer first; of a layer the hidden state, which the loss reads, before the cell state."""
    names = snapshot.matching(f"{PREFIX}layers.*.total")
    sites = [(int(found[1]), found[2]) for found in map(_SITE.match, names) if found]
    sites.sort(key=lambda site: (-site[0], site[1] != "hidden_state", site[1]))
    return tuple(_lane(snapshot, layer, state) for layer, state in sites)


def _lane(snapshot: Snapshot, layer: int, state: str) -> Lane:
    place = f"layers.{layer}.{state}"

    def row(name: str) -> Row:
        found = snapshot.array(f"{PREFIX}{place}.{name}")
        return np.zeros(0) if found is None else found

    factors = {ACTED: row("shrinkage")}
    if len(row("factor.singular")):
        factors[SINGULAR] = row("factor.singular")
    gate = next((gate for gate in GATES if len(row(f"factor.{gate}"))), "")
    if gate:
        factors[GATE] = row(f"factor.{gate}")
    if len(row("factor.slope")):
        factors[SLOPE] = row("factor.slope")
    return Lane(layer, state, row("size"), row("total"), row("arriving"), row("born"), factors, gate)


_NUMBER = re.compile(r"_l(\d+)$|layers\.(\d+)\.")  # of the layer that a tensor belongs to
_LETTERS = {"weight": "W", "weight_ih": "Wᵢₕ", "weight_hh": "Wₕₕ", "bias": "b", "bias_ih": "bᵢₕ", "bias_hh": "bₕₕ"}


def tensor_layer(name: str) -> int | None:
    """The layer of a parameter, counted from 0; None where it belongs to none."""
    found = _NUMBER.search(name)
    return None if found is None else int(found[1] or found[2] or 0)


def tensor_letter(name: str) -> str:
    """`Wₕₕ`, `bᵢₕ`, `E` of the embedding, `b`: short enough to stand under a bar, without its layer."""
    last = re.sub(r"_l\d+$", "", name.rsplit(".", 1)[-1])
    if name.startswith("embedding") and "bias" not in name:
        return "E"
    return _LETTERS.get(last, last.replace("weight", "W").replace("bias", "b"))


def tensor_group(name: str) -> str:
    """What stands under all tensors of one part: `input`, `layer 2`, `head`."""
    layer = tensor_layer(name)
    if layer is not None:
        return f"layer {layer + 1}"
    return "input" if name.startswith("embedding") else "head"


def tensor_title(name: str, layers: int) -> str:
    """`Wₕₕ, layer 2`, `E, input`, `b, head`; `Wₕₕ` where there is one layer."""
    spoken = layers > 1 or tensor_layer(name) is None
    return f"{tensor_letter(name)}, {tensor_group(name)}" if spoken else tensor_letter(name)


def in_reading_order(names: Iterable[str]) -> list[str]:
    """The embedding, the layers from the lowest up (weights before biases), the output."""

    def place(name: str) -> tuple[int, bool, str]:
        layer = tensor_layer(name)
        part = -1 if name.startswith("embedding") else 10_000 if layer is None else layer
        return part, "bias" in name, name

    return sorted(names, key=place)
