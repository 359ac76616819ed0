"""A second run that stands exactly where another one stands, with some knobs turned.

With no knob turned it goes on bit for bit as the other does: weights, optimiser, schedule, carried state, random
numbers and the place in the training text are copied. The other run is only read.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

from seqviz.core.config import RunConfig
from seqviz.core.events import Event
from seqviz.training.builder import Experiment, build, same_data
from seqviz.training.learner import GradientLearner, Phase
from seqviz.training.ports import NoStore
from seqviz.training.trainer import Trainer


def fork(
    trainer: Trainer,
    config: RunConfig,
    emit: Callable[[Event], None],
    on_phase: Callable[[Phase], None] | None = None,
) -> Trainer:
    """A copy of a run at its present step, under another config; it keeps no run folder.

    Where the config asks for other training data (a window of another length), the copy begins to read afresh: with
    the same random numbers, but no state carried.

    Raises
    ------
    ValueError
        one line: a config that cannot be built, or that asks for other weights than the run has.
    """
    twin = Trainer(build(config, beside=trainer.experiment), NoStore(), emit, on_phase)
    if not isinstance(trainer.learner, GradientLearner) or not isinstance(twin.learner, GradientLearner):
        raise ValueError("model.name: only a model that learns by gradient can be copied in the middle of its run")
    if _shapes(trainer.experiment) != _shapes(twin.experiment):
        raise ValueError("model: these knobs ask for other weights than the run has; both must begin anew")
    twin.learner.go_on_from(trainer.learner)
    if same_data(trainer.config, twin.config):
        twin.feeder = copy.copy(trainer.feeder)  # a feeder only knows where it stands; what it reads never changes
    else:
        twin.learner.drop_state()
    twin.experiment.randomness.go_on_from(trainer.experiment.randomness)
    for name in _FIGURES:
        setattr(twin, name, getattr(trainer, name))
    return twin


_FIGURES = (
    *("step", "tokens", "seconds", "last_batch", "last_loss", "due", "retuned"),
    *("valid_loss", "valid_sampled", "valid_in_full", "told_of_prompt"),
)


def _shapes(experiment: Experiment) -> dict[str, tuple[int, ...]]:
    return {name: tuple(array.shape) for name, array in experiment.model.state_arrays().items()}
