"""An onlooker of optimiser steps: every parameter tensor's gradient, and what the optimiser made of it.

    update ratio      || w_after - w_before || / || w_before ||         healthy around 1e-3 (Karpathy, CS231n, 2015)
    signal to noise   mean over entries of |m| / sqrt(v - m^2),  m and v the exponential means of g and g^2 over the
                      measured steps with decay 0.9, without bias; entries that never had a gradient do not count.
                      The means look back on about 19 gradients, so pure noise gives about 0.18: NOISE_ALONE.
                      (Balles and Hennig, "Dissecting Adam", 2018; Liu et al., "Understanding why neural networks
                      generalize well through GSNR of parameters", 2020, whose GSNR is the square of |m| / std.)
    angle             between the gradient and the one that was measured before it, degrees; 90 in many dimensions is
                      what two unrelated gradients have

Gradients are those before clipping, updates those that were made. Measured steps are chosen by the clock, at most ten
a second and within the watch budget, so that consecutive ones may lie many steps apart. Nothing is changed: all steps
that are not measured cost three calls that return at once.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from seqviz.analysis import matches
from seqviz.core.events import Event
from seqviz.core.lab_events import ParametersMeasured
from seqviz.training.learner import Going, GradientLearner, Learner
from seqviz.training.watch_budget import WatchBudget

NAME = "parameters"
WANT = "parameters.*"
DECAY = 0.9
ENOUGH = 10  # measured steps before signal to noise says anything
NOISE_ALONE = math.sqrt(2 / math.pi) * math.sqrt((1 - DECAY) / (1 + DECAY))  # E|N(0, 1)| times the weights' norm
LOWEST, HIGHEST, BINS = -12.0, 2.0, 42  # log10 of the size of a gradient's entries: three bins a decade


class ParameterWatch:
    """Set beside a learner while somebody looks at its parameters."""

    def __init__(self, emit: Callable[[Event], None], budget: WatchBudget) -> None:
        self.emit, self.budget = emit, budget
        self.measured = 0
        self._gradient = torch.empty(0)  # (N,), of the step being measured; empty: this step is not
        self._before = torch.empty(0)  # (N,), weights
        self._last = torch.empty(0)  # (N,), the gradient that was measured before
        self._mean = torch.empty(0)  # (N,), running
        self._square = torch.empty(0)  # (N,)
        self._seconds = 0.0

    def before_clip(self, learner: GradientLearner, step: Going) -> None:
        """Decide whether this step is measured; the gradients are copied before they are clipped."""
        self._gradient = torch.empty(0)  # a step may have been halted half-way
        if step.number > 1 and not self.budget.due(NAME):
            return
        began = time.perf_counter()
        with torch.no_grad():
            gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in learner.parameters]
            self._gradient = _flat(gradients)  # (N,)
        self._seconds = time.perf_counter() - began

    def before_update(self, learner: GradientLearner, step: Going) -> None:
        if not len(self._gradient):
            return
        began = time.perf_counter()
        with torch.no_grad():
            self._before = _flat(learner.parameters)  # (N,)
        self._seconds += time.perf_counter() - began

    def after_update(self, learner: GradientLearner, step: Going) -> None:
        """Tell what was measured."""
        if not len(self._gradient):
            return
        began = time.perf_counter()
        with torch.no_grad():
            self.emit(self._event(learner, step.number))
        self._last, self._gradient, self._before = self._gradient, torch.empty(0), torch.empty(0)
        self._seconds += time.perf_counter() - began
        self.budget.spent(NAME, self._seconds)

    def _event(self, learner: GradientLearner, step: int) -> ParametersMeasured:
        names = tuple(name for name, p in learner.model.named_parameters() if p.requires_grad)
        sizes = [p.numel() for p in learner.parameters]
        gradient = self._gradient
        self._remember(gradient)
        weights, update = _norms(self._before, sizes), _norms(_flat(learner.parameters) - self._before, sizes)
        histograms, zeros = histogram_of(gradient, sizes)
        largest = torch.stack([part.abs().max() for part in gradient.split(sizes)])
        norms = _norms(gradient, sizes)
        figures = {
            "gradient_norm": norms,
            "gradient_max": _array(largest),
            "zero_share": zeros,
            "weight_norm": weights,
            "update_norm": update,
            "update_ratio": np.divide(update, weights, out=np.full_like(update, np.nan), where=weights > 0),
            "signal_to_noise": self._signal_to_noise(sizes),
            "angle": self._angles(norms, sizes),
        }
        for array in (*figures.values(), histograms):
            array.flags.writeable = False
        shapes = tuple(tuple(p.shape) for p in learner.parameters)
        return ParametersMeasured(step, names, figures, histograms, EDGES, shapes)

    def _remember(self, gradient: Tensor) -> None:
        """Running means of g and g^2 with one decay, so that their difference is a variance and never negative."""
        if not self.measured:
            self._mean, self._square = torch.zeros_like(gradient), torch.zeros_like(gradient)
        self._mean.lerp_(gradient, 1 - DECAY)
        self._square.mul_(DECAY).addcmul_(gradient, gradient, value=1 - DECAY)
        self.measured += 1

    def _signal_to_noise(self, sizes: Sequence[int]) -> np.ndarray:
        """(tensor,); nan before there are enough measured steps."""
        if self.measured < ENOUGH:
            return np.full(len(sizes), np.nan)
        known = 1 - DECAY**self.measured
        mean = self._mean / known
        variance = (self._square / known - mean.square()).clamp_(min=0)
        heard = variance > 1e-12 * mean.square()  # what never varied (or was never asked) has no noise to compare with
        ratio = torch.where(heard, mean.abs() / variance.clamp(min=1e-38).sqrt(), 0.0)
        sums, counts = (torch.stack([p.sum() for p in x.split(list(sizes))]) for x in (ratio, heard.to(ratio.dtype)))
        return _array(torch.where(counts > 0, sums / counts, math.nan))

    def _angles(self, norms: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
        """(tensor,) degrees to the gradient measured before; nan where one of them is zero."""
        if not len(self._last):
            return np.full(len(sizes), np.nan)
        products = zip(self._gradient.split(list(sizes)), self._last.split(list(sizes)), strict=True)
        dots = _array(torch.stack([one @ other for one, other in products]))
        lengths = norms * _norms(self._last, sizes)
        cosines = np.divide(dots, lengths, out=np.full_like(dots, np.nan), where=lengths > 0)
        return np.asarray(np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0))))


def watch_parameters(
    learner: Learner, emit: Callable[[Event], None], budget: WatchBudget, wants: frozenset[str]
) -> None:
    """Set a watch beside a learner, leave it, or take it away, as somebody looks at "parameters.*" or not."""
    if not isinstance(learner, GradientLearner):
        return
    standing = [onlooker for onlooker in learner.onlookers if isinstance(onlooker, ParameterWatch)]
    wanted = matches(WANT, wants)
    if wanted and not standing:
        learner.onlookers.append(ParameterWatch(emit, budget))
    elif not wanted:
        for onlooker in standing:
            learner.onlookers.remove(onlooker)


EDGES = np.linspace(LOWEST, HIGHEST, BINS + 1)
EDGES.flags.writeable = False


def histogram_of(gradient: Tensor, sizes: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Of a flat gradient (N,) the shares by size (tensor, bin) and of zeros (tensor,), which add up to 1 together.

    What lies outside the edges is counted in the outermost bins.
    """
    places = gradient.abs().log10_().sub_(LOWEST).mul_(BINS / (HIGHEST - LOWEST))  # (N,): -inf where zero
    bins = places.clamp_(min=0, max=BINS - 1).to(torch.int64)  # (N,)
    parts = zip(gradient.split(list(sizes)), bins.split(list(sizes)), strict=True)
    counts = torch.stack([torch.bincount(b[g != 0], minlength=BINS) for g, b in parts]).cpu().numpy()  # (tensor, bin)
    total = np.asarray(sizes, dtype=np.float64)
    zeros = 1.0 - counts.sum(axis=1) / total
    return (counts / total[:, None]).astype(np.float32), zeros


def _flat(tensors: Sequence[Tensor]) -> Tensor:
    """A copy of all entries in a row: (N,)."""
    return torch.cat([tensor.detach().reshape(-1) for tensor in tensors])


def _norms(flat: Tensor, sizes: Sequence[int]) -> np.ndarray:
    """(tensor,) in float64."""
    return _array(torch.stack(torch._foreach_norm(list(flat.split(list(sizes))))))


def _array(values: Tensor) -> np.ndarray:
    return np.asarray(values.double().cpu().numpy())
