"""A run as plain data for the window: what it is, how big, what can be looked at."""

from __future__ import annotations

from seqviz.analysis import Subject, analyses
from seqviz.core.batch import Batch
from seqviz.core.events import RunStarted
from seqviz.models.base import Model, NeuralModel
from seqviz.training.builder import Experiment, parameter_count
from seqviz.training.diagnosis import FINDINGS
from seqviz.training.learner import Learner
from seqviz.training.optimizers import state_bytes
from seqviz.training.ports import RunStore


def describe_run(
    experiment: Experiment, learner: Learner, store: RunStore, step: int, names: tuple[str, ...]
) -> RunStarted:
    """The RunStarted of an experiment that stands at `step`, and gives the arrays `names`."""
    config, model, task = experiment.config, experiment.model, experiment.task
    return RunStarted(
        run_id=store.run_id,
        folder=store.folder,
        config=config.model_dump(),
        title=type(model).title,
        family=type(model).family,
        unit=task.unit,
        vocabulary=task.labels,
        parameters=tuple(model.groups()),
        layer_names=learner.layer_names,
        receptive_field=_reach_in_words(model, task.unit.token),
        memory_bytes=_memory(experiment),
        corpus_summary=task.corpus_summary(),
        provides=names,
        device=experiment.device,
        threads=experiment.threads,
        step=step,
        notices=experiment.notices,
        learns_by=model.learns_by,
    )


def provided_names(experiment: Experiment, probe: Batch) -> tuple[str, ...]:
    """Names of every array that can be looked at, wildcards allowed; "samples" where text is written.

    What comes with every frame is tried on the probe, so that nothing is promised that this task does not give.
    """
    model, task = experiment.model, experiment.task
    subject = Subject(model, probe)
    names = list(subject.trace.arrays)
    for _, analysis_class in analyses.items():
        analysis = analysis_class()
        if not (analysis.serves(model) and analysis.asked(probe)):
            continue
        tried = analysis.cost == "frame"
        names += analysis.compute(subject, frozenset({"*"})) if tried else analysis.names(model)
    if model.learns_by == "gradient":
        names.append("parameters.*")  # told step by step, see parameter_watch
    if model.generates and task.encode_prompt("") is not None:
        names.append("samples")
    if model.learns_by == "gradient":
        names.append(FINDINGS)
    return tuple(dict.fromkeys(names))


def _reach_in_words(model: Model, token: str) -> str:
    if model.interface.structure == "bag":
        return ""  # each position is told by what was put before it
    reach = model.receptive_field()
    return "unbounded" if reach is None else f"{reach} {token}{'s' if reach != 1 else ''}"


def _memory(experiment: Experiment) -> int:
    model = experiment.model
    if isinstance(model, NeuralModel):
        return state_bytes(experiment.config.optimizer.name, parameter_count(model))
    return sum(a.numel() * a.element_size() for a in model.state_arrays().values())
