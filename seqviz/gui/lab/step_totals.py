"""What the card says of the three sub-steps that concern the whole text: loss, clip, update."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from seqviz.core.units import Unit
from seqviz.gui.lab.anatomy import Anatomy, tensor_title
from seqviz.gui.number_text import loss_text, short
from seqviz.gui.panels.base import Explanation, Quantity

RULES = {
    "sgd": r"W \leftarrow W - \eta \, s \, \nabla L",
    "adam": r"W \leftarrow W - \eta \, \frac{\hat{m}}{\sqrt{\hat{v}} + \epsilon}",
    "adamw": r"W \leftarrow (1 - \eta \lambda) W - \frac{\eta \hat{m}}{\sqrt{\hat{v}} + \epsilon}",
    "rmsprop": r"W \leftarrow W - \eta \, \frac{s \, \nabla L}{\sqrt{v} + \epsilon}",
}


def explain_loss(anatomy: Anatomy, t: int, place: str, unit: Unit | None) -> Explanation:
    factor, name = (unit.per_nat, unit.name) if unit is not None else (1.0, "nats")
    mean = anatomy.figures.before if anatomy.figures is not None else math.nan
    here = float(anatomy.losses[t])
    quantities = (Quantity(f"t = {t}", place), Quantity(f"loss at t, {name}", loss_text(here * factor)))
    words = "The mean of the losses at all positions that have a target. Each sends a gradient into its own state."
    formula = r"L = \frac{1}{N} \sum_t \ell_t"
    return Explanation("Loss", formula, words, quantities, loss_text(mean * factor), f"{name} on the mean")


def explain_clip(anatomy: Anatomy) -> Explanation:
    figures = anatomy.figures
    if figures is None:
        return Explanation("Clip", sentence="The figures of the update have not come yet.")
    if not figures.limit and figures.kept < 1:
        words = "Every entry beyond the limit by value is cut to it: the direction changes, too."
        rows = (
            Quantity("‖∇L‖, all tensors together", loss_text(figures.norm)),
            Quantity("length after", loss_text(figures.norm * figures.kept)),
        )
        formula = r"g = \min\left(\max\left(\nabla L, -c\right), c\right)"
        return Explanation("Clip by value", formula, words, rows, short(figures.kept), "of the length is kept")
    if not figures.limit:
        words = "This run sets no limit: the gradient is used as it is."
        return Explanation("Clip", r"g = \nabla L", words, (), loss_text(figures.norm), "length of the gradient")
    formula = r"g = \nabla L \cdot \min\left(1, \frac{c}{\left\| \nabla L \right\|}\right)"
    quantities = (
        Quantity("‖∇L‖, all tensors together", loss_text(figures.norm)),
        Quantity("limit c", short(figures.limit)),
        Quantity("length after", loss_text(figures.norm * figures.kept)),
    )
    words = "One factor for all tensors: the direction stays, the length is at most the limit."
    return Explanation("Clip by norm", formula, words, quantities, short(figures.kept), "of the length is kept")


def explain_update(anatomy: Anatomy, config: Mapping[str, Any], unit: Unit | None) -> Explanation:
    figures = anatomy.figures
    if figures is None:
        return Explanation("Update", sentence="The figures of the update have not come yet.")
    settings = config.get("optimizer", {})
    rule = str(settings.get("name", ""))
    rule = "adam" if rule == "adamw" and not settings.get("weight_decay") else rule  # then they are one
    factor, name = (unit.per_nat, unit.name) if unit is not None else (1.0, "nats")
    ratios = sorted((t.ratio, tensor) for tensor, t in anatomy.tensors.items() if math.isfinite(t.ratio))
    ends = (("largest", ratios[-1]), ("smallest", ratios[0])) if ratios else ()
    quantities = (
        Quantity("learning rate η", short(figures.rate)),
        *(Quantity(f"{word} ratio", f"{short(r)}, {tensor_title(t, anatomy.layers)}") for word, (r, t) in ends),
        Quantity(f"loss before, {name}", loss_text(figures.before * factor)),
        Quantity(f"loss after, {name}", loss_text(figures.after * factor)),
    )
    words = (
        "What the run's own optimiser, with all it remembers, would do if this text were its batch. It is done to a "
        "copy: the run itself is not touched. Near 1e-3 is a healthy pace."
    )
    fall = (figures.after - figures.before) * factor
    return Explanation("Update", RULES.get(rule, ""), words, quantities, loss_text(fall), f"{name}: change of the loss")
