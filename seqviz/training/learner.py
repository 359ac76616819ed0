"""One optimiser step, in phases; the same interface for models that count.

The learner alone turns numpy batches into tensors on the right device.
"""

from __future__ import annotations

import abc
import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
import torch
from torch import Tensor

from seqviz.core.batch import Batch
from seqviz.core.config import RunConfig
from seqviz.core.tensor_names import layer_title
from seqviz.data.tasks import Task
from seqviz.models.base import Context, Model, NeuralModel
from seqviz.training.divergence import Diverged, Place, first_bad_array, first_bad_gradient
from seqviz.training.optimizers import make_optimizer, set_rate, set_weight_decay
from seqviz.training.schedules import Schedule
from seqviz.training.worst_place import steepest

Phase = Literal["forward", "loss", "backward", "clip", "update"]


@dataclass(frozen=True)
class StepResult:
    """Figures of one step; the norms are of the gradient before clipping, of which `clip_scale` is the share kept."""

    loss: float  # nats per target
    grad_norm: float = math.nan
    clip_scale: float = 1.0
    learning_rate: float = math.nan
    layer_norms: np.ndarray | None = None


@dataclass(frozen=True)
class Scored:
    """One batch judged: sum of losses in nats, number of targets, metrics as (sum, count), the state after it."""

    total: float
    count: float
    metrics: dict[str, tuple[float, float]]
    state: Any


class Onlooker(Protocol):
    """Whoever watches the steps of a learner: it may read everything and change nothing.

    Heard in this order at every step. `before_update` may raise Halted: then nothing was applied.
    """

    def before_clip(self, learner: GradientLearner, step: Going) -> None:
        """The gradients stand in `parameter.grad` as autograd gave them."""

    def before_update(self, learner: GradientLearner, step: Going) -> None:
        """The gradients are clipped; the next thing is the optimiser."""

    def after_update(self, learner: GradientLearner, step: Going) -> None:
        """The weights are new, the (clipped) gradients still there."""


@dataclass(frozen=True)
class Going:
    """A step under way, for onlookers. `rate` and `scale` are nan before they are known."""

    number: int  # of the step that is being made, from 1
    batch: Batch  # tensors
    loss: float  # nats per target
    grad_norm: float  # before clipping
    layer_norms: np.ndarray  # (layer,), before clipping
    scale: float = math.nan  # share of the gradient's length that clipping kept
    rate: float = math.nan


class Learner(abc.ABC):
    """Drives one model. `phases` yields the name of each phase just before it runs."""

    model: Model
    layer_names: tuple[str, ...] = ()

    def __init__(self, model: Model, task: Task, device: str) -> None:
        self.model, self.task, self.device = model, task, device
        self.result = StepResult(math.nan)
        self.time_share = 0.0  # how much of a time budget is used; whoever keeps the time tells

    @abc.abstractmethod
    def phases(self, batch: Batch) -> Iterator[Phase]:
        """Learn from one numpy batch; `result` holds the figures afterwards."""

    def learn(self, batch: Batch, on_phase: Callable[[Phase], None] | None = None) -> StepResult:
        for phase in self.phases(batch):
            if on_phase is not None:
                on_phase(phase)
        return self.result

    def tensors(self, batch: Batch) -> Batch:
        """The batch as tensors where the model lives. Copies: the numpy arrays stay the caller's."""
        dtype = self.dtype

        def convert(array: np.ndarray) -> Tensor:
            tensor = torch.from_numpy(np.ascontiguousarray(array))
            return tensor.to(self.device, dtype if tensor.is_floating_point() else None)

        return batch.convert(convert)

    @cached_property  # reading a counting model's arrays is dear
    def dtype(self) -> torch.dtype:
        arrays = self.model.state_arrays().values()
        return next((a.dtype for a in arrays if a.is_floating_point()), torch.get_default_dtype())

    def standing(self) -> Any:
        """What a step changes before it is applied; `go_back` takes it."""
        return None

    def go_back(self, standing: Any) -> None:
        """Forget a step that was begun and not applied."""

    def set_knob(self, key: str, value: Any) -> None:
        """Change a live knob of the model or the optimiser."""

    def validated(self, loss: float) -> None:
        """Hear of a sampled validation loss."""

    @torch.no_grad()
    def evaluate(self, batch: Batch, state: Any = None) -> Scored:
        """Score one numpy batch in eval mode, going on from `state` where one is given."""
        tensors = self.tensors(batch)
        output = self.model.forward(tensors, Context(state))
        total, count = self.task.objective(output, tensors)
        return Scored(float(total), float(count), dict(self.task.metrics(output, tensors)), output.state)


class GradientLearner(Learner):
    """Forward, loss, backward, clip, update: any torch model."""

    model: NeuralModel

    def __init__(self, model: NeuralModel, task: Task, config: RunConfig, device: str, total_steps: int) -> None:
        super().__init__(model, task, device)
        self.model = model.to(device)
        self.optimizer = make_optimizer(model.named_parameters(), config.optimizer, device)
        self.schedule = Schedule(config.optimizer, total_steps)
        self.peak_rate = config.optimizer.learning_rate
        self.onlookers: list[Onlooker] = []
        self.clip_norm = config.training.clip_norm
        self.clip_value = config.training.clip_value
        self.steps = 0
        self._state: Any = None
        self._carry = config.training.carry_state
        self._total = total_steps  # 0: nobody knows
        self.parameters = [p for p in model.parameters() if p.requires_grad]
        self._names = [name for name, p in model.named_parameters() if p.requires_grad]
        self._dtype = self.parameters[0].dtype
        self.layer_names, self._layer_of = _layers(self._names)

    @property
    def dtype(self) -> torch.dtype:
        return self._dtype

    @property
    def named_parameters(self) -> list[tuple[str, torch.nn.Parameter]]:
        """What is trained, in the model's order."""
        return list(zip(self._names, self.parameters, strict=True))

    def phases(self, batch: Batch) -> Iterator[Phase]:
        tensors = self.tensors(batch)
        if not self.model.training:  # walking all modules at every step would be felt
            self.model.train()
        if batch.fresh or not self._carry:
            self._state = None
        self.optimizer.zero_grad(set_to_none=True)
        yield "forward"
        output = self.model.forward(tensors, Context(self._state, self.progress))
        if self._carry:
            self._state = output.state
        yield "loss"
        total, count = output.own_loss or self.task.objective(output, tensors)
        loss = total / count
        yield "backward"
        loss.backward()
        yield "clip"
        value = loss.item()
        norm, layer_norms = self._gradient_norms()
        if not (math.isfinite(value) and math.isfinite(norm)):
            raise self._diverged(tensors, value)
        going = Going(self.steps + 1, tensors, value, norm, layer_norms)
        for onlooker in self.onlookers:
            onlooker.before_clip(self, going)
        scale = self._clip(norm)
        yield "update"
        rate = self.peak_rate * self.schedule.share(self.steps)
        going = replace(going, scale=scale, rate=rate) if self.onlookers else going
        for onlooker in self.onlookers:
            onlooker.before_update(self, going)
        set_rate(self.optimizer, rate)
        self.optimizer.step()
        self.steps += 1
        for onlooker in self.onlookers:
            onlooker.after_update(self, going)
        self.result = StepResult(value, norm, scale, rate, layer_norms)

    def standing(self) -> Any:
        return self._state  # replaced by each step, never written to

    def go_back(self, standing: Any) -> None:
        self._state = standing
        self.optimizer.zero_grad(set_to_none=True)

    def double(self) -> GradientLearner:
        """The very same next step on weights and an optimiser of its own; no dropout, no onlookers."""
        double = copy.copy(self)
        double.model, double.optimizer = copy.deepcopy((self.model, self.optimizer))  # one memo: it steps the copy
        double.model.set_dropout(0.0)
        double.parameters = [p for p in double.model.parameters() if p.requires_grad]
        double.onlookers = []
        double._state, double._carry = None, False
        return double

    @property
    def progress(self) -> float:
        """Share of training done: of the steps planned, or of the time, whichever ends first; 0 where neither ends."""
        return max(self.steps / self._total if self._total else 0.0, self.time_share)

    def _gradient_norms(self) -> tuple[float, np.ndarray]:
        """Total norm, and the norm of each layer, from one pass over the gradients."""
        with torch.no_grad():
            grads = [p.grad if p.grad is not None else torch.zeros_like(p) for p in self.parameters]
            squares = torch.stack(torch._foreach_norm(grads)).double().square().cpu().numpy()  # (parameter,)
        layers = np.bincount(self._layer_of, weights=squares, minlength=len(self.layer_names))
        return float(math.sqrt(squares.sum())), np.sqrt(layers).astype(np.float32)

    def _clip(self, norm: float) -> float:
        """Clip by value, then by norm; the share of the gradient's length that both together keep."""
        grads, kept = [p.grad for p in self.parameters if p.grad is not None], 1.0
        if self.clip_value:
            torch._foreach_clamp_min_(grads, -self.clip_value)
            torch._foreach_clamp_max_(grads, self.clip_value)
            left = self._gradient_norms()[0]
            norm, kept = left, left / norm if norm else 1.0
        if not self.clip_norm or norm <= self.clip_norm:
            return kept
        scale = self.clip_norm / (norm + 1e-6)
        torch._foreach_mul_(grads, scale)
        return kept * scale

    def _diverged(self, tensors: Batch, loss: float) -> Diverged:
        """Name the first tensor that is no number: in the forward pass if it is there, else in the gradients."""
        place = first_bad_array(self.model, tensors)
        if place is None:
            place = Place(first_bad_gradient(self.model) or "loss", *steepest(self.model, tensors))
        self.optimizer.zero_grad(set_to_none=True)
        return Diverged(self.steps + 1, place.tensor, loss, place.row, place.position, place.axis)

    def set_knob(self, key: str, value: Any) -> None:
        if key == "optimizer.learning_rate":
            self.peak_rate = value
        elif key == "optimizer.weight_decay":
            set_weight_decay(self.optimizer, value)
        elif key == "training.clip_norm":
            self.clip_norm = value
        elif key == "training.clip_value":
            self.clip_value = value
        elif key == "model.dropout":
            self.model.set_dropout(value)

    def validated(self, loss: float) -> None:
        self.schedule.validated(loss)

    def go_on_from(self, other: GradientLearner) -> None:
        """Stand exactly where another learner of the same tensors stands; nothing is shared with it.

        What a knob sets (rates, clipping, weight decay) stays this one's own.
        """
        self.model.load_arrays(other.model.state_arrays())
        kept, own = other.optimizer.state_dict(), self.optimizer.state_dict()
        self.optimizer.load_state_dict({**own, "state": copy.deepcopy(kept["state"])})
        self.schedule.go_on_from(other.schedule)
        self.steps, self.time_share = other.steps, other.time_share
        self._state = copy.deepcopy(other._state)

    def drop_state(self) -> None:
        """The next batch does not follow the last one."""
        self._state = None

    def evaluate(self, batch: Batch, state: Any = None) -> Scored:
        if self.model.training:
            self.model.eval()
        return super().evaluate(batch, state)


class CountingLearner(Learner):
    """Models that observe, or that need no learning: each batch is read once, in order."""

    def phases(self, batch: Batch) -> Iterator[Phase]:
        yield "update"
        if self.model.learns_by == "observe":
            self.model.observe(self.tensors(batch))
        self.result = StepResult(math.nan)


def make_learner(model: Model, task: Task, config: RunConfig, device: str, total_steps: int) -> Learner:
    """The learner that fits how the model learns."""
    if isinstance(model, NeuralModel):
        return GradientLearner(model, task, config, device, total_steps)
    return CountingLearner(model, task, device)


def _layers(names: list[str]) -> tuple[tuple[str, ...], np.ndarray]:
    """Parameters by layer: "embedding", "layer 1", "block 2" ..., and for each parameter the index of its layer."""
    keys = [layer_title(name) for name in names]
    order = tuple(dict.fromkeys(keys))
    return order, np.array([order.index(key) for key in keys])
