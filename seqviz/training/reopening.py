"""A stored run back on the stage: its curves replayed, its last weights loaded, paused where it stopped."""

from __future__ import annotations

from collections.abc import Callable

import torch

from seqviz.core.events import Evaluated, Event, RunStarted, StepMetrics
from seqviz.training.builder import build
from seqviz.training.learner import GradientLearner, Phase
from seqviz.training.ports import NoStore, StoredRun
from seqviz.training.trainer import Trainer


class Reopened(NoStore):
    """The store of a run that is only looked at: nothing is written to it."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self.folder = folder
        self.run_id = f"{folder} (opened)"


class OpenedTrainer(Trainer):
    """Stands at the stored step and cannot train on (exact resuming is not there yet)."""

    stored: StoredRun

    def begin(self, names: tuple[str, ...] = ()) -> RunStarted:
        started = super().begin(names)
        for event in self.stored.events:
            self._emit(event)
        return started


def reopen(
    stored: StoredRun, emit: Callable[[Event], None], on_phase: Callable[[Phase], None] | None = None
) -> Trainer:
    """A trainer at the stored step, to look at and to sample from.

    Raises
    ------
    ValueError
        when the weights do not fit the config any more, or there are none.
    """
    if stored.watched:
        raise ValueError(f"{stored.folder.name}: was recorded from a script of its own, without weights")
    experiment = build(stored.config, stored.files, str(stored.about.get("corpus_sha256", "")))
    try:
        experiment.model.load_arrays({name: torch.as_tensor(a) for name, a in stored.arrays.items()})
    except (RuntimeError, KeyError) as error:
        raise ValueError(f"{stored.folder.name}: its weights do not fit its config ({error})") from None
    trainer = OpenedTrainer(experiment, Reopened(str(stored.folder)), emit, on_phase)
    trainer.stored = stored
    trainer.step = stored.step
    trainer.status = "finished"
    last = next((e for e in reversed(stored.events) if isinstance(e, StepMetrics)), None)
    if last is not None:
        trainer.tokens, trainer.seconds, trainer.last_loss = last.tokens, last.seconds, last.loss
    valid = next((e for e in reversed(stored.events) if isinstance(e, Evaluated)), None)
    trainer.valid_loss = valid.loss if valid is not None else None
    if isinstance(trainer.learner, GradientLearner):
        trainer.learner.steps = stored.step
    return trainer
