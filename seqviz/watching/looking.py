"""One look at a step of the user's model: the frame of its activations, and the figures of its parameters."""

from __future__ import annotations

import fnmatch
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from seqviz.core.batch import Ruler
from seqviz.core.events import Frame
from seqviz.watching.describing import groups_of, named_weights, ruler
from seqviz.watching.outputs import find_sites
from seqviz.watching.sites import Hooks, Sighting, guarded

if TYPE_CHECKING:
    from seqviz.core.lab_events import ParametersMeasured

MISSED = 3  # looks in vain before the modules are hooked without waiting for the model's own call


class Looker:
    """`arm` before a forward pass, `frame` after its backward pass."""

    def __init__(self, model: nn.Module, text: Sequence[str] | str | None) -> None:
        self.model, self.text = model, text
        self.weights = named_weights(model)
        self.names = [name for name, _ in self.weights]
        self.groups = groups_of(self.names)
        self.layers = tuple(dict.fromkeys(self.groups))
        self.compiled = _is_compiled(model)
        sites, self._batch_first = ([], True) if self.compiled else find_sites(model)
        self._hooks = Hooks(sites)
        self._root: list[RemovableHandle] = []
        self._seen: Sighting | None = None
        has_forward = type(model).forward is not nn.Module.forward  # a ModuleDict is never called itself
        self._missed = 0 if has_forward else MISSED
        self._wanted: frozenset[str] | None = None  # None: everything
        self._ruler: Ruler | None = None
        self.tokens = 0  # of one step
        self.given: tuple[str, ...] = tuple(dict.fromkeys(name for site in sites for name in site.names))

    def want(self, wants: frozenset[str]) -> None:
        """What somebody looks at, as wildcards."""
        self._wanted = wants

    def wanted(self, *names: str) -> bool:
        """Whether somebody looks at one of these."""
        wants = self._wanted
        return wants is None or any(fnmatch.fnmatchcase(name, want) for name in names for want in wants)

    # before the backward pass

    def arm(self) -> None:
        """The next forward pass is looked at."""
        self.disarm()
        if self.compiled or not self._hooks.sites or not self.wanted(*self.given):
            return
        self._seen = Sighting(self._batch_first)
        if self._missed >= MISSED:
            self._hooks.place(self._seen)
        else:
            self._root = [self.model.register_forward_pre_hook(guarded(self._on_forward), with_kwargs=True)]

    def disarm(self) -> None:
        """No hook stands in the model."""
        self._hooks.remove()
        for handle in self._root:
            handle.remove()
        self._root = []

    def _on_forward(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if self._seen is None or not torch.is_grad_enabled():
            return  # a validation: it runs as if nobody watched
        seen = self._seen
        self.disarm()
        self._missed = 0
        self.tokens = _tokens((*args, *kwargs.values()))
        self._hooks.place(seen)
        self._root = [
            self.model.register_forward_hook(guarded(lambda *_: self.disarm()), always_call=True),
        ]

    # after it

    def frame(self, step: int, run_id: str) -> Frame | None:
        """What was seen; None where nothing was."""
        seen, self._seen = self._seen, None
        self.disarm()
        if seen is None:  # nobody looks at activations now: the labels alone say that the view is fresh
            return None if self._ruler is None else Frame(step, run_id, {}, {}, {"t": self._ruler}, {}, "batch")
        arrays, axes = seen.arrays()
        if not arrays:
            self._missed += 1
            return None
        n = next((len(array) for name, array in arrays.items() if axes[name][0] == "t"), 0)
        if not n:
            n = next(array.shape[-1] for array in arrays.values())
        self._ruler = ruler(self.text, n)
        return Frame(step, run_id, arrays, axes, {"t": self._ruler}, dict.fromkeys(arrays, step), "batch")

    def norms(self) -> dict[str, float]:
        """Norm of the gradient of each parameter tensor that has one."""
        found = [(name, p.grad) for name, p in self.weights if p.grad is not None]
        if not found:
            return {}
        dense = [g.coalesce().values() if g.is_sparse else g for _, g in found]
        with torch.no_grad():
            values = [norm.double() for norm in torch._foreach_norm([g.detach() for g in dense])]
            one = values[0].device
            sizes = torch.stack([value.to(one) for value in values]).tolist()
        return {name: size for (name, _), size in zip(found, sizes, strict=True)}

    def layer_norms(self, norms: dict[str, float]) -> np.ndarray:
        """(layer,) norms by group."""
        squares = dict.fromkeys(self.layers, 0.0)
        for name, group in zip(self.names, self.groups, strict=True):
            squares[group] += norms.get(name, 0.0) ** 2
        return np.asarray(np.sqrt(list(squares.values())))


class Parameters:
    """The figures of seqviz/training/parameter_watch.py, of a model that seqviz does not train.

    That file and what it needs is imported by `load` in a thread: a script must not wait for it.
    """

    def __init__(self, looker: Looker) -> None:
        self._watch: Any = None
        self._loading = threading.Lock()
        self._learner = _Learner(looker.model, [parameter for _, parameter in looker.weights])
        self._events: list[Any] = []
        self._wanted = False
        self.broken = ""  # why it can say nothing of this model

    def load(self) -> None:
        from seqviz.training.parameter_watch import ParameterWatch

        with self._loading:
            self._watch = self._watch or ParameterWatch(self._events.append, _Always())  # type: ignore[arg-type]

    def before(self, step: int) -> None:
        """The optimiser is about to act."""
        self._wanted = self._watch is not None and not self.broken
        self._safely(
            lambda: (
                self._watch.before_clip(self._learner, _Step(step)),
                self._watch.before_update(self._learner, _Step(step)),
            )
        )

    def after(self, step: int) -> ParametersMeasured | None:
        """The figures of a step that was made."""
        self._safely(lambda: self._watch.after_update(self._learner, _Step(step)))
        self._wanted = False
        return self._events.pop() if self._events else None

    def _safely(self, act: Any) -> None:
        """A model whose tensors do not fit in a row (sparse, on several devices) is seen without these figures."""
        if not self._wanted:
            return
        try:
            act()
        except Exception as error:
            self.broken, self._wanted = str(error).splitlines()[0] if str(error) else type(error).__name__, False


class _Learner:
    """As much of a learner as ParameterWatch asks for."""

    def __init__(self, model: nn.Module, parameters: list[nn.Parameter]) -> None:
        self.model, self.parameters = model, parameters


class _Step:
    def __init__(self, number: int) -> None:
        self.number = number


class _Always:
    """The watch budget of what is only asked when it is due."""

    def due(self, name: str) -> bool:
        return True

    def spent(self, name: str, seconds: float, claimants: int = 1) -> None:
        return None


def _is_compiled(model: nn.Module) -> bool:
    """Hooks inside of what torch compiled would make it compile again."""
    return any(hasattr(m, "_orig_mod") or getattr(m, "_compiled_call_impl", None) for m in model.modules())


def _tokens(given: tuple[Any, ...]) -> int:
    """Positions in the first tensor that the model is given: (batch, t) or (batch, t, ...)."""
    first = next((x for x in given if isinstance(x, Tensor)), None)
    if first is None:
        return 0
    return int(np.prod(first.shape[:2])) if first.ndim > 1 else first.numel()
