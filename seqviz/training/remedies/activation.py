"""What squashes: its slope multiplies the gradient at every position, at most 1 for tanh and ReLU, 1/4 for sigmoid."""

from __future__ import annotations

from typing import Any

from seqviz.core.config import RunConfig
from seqviz.core.knobs import describe_knobs
from seqviz.core.lab_events import RemedySwitch
from seqviz.training.remedies import Remedy, knob_of, register
from seqviz.training.remedies.swapping import plain, variants

KEY = "model.activation"


@register("activation")
class Activation(Remedy):
    """The run's own choices, and those of an architecture that adds to it."""

    title = "activation"
    help = "What squashes the state: the slope of it multiplies the gradient at every position."
    from_start = True
    thorough = 1
    order = 140

    def offered(self, config: RunConfig) -> RemedySwitch | None:
        knob = knob_of(config, KEY)
        if knob is None or knob.kind != "choice":
            return None
        more = (choice for choices in self._elsewhere(config).values() for choice in choices)
        return self.choice(config.value(KEY), tuple(dict.fromkeys((*knob.choices, *more))))

    def _elsewhere(self, config: RunConfig) -> dict[str, tuple[str, ...]]:
        """By architecture that adds to this one, the activations that it has."""
        found = {}
        for name, cls in variants(config):
            knob = next((k for k in describe_knobs(cls.Config, "model") if k.key == KEY), None)
            if knob is not None:
                found[name] = knob.choices
        return found

    def applied(self, config: RunConfig, value: Any) -> RunConfig:
        knob = knob_of(config, KEY)
        other = next((name for name, choices in self._elsewhere(config).items() if value in choices), "")
        if knob is None or value in knob.choices or not other:
            return config.replaced({KEY: value})
        return plain(config, other).replaced({KEY: value})
