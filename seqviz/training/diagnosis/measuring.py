"""The arrays that the rules want, measured now on a few validation windows, a bounded piece at a time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

import numpy as np

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.analysis.windows import WindowMean
from seqviz.core.batch import Batch, Field
from seqviz.models.trace import TracedArray
from seqviz.training.looking import shape_of
from seqviz.training.trainer import Trainer
from seqviz.training.validation import spread

READ = 64  # windows of the validation split to choose from
WINDOWS = 8
POSITIONS = 2048  # of all windows together, in one trace: bounds the time of a piece
EXACT = 2  # windows for what is 0 to the last bit or is not: one more says nothing new
ONE_BY_ONE = 4  # windows for what is a mean over windows


@dataclass
class Figures:
    """`missing`: why what was wanted is not there, by wildcard."""

    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


Slices = Generator[None, None, Figures]


def measure(trainer: Trainer, windows: list[Batch], wants: frozenset[str]) -> Slices:
    """Everything wanted that this run can give; a `next` is one bounded piece, the figures are returned at the end."""
    figures = Figures()
    if not windows:
        return Figures(missing=dict.fromkeys(wants, "there is no validation text to look at"))
    together = stacked(windows)
    yield from _piece(figures, wants, lambda: _traced(_subject(trainer, together), wants))
    for _, analysis_class in analyses.items():
        analysis = analysis_class()
        asked = frozenset(want for want in wants if any(matches(name, {want}) for name in analysis.provides))
        if not asked or not analysis.serves(trainer.model) or not analysis.asked(together):
            continue
        if analysis.over_windows:
            yield from _mean(figures, trainer, analysis, windows[:ONE_BY_ONE], asked)
        else:
            subject = _subject(trainer, stacked(windows[:EXACT]))
            yield from _piece(figures, asked, partial(analysis.compute, subject, asked))
    return figures


def _piece(
    figures: Figures, wants: frozenset[str], compute: Callable[[], dict[str, TracedArray]]
) -> Generator[None, None, None]:
    """One computation; what it cannot do is noted, for the rules to tell."""
    try:
        figures.arrays |= {name: _plain(traced) for name, traced in compute().items()}
    except Exception as error:  # a model of the user's own may fail in any way; the run goes on
        figures.missing |= dict.fromkeys(wants, f"it could not be measured: {' '.join(str(error).split())}")
    yield


def _mean(
    figures: Figures, trainer: Trainer, analysis: Analysis, windows: list[Batch], wants: frozenset[str]
) -> Generator[None, None, None]:
    done = WindowMean()
    for window in windows:
        try:
            done.add(analysis.compute(_subject(trainer, window), wants))
        except Exception as error:
            figures.missing |= dict.fromkeys(wants, f"it could not be measured: {' '.join(str(error).split())}")
            return
        yield
    figures.arrays |= {name: _plain(traced) for name, traced in analysis.finish(done.means()).items()}


def _subject(trainer: Trainer, batch: Batch) -> Subject:
    return Subject(trainer.model, trainer.learner.tensors(batch))


def _traced(subject: Subject, wants: Iterable[str]) -> dict[str, TracedArray]:
    return {name: traced for name, traced in subject.trace.arrays.items() if matches(name, wants)}


def _plain(traced: TracedArray) -> np.ndarray:
    """As numpy; an analysis' batch axis of length 1 is dropped, that of a trace (windows) is kept."""
    values: np.ndarray = traced.values.detach().cpu().numpy()
    few = traced.axes and traced.axes[0] == "batch" and values.shape[0] == 1 and values.ndim <= 2
    return values[0] if few else values


def chosen_windows(trainer: Trainer) -> list[Batch]:
    """Single windows of one shape, the commonest, from the beginning of the validation split."""
    by_shape: dict[object, list[Batch]] = {}
    for batch in islice(trainer.task.evaluation_batches(1), READ):
        by_shape.setdefault(shape_of(batch), []).append(batch)
    if not by_shape:
        return []
    alike = max(by_shape.values(), key=lambda group: (len(group), group[0].tokens))
    positions = max(next(iter(alike[0].inputs.values())).values[0].shape[0], 1)
    return spread(alike, max(1, min(WINDOWS, POSITIONS // positions)))


def stacked(windows: list[Batch]) -> Batch:
    """Windows of one shape as one batch; trees are looked at one alone."""
    first = windows[0]
    if first.structure is not None or len(windows) == 1:
        return first

    def join(items: list[Field]) -> Field:
        masks = [item.mask for item in items if item.mask is not None]
        mask = np.concatenate(masks) if masks else None
        return Field(np.concatenate([item.values for item in items]), items[0].axes, mask)  # (window, ...)

    return Batch(
        {name: join([w.inputs[name] for w in windows]) for name in first.inputs},
        {name: join([w.targets[name] for w in windows]) for name in first.targets},
        tokens=sum(w.tokens for w in windows),
    )
