"""How large the states are, position by position and level by level: a state that grows without end explodes.

norm[t] = || x_t ||_2        x the hidden, cell or residual state, the output of a convolution, the embedding
"""

from __future__ import annotations

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.analysis.lengths import length
from seqviz.analysis.offered import arrays_named, offered
from seqviz.models.base import Model
from seqviz.models.trace import TracedArray

PREFIX = "health.norm."
STATES = (
    "embedding",
    "layers.*.hidden",
    "*.hidden_state",
    "*.cell_state",
    "*.node_state",
    "blocks.*.residual",
    "conv.*.output",
)


@analyses.register("state_norms")
class StateNorms(Analysis):
    """(batch, t) of every state."""

    provides = (f"{PREFIX}*",)

    def serves(self, model: Model) -> bool:
        return model.learns_by == "gradient" and bool(offered(model, STATES))

    def names(self, model: Model) -> tuple[str, ...]:
        return tuple(PREFIX + name for name in offered(model, STATES)) if self.serves(model) else ()

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        arrays = subject.trace.arrays
        if not any(matches(name, wants) for name in self.names(subject.model)):
            return {}
        return {
            PREFIX + name: TracedArray(length(arrays[name].values), arrays[name].axes[:-1])
            for name in arrays_named(arrays, STATES)
            if matches(PREFIX + name, wants)
        }
