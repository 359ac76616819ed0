"""A run that a breakpoint stops: the step is undone, and what is said of it.

Where the run stood before the step is kept only while breakpoints are armed. Everything that a step changes before the
optimiser acts is put back: where the feeder stands, the random numbers of data and dropout, the carried state. So the
same batch comes again, and the weights after it are to the bit those of a run that never halted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqviz.core.batch import Batch
from seqviz.core.halt_words import around
from seqviz.core.lab_events import RunHalted
from seqviz.core.tensor_names import layer_title
from seqviz.training.breakpoints import Halted, breakpoints
from seqviz.training.divergence import Place
from seqviz.training.excerpts import excerpt

if TYPE_CHECKING:
    from seqviz.data.tasks import Task
    from seqviz.training.guard import Guard
    from seqviz.training.trainer import Trainer

_PREFIXES = ("weights of ", "gradient of ", "input ")


class Standing:
    """Where a run stands before a step."""

    def __init__(self, trainer: Trainer) -> None:
        feeder, randomness = trainer.feeder, trainer.experiment.randomness
        self._feeder = None if feeder is None else feeder.place()
        self._data = randomness.data.bit_generator.state
        self._drawn = randomness.standing()
        self._learner = trainer.learner.standing()

    def put_back(self, trainer: Trainer) -> None:
        """Stand there again."""
        feeder, randomness = trainer.feeder, trainer.experiment.randomness
        if feeder is not None:
            feeder.go_back(self._feeder)
        randomness.data.bit_generator.state = self._data
        randomness.go_back(self._drawn)
        trainer.learner.go_back(self._learner)


def layer_words(tensor: str) -> str:
    """The layer of a tensor: "layer 1", "block 2"; "" of what belongs to none."""
    for prefix in _PREFIXES:
        tensor = tensor.removeprefix(prefix)
    return layer_title(tensor) if "." in tensor else ""


def place_words(place: Place, labels: tuple[str, ...]) -> str:
    """Layer, position and the text around it, of what is known: layer 1, position 12 of “… ›x‹ …”."""
    layer = layer_words(place.tensor)
    parts = [layer] if layer else []
    if place.position >= 0:
        text = around(labels, place.position)
        parts.append(f"position {place.position}{f' of “{text}”' if text else ''}")
    return ", ".join(parts)


def divergence_words(task: Task, batch: Batch, place: Place) -> str:
    """What RunDiverged says."""
    where = place_words(place, excerpt(task, batch, place.row, place.axis))
    return f"not a number in {place.tensor}{f' ({where})' if where else ''}"


def told(halt: Halted, guard: Guard, step: int, task: Task, batch: Batch) -> RunHalted:
    """What the window is told of a halt; `batch` is the numpy one."""
    kind = breakpoints.get(halt.name)
    measured, place = halt.measured, halt.measured.place
    setting = next(one.setting for one in guard.conditions if one.setting.name == halt.name)
    labels = excerpt(task, batch, place.row, place.axis)
    if kind.has_limit:
        side = "below" if kind.below else "above"
        far = f" {setting.distance} positions back" if kind.distance else ""
        unit = f" {kind.unit}" if kind.unit else ""
        sentence = f"{kind.title}{far} {measured.value:.3g}{unit} at step {step}, {side} the limit {setting.limit:.3g}"
    else:
        sentence = f"{kind.title}: no number in {place.tensor} at step {step}"
    sentence += f"; {measured.words}" if measured.words else ""
    looked = guard.looked_at.get(halt.name, [])
    if looked:
        sentence += f"; looked at step{'s' if len(looked) > 1 else ''} {', '.join(map(str, looked))}"
    return RunHalted(
        step, halt.name, sentence, measured.value, setting.limit, place.tensor, layer_words(place.tensor),
        place.position, labels, kind.panel,
    )  # fmt: skip
