"""Gates instead of a matrix between one state and the next: why LSTMs exist (Hochreiter and Schmidhuber 1997)."""

from __future__ import annotations

from typing import Any

from seqviz.core.config import RunConfig
from seqviz.core.lab_events import RemedySwitch
from seqviz.models.base import architectures
from seqviz.models.recurrent import RecurrentModel
from seqviz.training.remedies import Remedy, model_class, register
from seqviz.training.remedies.swapping import OTHER_WEIGHTS, moved


@register("gates")
class Gates(Remedy):
    """The same width with another cell: offered where the run's cell, or the one it adds to, is one of torch's own."""

    title = "gates"
    help = "The cell: plain (none), two gates (GRU), or three and a memory of their own (LSTM), at the same width."
    from_start = True
    thorough = 2
    order = 150

    def offered(self, config: RunConfig) -> RemedySwitch | None:
        cells = tuple(name for name, cls in architectures.items() if issubclass(cls, RecurrentModel))
        value = config.model.name if config.model.name in cells else model_class(config).variant_of
        return self.choice(value, cells) if value in cells else None

    def applied(self, config: RunConfig, value: Any) -> RunConfig:
        switch = self.offered(config)
        assert switch is not None, "only what is offered is applied"
        if value not in switch.options:
            raise ValueError(f"gates: there is {', '.join(switch.options)}, not {value!r}")
        return config if value == switch.value else moved(config, value)

    def notes(self, config: RunConfig, value: Any) -> tuple[str, ...]:
        return (OTHER_WEIGHTS,)
