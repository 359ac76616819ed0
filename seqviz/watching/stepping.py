"""Where a step of the user's loop begins and ends: told by the optimiser, or by the parameters where none was given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle


class Stepping(Protocol):
    """Calls `before` and `after` around every update, until `remove`."""

    knows_updates: bool
    begun: bool  # whether a step was ever under way

    def remove(self) -> None: ...

    def rate(self) -> float:
        """The learning rate now; nan where it is not known."""
        ...

    def tidy(self) -> None:
        """Called outside of any hook of a parameter: take away what is no longer needed."""


class OptimizerSteps:
    """An optimiser's own hooks."""

    knows_updates = True

    def __init__(self, optimizer: Any, before: Callable[[], None], after: Callable[[], None]) -> None:
        self._optimizer, self._act = optimizer, before
        self.begun = False
        self._handles: list[RemovableHandle] = [
            optimizer.register_step_pre_hook(lambda optimizer, args, kwargs: self._begin()),
            optimizer.register_step_post_hook(lambda optimizer, args, kwargs: after()),
        ]

    def rate(self) -> float:
        rate = self._optimizer.param_groups[0].get("lr", float("nan"))
        return rate if isinstance(rate, float) else float("nan") if isinstance(rate, Tensor) else float(rate)

    def remove(self) -> None:
        for handle in self._handles:
            handle.remove()

    def tidy(self) -> None:
        pass

    def _begin(self) -> None:
        self.begun = True
        self._act()


class ParameterSteps:
    """The backward pass itself: a step is over when the parameter that gets its gradient last has it.

    Which one that is is learnt from the first backward pass.
    """

    knows_updates = False

    def __init__(self, parameters: list[nn.Parameter], before: Callable[[], None], after: Callable[[], None]) -> None:
        self._before, self._after = before, after
        self._seen: list[int] = []
        self._last: int | None = None
        self.begun = False
        self._handles = {
            i: parameter.register_post_accumulate_grad_hook(  # type: ignore[no-untyped-call]
                lambda _, i=i: self._fired(i)
            )
            for i, parameter in enumerate(parameters)
        }

    def rate(self) -> float:
        return float("nan")

    def remove(self) -> None:
        for handle in self._handles.values():
            handle.remove()
        self._handles = {}

    def tidy(self) -> None:
        if self._last is not None and len(self._handles) > 1:
            for i in [i for i in self._handles if i != self._last]:
                self._handles.pop(i).remove()

    def _fired(self, i: int) -> None:
        self.begun = True
        if self._last is None and i in self._seen:
            self._last = self._seen[-1]
        elif self._last is None:
            self._seen.append(i)
        if i == self._last:
            self._before()
            self._after()
