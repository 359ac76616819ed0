"""Which layer's and which state's Jacobians a panel shows, and how they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable

from seqviz.core.events import RunStarted
from seqviz.gui import theme

WHOLE = "state"
TITLES = {"hidden_state": "hidden state h", "cell_state": "cell state c", WHOLE: "both, (h, c)"}
_LETTERS = {"hidden_state": "h", "cell_state": "c", WHOLE: "s"}
_OTHERS = {"hidden_state": "c", "cell_state": "h"}
_NAME = re.compile(r"jacobian\.layers\.(\d+|\*)\.(\w+)\.(\w+)$")

Choice = tuple[str, tuple[str, ...], str]  # key, options, the one chosen


class JacobianPlace:
    """What there is to choose from is read off the run and the arrays; what was chosen is kept where it exists."""

    def __init__(self, what: str) -> None:
        self.what = what  # the last part of the names: "singular_values", "product"
        self.layers: tuple[int, ...] = ()
        self.states: tuple[str, ...] = ()
        self._layer = -1  # -1: the top one
        self._state = ""

    def meet(self, run: RunStarted | None) -> bool:
        """Learn from what a run provides which states its layers carry; whether another one is shown now."""
        before = self.state
        found = [_NAME.search(name) for name in (run.provides if run is not None else ())]
        self.states = tuple(dict.fromkeys(m.group(2) for m in found if m is not None and m.group(3) == self.what))
        return self.state != before

    def see(self, names: Iterable[str]) -> None:
        """Learn from the arrays how many layers there are."""
        found = [_NAME.search(name) for name in names]
        self.layers = tuple(sorted({int(m.group(1)) for m in found if m is not None and m.group(1) != "*"}))

    @property
    def layer(self) -> int:
        """The layer shown, counted from 0."""
        return self._layer if self._layer in self.layers else (self.layers[-1] if self.layers else 0)

    @property
    def state(self) -> str:
        """hidden_state, cell_state, or state: both together."""
        return self._state if self._state in self.states else (self.states[0] if self.states else "hidden_state")

    @property
    def letter(self) -> str:
        return _LETTERS.get(self.state, "h")

    @property
    def held(self) -> str:
        """The letter of the other state that a block of the Jacobian holds still; "" where there is none."""
        return _OTHERS.get(self.state, "") if len(self.states) > 1 else ""

    def name(self, what: str = "") -> str:
        """Trace name of what is shown."""
        return f"jacobian.layers.{self.layer}.{self.state}.{what or self.what}"

    def wildcard(self, what: str = "") -> str:
        """The same of every layer."""
        return f"jacobian.layers.*.{self.state}.{what or self.what}"

    def layer_words(self) -> str:
        """`layer 2`; "" where there is but one."""
        return f"layer {self.layer + 1}" if len(self.layers) > 1 else ""

    def choices(self) -> tuple[Choice, ...]:
        """For a menu."""
        found: list[Choice] = []
        if len(self.states) > 1:
            found.append(("state", tuple(TITLES[s] for s in self.states), TITLES[self.state]))
        if len(self.layers) > 1:
            found.append(("layer", tuple(f"layer {n + 1}" for n in self.layers), f"layer {self.layer + 1}"))
        return tuple(found)

    def choose(self, key: str, option: str) -> bool:
        """Whether the wanted names changed."""
        if key == "layer":
            self._layer = int(option.removeprefix("layer ")) - 1
            return False
        before = self.state
        self._state = next(state for state, title in TITLES.items() if title == option)
        return self.state != before


def partial(letter: str, t: str, k: str) -> str:
    """LaTeX of the derivative of a state by an earlier one."""
    return rf"\frac{{\partial {letter}_{{{t}}}}}{{\partial {letter}_{{{k}}}}}"


def factor_text(factor: float) -> str:
    """`0.83`, `1.00`, and as elsewhere what is much smaller or larger."""
    return f"{factor:.2f}" if 0.095 <= factor < 9.995 else theme.short(factor)
