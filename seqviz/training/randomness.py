"""Each run owns its random numbers: swapped in for its turn, put away after it, so that runs never mix."""

from __future__ import annotations

from types import TracebackType

import numpy as np
import torch


class Randomness:
    """A context manager around every slice of a run's work (initialisation, data, dropout).

    `data` draws the training windows. Torch's global generator belongs to the run while the context is open.
    """

    def __init__(self, seed: int) -> None:
        self.data = np.random.default_rng(seed)
        self._cuda = torch.cuda.is_available()
        outside = self._read()
        torch.manual_seed(seed)
        self._own = self._read()
        self._write(outside)
        self._outside: list[torch.Tensor] = []

    def go_on_from(self, other: Randomness) -> None:
        """Draw from now on what another one would draw; neither moves the other."""
        assert not self._outside, "numbers are copied between turns"
        assert not other._outside, "numbers are copied between turns"
        self.data.bit_generator.state = other.data.bit_generator.state
        self._own = [state.clone() for state in other._own]

    def __enter__(self) -> Randomness:
        assert not self._outside, "a run's turn does not nest"
        self._outside = self._read()
        self._write(self._own)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._own = self._read()
        self._write(self._outside)
        self._outside = []

    def standing(self) -> list[torch.Tensor]:
        """Where torch's generators of this run stand, for `go_back`; `data` keeps its own state."""
        assert not self._outside, "asked between two turns"
        return self._own  # replaced at the end of each turn, never written to

    def go_back(self, standing: list[torch.Tensor]) -> None:
        """Draw the same numbers once more."""
        self._own = standing

    def _read(self) -> list[torch.Tensor]:
        return [torch.get_rng_state(), *([torch.cuda.get_rng_state()] if self._cuda else [])]

    def _write(self, states: list[torch.Tensor]) -> None:
        torch.set_rng_state(states[0])
        if self._cuda:
            torch.cuda.set_rng_state(states[1])
