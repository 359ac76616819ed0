"""How far back the gradient is followed: backpropagation through time ends where the window begins."""

from __future__ import annotations

from typing import Any

from seqviz.core.config import RunConfig
from seqviz.core.lab_events import RemedySwitch
from seqviz.data.tasks import tasks
from seqviz.models.recurrent import RecurrentModel
from seqviz.models.unrolled import UnrolledModel
from seqviz.training.remedies import KnobRemedy, model_class, register


@register("truncation")
class Truncation(KnobRemedy):
    """Both go on from the same weights; offered where a state runs through a text that is cut into windows."""

    title = "truncation"
    help = "Tokens of a training window: the gradient ends where the window begins."
    key = "training.context_length"
    low, high = 2, 512
    order = 40

    def offered(self, config: RunConfig) -> RemedySwitch | None:
        runs_on = tasks.get(config.task.name).runs_on
        keeps_state = issubclass(model_class(config), (RecurrentModel, UnrolledModel))
        return super().offered(config) if runs_on and keeps_state else None

    def applied(self, config: RunConfig, value: Any) -> RunConfig:
        return super().applied(config, round(value) if isinstance(value, float) else value)

    def notes(self, config: RunConfig, value: Any) -> tuple[str, ...]:
        length, batch = config.training.context_length, config.training.batch_size
        carried = ("The twin carries no state over from before this step.",) if config.training.carry_state else ()
        return (
            f"Batches differ: {batch} × {length} tokens here, {batch} × {value:.0f} in the twin, cut elsewhere in the "
            "text; in the same number of steps they read different amounts.",
            "Each is validated on windows of its own length.",
            *carried,
        )
