"""Racers of about the same size: the width of each is turned until its parameters come closest to those of one.

An architecture names its width (`Config.width_knob`); sizes grow with it, so the widest that is still below the wanted
count is found by doubling and then by bisection, and it or its next one is taken. Nothing much larger than wanted is
ever built: the widest that a knob allows may not fit in memory. Widths that a model refuses (heads that do not divide
it) are passed over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seqviz.core.config import Part, RunConfig
from seqviz.core.knobs import describe_knobs
from seqviz.data.tasks import Task
from seqviz.models.base import architectures
from seqviz.training.builder import Experiment, build, parameter_count, part_knobs
from seqviz.training.race import build_racers
from seqviz.training.randomness import Randomness


def same_size(config: RunConfig, like: int) -> tuple[RunConfig, tuple[int, ...], tuple[int, ...]]:
    """(config with other widths, parameters by racer before, and after).

    Racers that have no width (counting ones) stay as they are.

    Raises
    ------
    ValueError
        one line: the race cannot be built, or racer `like` is none whose parameters can be matched.
    """
    experiments = build_racers(config)
    if not 0 <= like < len(experiments):
        raise ValueError(f"racers: there is no racer {like}")
    before = tuple(parameter_count(experiment.model) for experiment in experiments)
    if not _width_knob(experiments[like]):
        raise ValueError(f"racers: {experiments[like].config.title} has no width that others could be matched to")
    racers = list(config.racers)
    for number, experiment in enumerate(experiments):
        if number != like and _width_knob(experiment):
            racers[number] = racers[number].model_copy(update={"model": matched(experiment, before[like])})
    solved = config.model_copy(update={"racers": tuple(racers)})
    after = tuple(parameter_count(build(lane, beside=experiments[0]).model) for lane in solved.lanes())
    return solved, before, after


def matched(experiment: Experiment, wanted: int) -> Part:
    """The model's part with the width that brings its parameters closest to `wanted`."""
    part, key = experiment.config.model, _width_knob(experiment)
    cls = architectures.get(part.name)
    described = next(knob for knob in describe_knobs(cls.Config, "model") if knob.key == f"model.{key}")
    low, high = int(described.low or 1), int(described.high or 4096)

    def count(width: int) -> int | None:
        return _parameters(Part(name=part.name, **{**part.knobs, key: width}), experiment.task)

    width = closest(count, wanted, low, high)
    return Part(name=part.name, **{**part.knobs, key: width})


def closest(count: Callable[[int], int | None], wanted: int, low: int, high: int) -> int:
    """The width in low .. high whose `count` (rising; None: not allowed) comes closest to `wanted`."""
    found: dict[int, int] = {}

    def look(width: int) -> int | None:
        """The count at the nearest allowed width from here upwards."""
        for candidate in range(width, min(width + 64, high) + 1):
            size = count(candidate)
            if size is not None:
                found[candidate] = size
                return size
        return None

    top = low
    while top < high and (look(top) or 0) < wanted:
        top = min(2 * top, high)
    high = top
    while low < high:
        middle = (low + high) // 2
        size = look(middle)
        if size is None or size >= wanted:
            high = middle
        else:
            low = middle + 1
    look(low)
    if not found:
        raise ValueError("racers: no width of this architecture can be built")
    return min(found, key=lambda width: (abs(found[width] - wanted), width))


def _parameters(part: Part, task: Task) -> int | None:
    """How many the model would have; None where it cannot be built so."""
    cls: Any = architectures.get(part.name)
    try:
        with Randomness(0):  # the global random numbers stay as they are
            return parameter_count(cls(part_knobs("model", cls.Config, part), task.interface))
    except (ValueError, RuntimeError):
        return None


def _width_knob(experiment: Experiment) -> str:
    return architectures.get(experiment.config.model.name).Config.width_knob
