"""How wide attention looks: the entropy of each head's pattern in bits, averaged over queries; the narrowest head."""

from __future__ import annotations

import re

from seqviz.analysis import Subject
from seqviz.analysis.attention_scores import entropy_bits
from seqviz.training.breakpoints import Breakpoint, Measured, breakpoints, largest
from seqviz.training.divergence import Place

PATTERN = re.compile(r"blocks\.\d+\.attention\.pattern")


@breakpoints.register("attention_entropy")
class AttentionEntropy(Breakpoint):
    """The mean entropy of the head that looks most narrowly."""

    title = "attention entropy"
    quantity = "mean H of one head"
    unit = "bits"
    limit = 0.5
    below = True
    help = (
        "0 bits: a head looks at one token alone; log₂ n bits: at n tokens alike. Averaged over all queries that may "
        "look at more than one token; of all heads the lowest."
    )
    needs = ("blocks.*.attention.pattern",)
    order = 70
    seam = "before_update"
    looks = True
    panel = "attention_entropy"

    def look(self, subject: Subject) -> Measured:
        first = 1 if subject.model.offers.causal else 0  # a causal head's first query can look at itself alone
        bits = {
            name: entropy_bits(array.values.double())[:, :, first:]  # (B, head, query)
            for name, array in subject.trace.arrays.items()
            if PATTERN.fullmatch(name) and array.values.shape[2] > first
        }
        heads = {f"{name}#{h}": float(b[:, h].mean()) for name, b in bits.items() for h in range(b.shape[1])}
        chosen, value = largest(heads, lowest=True)
        if not chosen:
            return Measured(value)
        name, _, head = chosen.partition("#")
        each = bits[name][:, int(head)]  # (B, query)
        row, query = divmod(int(each.argmin()), each.shape[1])
        return Measured(value, Place(name, row, query + first), f"head {int(head) + 1}")
