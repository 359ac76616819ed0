"""From a config to everything a run needs: corpus read, task cut, model built. Every knob spelled out."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from pydantic import ValidationError

from seqviz.core.config import OptimizerConfig, Part, RunConfig, SamplingConfig, TrainingConfig
from seqviz.core.events import PartDescription, Ready
from seqviz.core.interface import reason_against
from seqviz.core.knobs import KnobDescription, Knobs, describe_knobs, first_error
from seqviz.data.content import Content
from seqviz.data.corpora import corpora
from seqviz.data.tasks import Task, tasks
from seqviz.models.base import Model, NeuralModel, architectures
from seqviz.training.breakpoints import describe_breakpoints
from seqviz.training.randomness import Randomness


@dataclass
class Experiment:
    """A config with its parts alive. `config` has every knob of every part filled in."""

    config: RunConfig
    content: Content
    task: Task
    model: Model
    randomness: Randomness
    device: str
    threads: int
    notices: tuple[str, ...] = ()

    def about(self) -> dict[str, Any]:
        """What a run folder says besides the config: where the numbers come from, and how to read them."""
        return {
            "title": type(self.model).title,
            "family": type(self.model).family,
            "unit": self.task.unit.name,
            "per_nat": self.task.unit.per_nat,
            "corpus_sha256": self.content.sha256,
            "device": self.device,
            "threads": self.threads,
            "versions": versions(),
        }


def part_knobs(kind: str, config_class: type[Knobs], part: Part) -> Any:
    """The validated knobs of a named part.

    Raises
    ------
    ValueError
        one line naming the field, e.g. "model.d_hidden: input should be greater than or equal to 1, got 0".
    """
    given = part.knobs
    for name, info in config_class.model_fields.items():
        value = given.get(name)
        if info.annotation is float and type(value) is int and abs(value) < 2**53:
            given[name] = float(value)
    try:
        return config_class.model_validate(given)
    except ValidationError as error:
        raise ValueError(first_error(error, kind)) from None


def complete(config: RunConfig) -> RunConfig:
    """The config with every knob of every part spelled out, checked against the parts that exist.

    Raises
    ------
    ValueError
        unknown part or knob, value out of range, or parts that do not fit each other.
    """
    corpus_class, task_class, model_class = _classes(config)
    if corpus_class.gives != task_class.takes:
        raise ValueError(f"task.name: {task_class.title} cannot be asked of {corpus_class.title.lower()}")
    reason = reason_against(model_class.offers, task_class.needs)
    if reason is not None:
        raise ValueError(f"model.name: {model_class.title} cannot do {task_class.title}: {reason}")
    full = {}
    for kind, cls in (("corpus", corpus_class), ("task", task_class), ("model", model_class)):
        part = getattr(config, kind)
        full[kind] = Part(name=part.name, **part_knobs(kind, cls.Config, part).model_dump())
    return config.model_copy(update=full)


def build(
    config: RunConfig,
    saved: Mapping[str, str] | None = None,
    learned_from: str = "",
    beside: Experiment | None = None,
) -> Experiment:
    """Read the corpus, make the task, build the model under the run's own seed.

    `beside`: another experiment; where it asks the same of the same corpus, what it has read serves here too.

    `saved`: files a stored run kept (its tokenizer), `learned_from`: the SHA-256 of its corpus. With them a corpus
    that cannot be read any more, or has changed since, only costs a notice: the stored vocabulary serves.

    Raises
    ------
    ValueError
        one line that names the field.
    """
    config = complete(config)
    model_class = _classes(config)[2]
    notices: tuple[str, ...] = ()
    if beside is not None and same_data(config, beside.config):
        content, task = beside.content, beside.task
    else:
        content, task, notices = _read(config, saved or {}, learned_from)
    device = pick_device(config.training.device)
    if model_class.learns_by != "gradient":
        device = "cpu"  # counts and beliefs are kept in numpy
    randomness = Randomness(config.training.seed)
    with randomness:
        model = model_class(part_knobs("model", model_class.Config, config.model), task.interface)
    cores = os.cpu_count() or 2
    threads = min(config.training.threads or max(1, cores - 1), cores)
    if config.training.threads > cores:
        notices += (f"training.threads: {config.training.threads} would only wait for each other on {cores} cores",)
    return Experiment(
        config, content, task, model, randomness, device, threads, (*content.notices, *task.notices(), *notices)
    )


def same_data(one: RunConfig, other: RunConfig) -> bool:
    """Whether two experiments train on the same windows of the same text."""
    length = one.training.context_length
    return (one.corpus, one.task, length) == (other.corpus, other.task, other.training.context_length)


def _read(config: RunConfig, saved: Mapping[str, str], learned_from: str) -> tuple[Content, Task, tuple[str, ...]]:
    """(content, task, notices): see `build`."""
    corpus_class, task_class, _ = _classes(config)
    task_config = part_knobs("task", task_class.Config, config.task)
    length = config.training.context_length
    try:
        content = corpus_class(part_knobs("corpus", corpus_class.Config, config.corpus)).read()
        if saved and learned_from not in ("", content.sha256):
            raise ValueError("it has changed since this run learned from it")
        return content, task_class(task_config, content, length), ()
    except ValueError as error:
        restored = task_class.from_saved(task_config, saved, length) if saved else None
        if restored is None:
            raise
        return restored.content, restored, (f"the corpus cannot be read again: {error}",)


def _classes(config: RunConfig) -> tuple[Any, Any, Any]:
    found = []
    for kind, registry in (("corpus", corpora), ("task", tasks), ("model", architectures)):
        try:
            found.append(registry.get(getattr(config, kind).name))
        except ValueError as error:
            raise ValueError(f"{kind}.name: {error}") from None
    return found[0], found[1], found[2]


def pick_device(wanted: str) -> str:
    """The device to use.

    Raises
    ------
    ValueError
        when the one asked for is not there.
    """
    there = available_devices()
    if wanted == "auto":
        return there[-1]
    if wanted not in there:
        raise ValueError(f"training.device: there is no {wanted} on this machine, only {', '.join(there)}")
    return wanted


def available_devices() -> tuple[str, ...]:
    """Cpu first, the fastest last."""
    extra = ["mps"] if torch.backends.mps.is_available() else []
    extra += ["cuda"] if torch.cuda.is_available() else []
    return ("cpu", *extra)


def versions() -> dict[str, str]:
    return {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}


def describe_everything() -> Ready:
    """All parts and knobs as plain data, for the window and for `list --json`."""
    parts = [_describe_model(name, cls) for name, cls in architectures.items()]
    parts += [_describe_corpus(name, cls) for name, cls in corpora.items()]
    parts += [
        PartDescription("task", name, cls.title, _summary(cls), describe_knobs(cls.Config, "task"), document=_doc(cls))
        for name, cls in tasks.items()
    ]
    return Ready(tuple(parts), section_knobs(), available_devices(), versions(), describe_breakpoints())


def section_knobs() -> tuple[KnobDescription, ...]:
    """Knobs that every run has, whatever its parts."""
    return (
        *describe_knobs(OptimizerConfig, "optimizer"),
        *describe_knobs(TrainingConfig, "training"),
        *describe_knobs(SamplingConfig, "sampling"),
    )


def live_keys(model_class: type[Model]) -> frozenset[str]:
    """Dotted keys that may change while a run of this architecture goes on."""
    knobs = (*section_knobs(), *describe_knobs(model_class.Config, "model"))
    return frozenset(knob.key for knob in knobs if knob.live)


def _describe_model(name: str, cls: type[Model]) -> PartDescription:
    serves = tuple(task for task, t in tasks.items() if reason_against(cls.offers, t.needs) is None)
    knobs = describe_knobs(cls.Config, "model")
    return PartDescription(
        "model", name, cls.title, _summary(cls), knobs, cls.family, serves, tuple(cls.provides), _doc(cls),
        cls.learns_by,
    )  # fmt: skip


def _describe_corpus(name: str, cls: Any) -> PartDescription:
    serves = tuple(task for task, t in tasks.items() if t.takes == cls.gives)
    knobs = describe_knobs(cls.Config, "corpus")
    return PartDescription("corpus", name, cls.title, _summary(cls), knobs, "", serves, (), _doc(cls))


def _summary(cls: type) -> str:
    return next(iter((cls.__doc__ or "").strip().splitlines()), "")


def _doc(cls: type) -> str:
    return (sys.modules[cls.__module__].__doc__ or "").strip()


def parameter_count(model: Model) -> int:
    if isinstance(model, NeuralModel):
        return sum(p.numel() for p in model.parameters())
    return sum(count for _, count in model.groups())
