"""The checks of a model's activations, each with its number, its bar and whether it wants attention. Pure.

A gate may be stuck for good reason (a memory that is kept needs one), and so may what it lets in: these count by the
units that are stuck at every position of the probe. A state that is itself a tanh passes the gradient on through it at
every position, so it counts by the share of its values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from seqviz.gui import theme
from seqviz.gui.panels.attention_entropy import COLLAPSED, head_words, mean_of
from seqviz.gui.panels.level_names import level_order, level_words, many_layers
from seqviz.gui.panels.saturation_lanes import Lane, lanes_of, place_title, split
from seqviz.gui.panels.state_names import layer_of
from seqviz.gui.panels.state_norms import growth

Arrays = Mapping[str, np.ndarray]

TANH_LIMIT = 0.5  # share of values beyond +-0.97
GATE_LIMIT = 0.5  # share of units stuck at every position
DEAD_LIMIT = 0.75  # as the diagnosis: half may be dead by chance where what is read is never negative
GROWTH_LIMIT = 10.0
DEPTH_LIMIT = 100.0
SPREAD_LIMIT = 0.01  # a layer norm adds 1e-5 to the variance: at a spread of 0.003 that is as much as the variance


@dataclass(frozen=True)
class HealthCheck:
    """`share`: length of the bar, 0 .. 1, its limit at `limit`; `panel`: the view that shows more of it."""

    title: str
    number: str
    detail: str
    share: float
    limit: float
    fine: bool
    panel: str


def checks_of(arrays: Arrays) -> tuple[HealthCheck, ...]:
    """Every check that the arrays allow."""
    makers: tuple[Callable[[Arrays], HealthCheck | None], ...] = (tanh_check, gate_check, dead_check, growth_check)
    found = [make(arrays) for make in (*makers, depth_check, norm_check, entropy_check)]
    return tuple(check for check in found if check is not None)


def under(arrays: Arrays, prefix: str) -> dict[str, np.ndarray]:
    """Arrays of a prefix by the rest of their names."""
    return {name.removeprefix(prefix): values for name, values in arrays.items() if name.startswith(prefix)}


def _lanes(arrays: Arrays) -> list[tuple[Lane, str]]:
    """Everything that squashes, with its name in words."""
    stuck = {name: a for name, a in under(arrays, "health.saturation.").items() if a.ndim == 2}
    places = {split(name)[0] for name in stuck}
    return [
        (lane, lane.title if len(places) == 1 else f"{lane.title}, {place_title(place)}")
        for place in sorted(places)
        for lane in lanes_of(stuck, place)
    ]


def _is_state(lane: Lane) -> bool:
    """Whether it is the state itself that is squashed, not what is written to it or lets it through."""
    inner = split(lane.name)[1]
    return inner in ("hidden_state", "hidden") or (inner.startswith(("transition.", "output")) and not lane.gate)


def tanh_check(arrays: Arrays) -> HealthCheck | None:
    """Values of squashed states beyond +-0.97."""
    found = [(lane.high + lane.low, words) for lane, words in _lanes(arrays) if _is_state(lane)]
    if not found:
        return None
    share, words = max(found)
    fine = share < TANH_LIMIT
    return HealthCheck(
        "tanh saturated", percent(share), f"{words}: beyond ±0.97", share, TANH_LIMIT, fine, "saturation"
    )


def gate_check(arrays: Arrays) -> HealthCheck | None:
    """Units of a gate, or of what it lets in, that are stuck at every position."""
    found = [(float((lane.shares == 1).mean()), words) for lane, words in _lanes(arrays) if not _is_state(lane)]
    if not found:
        return None
    share, words = max(found)
    fine = share < GATE_LIMIT
    return HealthCheck(
        "gates stuck", percent(share), f"{words}: units at every position", share, GATE_LIMIT, fine, "saturation"
    )


def dead_check(arrays: Arrays) -> HealthCheck | None:
    """ReLU units that never fired over the validation windows."""
    active = under(arrays, "health.active.")
    if not active:
        return None
    dead = {name: float((values == 0).mean()) for name, values in active.items()}
    worst = max(dead, key=lambda name: dead[name])
    count, units = int((active[worst] == 0).sum()), len(active[worst])
    words = level_words(worst, many=True)
    detail = f"{words}: {count} of {units} never fire in validation"
    share = dead[worst]
    return HealthCheck("dead ReLU units", percent(share), detail, share, DEAD_LIMIT, share < DEAD_LIMIT, "")


def growth_check(arrays: Arrays) -> HealthCheck | None:
    """How much longer a state is at the end of the probe than at its start."""
    norms = under(arrays, "health.norm.")
    norms = {name: values for name, values in norms.items() if name != "embedding"}
    if not norms:
        return None
    broken = [name for name, values in norms.items() if not np.isfinite(values).all()]
    if broken:
        words = level_words(min(broken, key=level_order), many_layers(norms))
        return HealthCheck("states along the text", "not finite", words, 1.0, 0.5, False, "state_norms")
    grown = {name: growth(values) for name, values in norms.items()}
    worst = max(grown, key=lambda name: grown[name])
    detail = f"{level_words(worst, many_layers(norms))}: last quarter over first"
    return _growing("states along the text", grown[worst], detail)


def depth_check(arrays: Arrays) -> HealthCheck | None:
    """How much longer the state of the top level is than that of the lowest, or than what went in where there is one.

    An embedding is no measure of several levels: what is added to it at once (positions) may be far longer than itself.
    """
    norms = under(arrays, "health.norm.")
    levels = sorted((name for name in norms if name.endswith((".residual", ".output"))), key=level_order)
    if not levels or "embedding" not in norms:
        return None
    lowest = levels[0] if len(levels) > 1 else "embedding"
    first, last = (float(np.mean(norms[name])) for name in (lowest, levels[-1]))
    if not (math.isfinite(first) and math.isfinite(last) and first > 0):
        return None
    words = "lowest level" if len(levels) > 1 else "embedding"
    return _growing("states up the levels", last / first, f"top level's norm over the {words}'s", DEPTH_LIMIT)


def _growing(title: str, factor: float, detail: str, limit: float = GROWTH_LIMIT) -> HealthCheck:
    """A factor on a log scale, its limit in the middle."""
    share = min(max(math.log10(max(factor, 1e-12)) / (2 * math.log10(limit)), 0.0), 1.0)
    return HealthCheck(title, f"×{theme.short(factor)}", detail, share, 0.5, factor < limit, "state_norms")


def norm_check(arrays: Arrays) -> HealthCheck | None:
    """The smallest spread that any layer norm divides by."""
    norms = under(arrays, "health.layer_norm.")
    spreads = {name.removesuffix(".spread"): values for name, values in norms.items() if name.endswith(".spread")}
    spreads = {name: values[values > 0] for name, values in spreads.items()}  # 0: nothing came in, as of a first state
    spreads = {name: values for name, values in spreads.items() if len(values)}
    if not spreads:
        return None
    least = {name: float(np.nanmin(values)) for name, values in spreads.items()}
    worst = min(least, key=lambda name: least[name])
    gain = norms.get(f"{worst}.gain")
    mean = norms.get(f"{worst}.mean")
    detail = f"{norm_words(worst)}: smallest spread"
    if mean is not None and gain is not None:
        typical = float(np.abs(mean).mean())
        detail += f", mean {theme.short(typical)}, gain {theme.short(float(gain[0]))}"
    share = min(max(-math.log10(max(least[worst], 1e-12)) / 4, 0.0), 1.0)  # 1 -> 0, a hundredth -> half, 1e-4 -> 1
    fine = least[worst] > SPREAD_LIMIT
    return HealthCheck("layer norm input", theme.short(least[worst]), detail, share, 0.5, fine, "state_norms")


def entropy_check(arrays: Arrays) -> HealthCheck | None:
    """Heads that look at one position alone, nearly everywhere."""
    layers = under(arrays, "health.attention_entropy.")
    means = {
        head_words(layer, head): mean_of(values)
        for layer, heads in layers.items()
        for head, values in enumerate(heads if heads.ndim == 2 else heads[None])
    }
    means = {head: mean for head, mean in means.items() if math.isfinite(mean)}
    if not means:
        return None
    narrow = min(means, key=lambda head: means[head])
    low = sum(mean < COLLAPSED for mean in means.values())
    detail = f"{narrow}: of the largest entropy"
    if low:
        detail = f"{low} of {len(means)} heads have collapsed"
    share = 1.0 - means[narrow]
    return HealthCheck("attention", f"{means[narrow]:.2f}", detail, share, 1 - COLLAPSED, not low, "attention_entropy")


def norm_words(path: str) -> str:
    """`attention's, block 2`, `cell's, layer 1`, `the last one`."""
    layer = layer_of(path + ".")
    last = path.rsplit(".", 1)[-1].removeprefix("norm_")
    if layer is None:
        return "the last norm"
    return f"{last}'s norm, {'block' if path.startswith('blocks') else 'layer'} {layer + 1}"


def percent(share: float) -> str:
    """`37 %`; `<1 %` and `>99 %` where 0 and 100 would be untrue."""
    if 0.99 < share < 1:
        return ">99 %"
    return "<1 %" if 0 < share < 0.01 else f"{100 * share:.0f} %"
