"""The gate that keeps the past: an LSTM's forget gate, a GRU's update gate; its mean over units and positions."""

from __future__ import annotations

from seqviz.analysis import Subject, matches
from seqviz.training.breakpoints import Breakpoint, Measured, breakpoints, largest
from seqviz.training.divergence import Place

GATES = ("layers.*.forget_gate", "layers.*.update_gate")


@breakpoints.register("forget_gate")
class ForgetGate(Breakpoint):
    """The lowest layer mean of what is kept from one position to the next."""

    title = "forget gate"
    quantity = "mean of fₜ"
    limit = 0.3
    below = True
    help = (
        "What share of the state is kept from one position to the next, averaged over units and positions; the layer "
        "that keeps least. The position is the one that keeps least."
    )
    needs = GATES
    order = 60
    seam = "before_update"
    looks = True
    panel = "gates"

    def look(self, subject: Subject) -> Measured:
        gates = {name: array.values for name, array in subject.trace.arrays.items() if matches(name, GATES)}
        name, value = largest({name: float(gate.double().mean()) for name, gate in gates.items()}, lowest=True)
        if not name:
            return Measured(value)
        means = gates[name].double().mean(dim=-1)  # (B, T)
        row, position = divmod(int(means.argmin()), means.shape[1])
        return Measured(value, Place(name, row, position))
