"""What the debugger says: the sub-step in one sentence, and the equation of a cell or arrow with the live numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

from seqviz.core.units import Unit
from seqviz.gui.lab.anatomy import ACTED, GATE, SINGULAR, SLOPE, Anatomy, Lane
from seqviz.gui.lab.step_ends import loss_words
from seqviz.gui.lab.sub_steps import SubSteps
from seqviz.gui.number_text import loss_text, short
from seqviz.gui.panels.base import Explanation, Quantity

GATED = " What arrives came through all gates, from the gradients of h and of c together."
GATE_LETTERS = {"forget_gate": "f", "update_gate": "z", "carry_gate": "c"}


def sentence(anatomy: Anatomy, steps: SubSteps, lane: Lane, unit: Unit | None) -> str:
    """The sub-step that stands, in words; **bold** marks its number."""
    now, figures = steps.now, anatomy.figures
    where = f" of layer {lane.layer + 1}" if anatomy.layers > 1 else ""
    if now.kind == "forward":
        size = loss_text(float(lane.size[now.t]))
        return f"forward, t = {now.t}: the state {lane.letter}{where} has the size **{size}** (root mean square)"
    if now.kind == "loss":
        before = figures.before if figures is not None else float("nan")
        factor, name = (unit.per_nat, unit.name) if unit is not None else (1.0, "nats")
        return f"loss: every position is wrong by something, **{loss_text(before * factor)}** {name} on the mean"
    if now.kind == "backward":
        return backward_sentence(lane, now.t, where)
    if figures is None:
        return f"{now.kind}: the figures of the update have not come yet"
    if now.kind == "clip":
        return clip_sentence(figures.norm, figures.kept, figures.limit)
    return f"update, learning rate {short(figures.rate)}: {loss_words(figures, unit)} on this text"


def backward_sentence(lane: Lane, t: int, where: str = "") -> str:
    """`backward, t = 31: the gradient arriving is 0.42, born here 0.1, together 0.45, times 0.83 on to t = 30`."""
    arriving, total = float(lane.arriving[t]), float(lane.total[t])
    acted = float(lane.factors[ACTED][t])
    born = loss_text(float(lane.born[t]))
    came = f"the gradient arriving is {loss_text(arriving)}" if arriving else "nothing arrives from later"
    born = f", born here {born}, together {loss_text(total)}" if arriving else f", born here {born}"
    on = f", times **{short(acted)}** on to t = {t - 1}" if t > 0 and not math.isnan(acted) else ""
    return f"backward, t = {t}, {lane.letter}{where}: {came}{born}{on}"


def clip_sentence(norm: float, kept: float, limit: float) -> str:
    if not limit and kept < 1:
        return f"clip: the whole gradient is {loss_text(norm)} long; entries cut to their limit leave **{short(kept)}**"
    if not limit:
        return f"clip: the whole gradient is **{loss_text(norm)}** long, and no limit is set"
    if kept < 1:
        return f"clip: the whole gradient is {loss_text(norm)} long, the limit {short(limit)}: times **{short(kept)}**"
    return f"clip: the whole gradient is **{loss_text(norm)}** long, within the limit {short(limit)}: unchanged"


# equations


def explain_lane(
    lane: Lane, t: int, backward: bool, place: str, cell: bool, activation: str
) -> Explanation:  # fmt: skip
    """The equation of a state at t, forward or backward, with its numbers.

    `cell`: the layer carries a cell state; `activation`: of a plain recurrence, "" where there is more to a step.
    """
    return _backward(lane, t, place, cell, activation) if backward else _forward(lane, t, place, cell, activation)


def _forward(lane: Lane, t: int, place: str, cell: bool, activation: str) -> Explanation:
    formulas = {
        "forget_gate": rf"c_{{{t}}} = f_{{{t}}} \odot c_{{{t - 1}}} + i_{{{t}}} \odot g_{{{t}}}",
        "update_gate": rf"h_{{{t}}} = z_{{{t}}} \odot h_{{{t - 1}}} + (1 - z_{{{t}}}) \odot n_{{{t}}}",
        "carry_gate": rf"h_{{{t}}} = c_{{{t}}} \odot h_{{{t - 1}}} + t_{{{t}}} \odot n_{{{t}}}",
    }
    plain = rf"h_{{{t}}} = \phi\left(W_{{ih}} x_{{{t}}} + W_{{hh}} h_{{{t - 1}}} + b\right)"
    plain = plain if activation else rf"h_{{{t}}} = F\left(x_{{{t}}}, h_{{{t - 1}}}\right)"
    reads_cell = rf"h_{{{t}}} = o_{{{t}}} \odot \tanh\left(c_{{{t}}}\right)"
    plain = plain.replace(r"\phi", rf"\mathrm{{{activation}}}") if activation else plain
    formula = formulas.get(lane.gate, reads_cell if cell else plain)
    quantities = (
        Quantity(f"t = {t}", place),
        Quantity(f"size of {lane.letter}, root mean square", loss_text(float(lane.size[t]))),
        *_factors(lane, t),
    )
    words = "One position forward: what is remembered and what is read make the new state."
    return Explanation(
        title_of(lane, "forward"), formula, words, quantities, loss_text(float(lane.size[t])), "size at t"
    )


def _backward(lane: Lane, t: int, place: str, cell: bool, activation: str) -> Explanation:
    acted, total, arriving = float(lane.factors[ACTED][t]), float(lane.total[t]), float(lane.arriving[t])
    quantities = [
        Quantity(f"t = {t}", place),
        Quantity(f"arriving at {lane.letter} from t + 1", loss_text(arriving)),
        Quantity("born here", loss_text(float(lane.born[t]))),
        Quantity("both together", loss_text(total)),
        *_factors(lane, t),
    ]
    if t == 0:
        words = "The first position: there is nothing before it to send the gradient to."
        letter = lane.letter
        formula = rf"\left\| \frac{{\partial L}}{{\partial {letter}_{{0}}}} \right\| = {loss_text(total)}"
        return Explanation(title_of(lane, "backward"), formula, words, tuple(quantities), short(total), "norm at t")
    left = float(acted * total) if not math.isnan(acted) else math.nan
    quantities.append(Quantity(f"arrives at t = {t - 1}", loss_text(left)))
    return Explanation(
        title_of(lane, "backward"), backward_formula(lane, t, cell, activation),
        _meaning(acted) + (GATED if cell and not lane.gate else ""), tuple(quantities),
        short(acted), f"of the gradient went on from t = {t} to {t - 1}",
    )  # fmt: skip


def backward_formula(lane: Lane, t: int, cell: bool, activation: str) -> str:
    """dL/dh_{t-1} as it arrives, with the numbers of this very arrow."""
    letter = lane.letter

    def by(at: int) -> str:
        return rf"\frac{{\partial L}}{{\partial {letter}_{{{at}}}}}"

    ways: dict[str, Callable[[], str]] = {
        "forget_gate": lambda: rf"f_{{{t}}} \odot {by(t)}",
        "update_gate": lambda: rf"z_{{{t}}} \odot {by(t)} + W_{{hh}}^{{T}} \delta_{{{t}}}",
        "carry_gate": lambda: rf"c_{{{t}}} \odot {by(t)} + W_{{hh}}^{{T}} \delta_{{{t}}}",
    }
    slopes = {
        "tanh": rf"(1 - h_{{{t}}}^2)",
        "relu": rf"[h_{{{t}}} > 0]",
        "sigmoid": rf"h_{{{t}}} (1 - h_{{{t}}})",
        "leaky": rf"\phi'_{{{t}}}",
    }
    known = rf"W_{{hh}}^{{T}}\, {slopes.get(activation)} \odot {by(t)}"
    plain = known if activation in slopes else rf"J_{{{t}}}^{{T}} {by(t)}"
    product = ways[lane.gate]() if lane.gate in ways else rf"W_{{hh}}^{{T}} \delta_{{{t}}}" if cell else plain
    return rf"{by(t - 1)} \leftarrow {product}"


def _factors(lane: Lane, t: int) -> tuple[Quantity, ...]:
    words = {
        ACTED: "what truly acted",
        SINGULAR: "largest singular value",
        GATE: f"mean {lane.gate.replace('_', ' ')} {GATE_LETTERS.get(lane.gate, '')}".strip(),
        SLOPE: "mean slope |φ′|",
    }
    return tuple(
        Quantity(words[name], short(float(values[t])), lane.gate if name == GATE else "")
        for name, values in lane.factors.items()
        if len(values) > t and not math.isnan(float(values[t]))
    )


def _meaning(acted: float) -> str:
    if math.isnan(acted):
        return "No gradient stands here, so there is none to send back."
    if acted > 1:
        return f"On the way to the position before the gradient grows {short(acted)} times."
    return f"On the way to the position before {short(100 * (1 - acted))} % of the gradient's length is lost."


def title_of(lane: Lane, way: str) -> str:
    """`Backward through h, layer 2`."""
    return f"{way.capitalize()} through {lane.letter}, layer {lane.layer + 1}"
