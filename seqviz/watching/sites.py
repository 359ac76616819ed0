"""What is seen during one forward and backward pass of the user's model: one row of the batch, position by position.

Hooks stand in the model only during the forward pass of a step that is looked at, so that all other steps run as if
nobody watched. They clone what they need of one row and ask autograd for the gradient by a module's output; nothing
is written, nothing is returned to torch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

TOTAL = "gradient.total."
LONGEST = 600  # positions; what is longer is not looked at


@dataclass
class Sighting:
    """One pass. `values` and `gradients` fill as torch goes; `late` is computed when the backward pass is over."""

    batch_first: bool
    values: dict[str, tuple[Tensor, tuple[str, ...]]] = field(default_factory=dict)
    gradients: dict[str, Tensor] = field(default_factory=dict)  # (t,) by site
    late: list[Callable[[], None]] = field(default_factory=list)

    def row(self, tensor: Tensor) -> Tensor:
        """The first row of the batch: (t, ...) of (batch, t, ...) or (t, batch, ...); a sequence alone is its row."""
        if tensor.ndim < 3:
            return tensor
        return tensor[0] if self.batch_first else tensor[:, 0]

    def ask(self, tensor: object, take: Callable[[Tensor], None]) -> None:
        """Have `take` called with the gradient by this tensor, once the backward pass has it."""
        if isinstance(tensor, Tensor) and tensor.requires_grad and not tensor.is_leaf:  # a leaf would keep the hook

            def hook(gradient: Tensor) -> None:
                with torch.no_grad():
                    take(gradient.detach())

            tensor.register_hook(guarded(hook))  # type: ignore[no-untyped-call]

    def arrays(self) -> tuple[dict[str, np.ndarray], dict[str, tuple[str, ...]]]:
        """Arrays of the positions that most of them have, and their axes."""
        for act in self.late:
            act()
        found = dict(self.values)
        found |= {TOTAL + site: (gradient, ("t",)) for site, gradient in self.gradients.items()}
        lengths = Counter(len(tensor) for tensor, axes in found.values() if axes[0] == "t")
        if not lengths:
            return {}, {}
        n = lengths.most_common(1)[0][0]
        kept = {name: pair for name, pair in found.items() if _of_length(pair, n)}
        return {name: _array(tensor) for name, (tensor, _) in kept.items()}, {name: a for name, (_, a) in kept.items()}


class Site(Protocol):
    """One module that is looked at. `names`: what it gives, wildcards allowed."""

    @property
    def module(self) -> nn.Module: ...

    @property
    def names(self) -> tuple[str, ...]: ...

    def see(self, seen: Sighting, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        """The module has computed `output`."""


guard: list[Callable[[Exception], None]] = []  # who is told that a hook of ours failed; see Watcher


class guarded:
    """A hook that never raises: the one who watches is told, and detaches.

    A model that is copied, saved or sent to another process while it stands there takes an Inert one along.
    """

    def __init__(self, act: Callable[..., None]) -> None:
        self._act = act
        self._told = guard[-1] if guard else None

    def __call__(self, *args: Any) -> None:
        try:
            self._act(*args)
        except Exception as error:
            if self._told is not None:
                self._told(error)

    def __reduce__(self) -> tuple[type[Inert], tuple[()]]:
        return Inert, ()


class Inert:
    """What is left of a hook in a copy of the model: nothing is seen there."""

    def __call__(self, *args: Any) -> None:
        return None


class Hooks:
    """Stand in the model from `place` to `remove`."""

    def __init__(self, sites: list[Site]) -> None:
        self.sites = sites
        self._handles: list[RemovableHandle] = []

    def place(self, seen: Sighting) -> None:
        for site in self.sites:
            self._handles.append(site.module.register_forward_hook(_seeing(site, seen), with_kwargs=True))

    def remove(self) -> None:
        for handle in self._handles:
            handle.remove()
        self._handles = []


def _seeing(site: Site, seen: Sighting) -> Callable[..., None]:
    def hook(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        if torch.is_grad_enabled():
            with torch.no_grad():
                site.see(seen, args, kwargs, output)

    return guarded(hook)


def _of_length(pair: tuple[Tensor, tuple[str, ...]], n: int) -> bool:
    tensor, axes = pair
    wanted = {"t": n, "query_pos": n, "key_pos": n}
    return all(size == wanted.get(axis, size) for size, axis in zip(tensor.shape, axes, strict=True))


def _array(tensor: Tensor) -> np.ndarray:
    made = tensor.detach().float().cpu().numpy()
    made = made.copy() if made.base is not None else made
    made.flags.writeable = False
    return made
