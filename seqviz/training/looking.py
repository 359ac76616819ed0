"""The probe seen through the model: frames of exactly what is watched, within the watch budget.

Nothing here touches the run's random numbers, gradients or weights.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch

from seqviz.analysis import Analysis, Cost, Subject, analyses, matches
from seqviz.analysis.backprop_steps import REHEARSE
from seqviz.analysis.windows import WindowMean
from seqviz.core.batch import Batch, Ruler
from seqviz.core.commands import Watch
from seqviz.core.events import Event, Frame, Notice
from seqviz.models.trace import TracedArray
from seqviz.training.learner import GradientLearner
from seqviz.training.rehearsing import rehearse
from seqviz.training.validation import first_rows, one_row
from seqviz.training.watch_budget import WatchBudget
from seqviz.training.weight_path import WeightPath

if TYPE_CHECKING:
    from seqviz.training.trainer import Trainer

LIGHT = "light frame"
BATCH_ROWS = 8  # sequences of the training batch that are looked at
WINDOWS = 32
ASKED_ROWS = 8  # sequences of the batch that is asked about
FIRST_HURRY = 4  # the first picture may cost so many times the budget: an empty panel is worse


class Looker:
    """Makes frames of one trainer's probe. `look()` does one bounded piece of work and tells whether it did any."""

    def __init__(
        self, trainer: Trainer, emit: Callable[[Event], None], sharers: int = 1, by_pieces: bool = False
    ) -> None:
        self.trainer = trainer
        self.emit = emit
        self.watch = Watch()
        self.budget = WatchBudget(sharers=sharers)
        self.awaiting = ""
        self.probe, self.probe_text, _ = self._first_probe()
        self._analyses = [(name, cls()) for name, cls in analyses.items()]
        self._by_pieces = by_pieces  # whoever drives it lets the weights stand while it is `midway`
        self._begun: Begun | None = None
        self._broken: set[str] = set()  # what raised: left alone until something about the looking changes
        self._shown: set[str] = set()  # dear analyses that have been shown since the looking changed
        self._seen: dict[str, int] = {}  # analysis or LIGHT -> step of its newest result
        self._still = True  # the run stands still: a mean over windows must be of this very step
        self._means: dict[str, tuple[WindowMean, list[Batch]]] = {}  # analysis -> what it has so far, of what
        self._windows: list[Batch] = []
        self.path: WeightPath | None = None
        self._own_rulers: Mapping[str, Ruler] = {}  # what the model calls the rows of its own axes
        self._asked_of: dict[Cost, list[tuple[str, Analysis]]] = {}  # matching names at every step would be felt

    def _first_probe(self) -> tuple[Batch, str, str]:
        """The preset's probe, else the corpus's; cut to the context where the model can read no more."""
        text = self.trainer.config.probe or self.trainer.experiment.content.probe
        try:
            return self._readable(text)
        except ValueError:
            return self._readable(text[: self.trainer.config.training.context_length])

    def _readable(self, text: str) -> tuple[Batch, str, str]:
        """(batch, text, notice) of a probe that the model can read; a trial trace proves it."""
        batch, notice = self.trainer.task.probe(text)
        self.trainer.model.quick_trace(self.trainer.learner.tensors(batch))
        return batch, text, notice

    def set_probe(self, text: str) -> str:
        """Look through another text from now on; the notice says what was replaced in it.

        Raises
        ------
        ValueError
            one line; the old probe stays.
        """
        try:
            self.probe, self.probe_text, notice = self._readable(text)
        except ValueError as error:
            raise ValueError(f"probe: {str(error).removeprefix('probe: ')}") from None
        self.renew()
        return notice

    def subject(self) -> Subject:
        """The model as it is now, looked at through the probe."""
        return self._subject(self.probe)

    def set_watch(self, watch: Watch) -> None:
        if (watch.source, watch.wants) != (self.watch.source, self.watch.wants):
            self._means.clear()
        self.watch = watch
        self._asked_of.clear()
        self.budget.share = watch.budget
        self.renew()

    def renew(self) -> None:
        """Everything watched is due again."""
        self._begun = None
        self._seen.clear()
        self._broken.clear()
        self._shown.clear()
        self.budget.renew_all()

    # one piece of work -----------------------------------------------------------------------------------------

    def look(self, paused: bool) -> bool:
        """Make at most one frame; False when nothing is wanted or due. Paused, the budget does not bind."""
        if not self.watch.wants:
            return False
        if self._begun is not None:
            self._guarded(self._begun.name, self._go_on)
            return True
        self._still = paused
        step = self.trainer.step
        if self._wanted_now(LIGHT, step, paused):
            self._guarded(LIGHT, lambda: self._light_frame(step))
            return True
        dear = self._asked_for("budget")
        for name, analysis in dear:
            if self._wanted_now(name, step, paused):
                self._guarded(name, partial(self._dear_frame, name, analysis, step))
                return True
        self.awaiting = ""
        return False

    @property
    def midway(self) -> bool:
        """Whether a picture is begun: until it is done the weights must stay as they are."""
        return self._begun is not None

    def asked_slices(self, wants: frozenset[str]) -> Iterator[None]:
        """Compute once what is too dear to be watched (cost "request"), in pieces; frames follow.

        Raises
        ------
        ValueError
            one line: this model cannot be asked for it.
        """
        step, asked = self.trainer.step, self._serving("request", wants)
        if not asked:
            raise ValueError(f"{type(self.trainer.model).title} cannot be asked for {', '.join(sorted(wants))}")
        try:
            for name, analysis in asked:
                began = time.perf_counter()
                self.awaiting = f"{name.replace('_', ' ')} ..."
                for found in analysis.slices(self._asked_subject(analysis), wants):
                    if found is not None:
                        self._send(found, step, time.perf_counter() - began)
                    yield
        finally:
            self.awaiting = ""

    def _asked_subject(self, analysis: Analysis) -> Subject:
        """The probe, or a batch of validation sequences; with the weights' path where it was kept."""
        batch = self.probe
        if analysis.over_windows:
            batch = next(iter(self.trainer.task.evaluation_batches(ASKED_ROWS)), self.probe)
        subject = self._subject(batch)
        snapshots = None if self.path is None else self.path.snapshots
        if snapshots is not None:
            subject.shared["path"] = snapshots
        return subject

    def _wanted_now(self, name: str, step: int, paused: bool) -> bool:
        if name in self._broken or self._seen.get(name) == step:
            return False
        return paused or self.budget.due(name, light=name == LIGHT)

    def _guarded(self, name: str, look: Callable[[], None]) -> None:
        """Looking must never end a run: what raises is reported once and left alone."""
        try:
            look()
        except Exception as error:
            self._begun = None
            self._broken.add(name)
            self._means.pop(name, None)
            self.emit(Notice("error", f"{name} cannot be shown: {error}", traceback.format_exc()))

    def _asked_for(self, cost: Cost) -> list[tuple[str, Analysis]]:
        """Analyses of this cost that serve the model and give something that is watched."""
        if cost not in self._asked_of:
            self._asked_of[cost] = self._serving(cost, self.watch.wants)
        return self._asked_of[cost]

    def _serving(self, cost: Cost, wants: frozenset[str]) -> list[tuple[str, Analysis]]:
        """Analyses of this cost that serve the model and give something of `wants`."""
        model = self.trainer.model
        return [
            (name, a)
            for name, a in self._analyses
            if a.cost == cost and a.serves(model) and any(matches(p, wants) for p in a.provides)
        ]

    def _light_frame(self, step: int) -> None:
        began = time.perf_counter()
        self.trainer.fault("probe")
        subject = self._subject(self.probe)
        gradients = self._batch_subject() if self._source() == "batch" else subject
        wants = self.watch.wants
        found = {n: a for n, a in subject.trace.arrays.items() if matches(n, wants)}
        for _, analysis in self._asked_for("frame"):
            found |= analysis.compute(gradients if analysis.source_matters else subject, wants)
        self._seen[LIGHT] = step
        self._own_rulers = subject.trace.rulers
        self._send(found, step, time.perf_counter() - began)
        self.budget.spent(LIGHT, time.perf_counter() - began, light=True)

    def _dear_frame(self, name: str, analysis: Analysis, step: int) -> None:
        began = time.perf_counter()
        source = self._source_of(analysis)
        if source == "probe":
            self._begun = Begun(name, step, analysis.slices(self._subject(self.probe), self.watch.wants))
            self._go_on()
            return
        found = self._one_sequence(name, analysis, source)
        self._shown_for(name, step, found, began, source)

    def _go_on(self) -> None:
        """One piece of what is begun, or all of it where whoever drives this lets the weights go on."""
        begun = self._begun
        assert begun is not None
        began = time.perf_counter() - begun.seconds
        while self._begun is not None:
            piece = next(begun.pieces, begun)
            if piece is begun:
                self._begun = None
                self._shown_for(begun.name, begun.step, begun.found, began, "probe")
            elif isinstance(piece, dict):
                begun.found |= piece
            if self._by_pieces:
                break
        begun.seconds = time.perf_counter() - began

    def _shown_for(self, name: str, step: int, found: dict[str, TracedArray] | None, began: float, source: str) -> None:
        """Send what was found, if it is whole, and tell the budget of the seconds since `began`."""
        hurry = 1 if name in self._shown else FIRST_HURRY
        if found is not None:
            self._shown.add(name)
            self._seen[name] = step
            self._send(found, step, time.perf_counter() - began, source)
        self.budget.spent(name, time.perf_counter() - began, hurry=hurry, shown=found is not None)

    def _source_of(self, analysis: Analysis) -> str:
        if analysis.over_windows:
            return "windows"
        return self._source() if analysis.source_matters else "probe"

    def _source(self) -> str:
        """What gradient views look at; before the first step there is no batch."""
        return self.watch.source if self.trainer.last_batch is not None else "probe"

    def _batch_subject(self) -> Subject:
        """The first sequences of the current batch, for light gradient views."""
        assert self.trainer.last_batch is not None
        return self._subject(first_rows(self.trainer.last_batch, BATCH_ROWS))

    def _subject(self, batch: Batch) -> Subject:
        learner = self.trainer.learner
        subject = Subject(self.trainer.model, learner.tensors(batch))
        if isinstance(learner, GradientLearner):
            subject.shared[REHEARSE] = partial(rehearse, learner, batch)
        return subject

    def _one_sequence(self, name: str, analysis: Analysis, source: str) -> dict[str, TracedArray] | None:
        """Add one sequence to the running mean, a bounded piece of work; the result once all are in, else None."""
        known = self._means.get(name)
        if known is None or (self._still and known[0].step != self.trainer.step):
            sequences = self._batch_rows() if source == "batch" else self._single_windows()
            known = self._means[name] = WindowMean(self.trainer.step), sequences
        done, sequences = known
        done.add(analysis.compute(self._subject(sequences[done.count]), self.watch.wants))
        self.awaiting = f"mean of {len(sequences)} sequences, {done.count} done"
        if done.count < len(sequences):
            return None
        del self._means[name]
        self.awaiting = ""
        return analysis.finish(done.means())

    def _batch_rows(self) -> list[Batch]:
        assert self.trainer.last_batch is not None
        rows = next(iter(self.trainer.last_batch.inputs.values())).values.shape[0]
        return [one_row(self.trainer.last_batch, row) for row in range(min(rows, BATCH_ROWS))]

    def _single_windows(self) -> list[Batch]:
        """Up to 32 single examples of one shape, the commonest, evenly spread over the validation split."""
        if not self._windows:
            by_shape: dict[object, list[Batch]] = {}
            for batch in self.trainer.task.evaluation_batches(1):
                by_shape.setdefault(shape_of(batch), []).append(batch)
            if not by_shape:
                raise ValueError("there is no validation text to take windows from")
            whole = max(by_shape.values(), key=lambda alike: (len(alike), alike[0].tokens))
            chosen = np.unique(np.linspace(0, len(whole) - 1, min(WINDOWS, len(whole))).round().astype(int))
            self._windows = [whole[index] for index in chosen]
        return self._windows

    def _send(self, found: dict[str, TracedArray], step: int, seconds: float, source: str = "probe") -> None:
        arrays: dict[str, np.ndarray] = {}
        axes: dict[str, tuple[str, ...]] = {}
        for name, traced in found.items():
            arrays[name], axes[name] = read_only(traced)
        self.emit(
            Frame(
                step,
                self.trainer.store.run_id,
                arrays,
                axes,
                {**self._own_rulers, **self.probe.rulers},
                dict.fromkeys(arrays, step),
                source,
                seconds * 1e3,
            )
        )


@dataclass
class Begun:
    """A dear picture of one step, made in pieces."""

    name: str
    step: int
    pieces: Iterator[dict[str, TracedArray] | None]
    found: dict[str, TracedArray] = field(default_factory=dict)
    seconds: float = 0.0  # so far


def shape_of(batch: Batch) -> object:
    """What two batches must share for a mean over both to mean anything: the sizes of all fields, and the tree."""
    sizes = tuple(field.values.shape for field in (*batch.inputs.values(), *batch.targets.values()))
    return sizes, None if batch.structure is None else batch.structure.left.tobytes()


def read_only(traced: TracedArray) -> tuple[np.ndarray, tuple[str, ...]]:
    """A float32 copy without its batch axis that nobody can write to, and its axes."""
    values, axes = traced.values, traced.axes
    if axes and axes[0] == "batch":
        values, axes = values[0], axes[1:]
    kind = torch.float32 if values.is_floating_point() else values.dtype
    array = values.detach().to("cpu", kind, copy=True).numpy()
    array.flags.writeable = False
    return array, axes
