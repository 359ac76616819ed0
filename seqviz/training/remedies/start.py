"""How the weights begin. Orthogonal matrices keep the length of what they multiply, so the first gradients survive."""

from __future__ import annotations

from seqviz.training.remedies import KnobRemedy, register


@register("start")
class Start(KnobRemedy):
    """Both begin at step 0: a start is over once it is made."""

    title = "start"
    help = "How weights begin: torch's default, Xavier, orthogonal, normal, or identity where square."
    key = "model.initialization"
    from_start = True
    order = 110
