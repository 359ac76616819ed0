"""One layer of a recurrent net read longhand, on or back, with padding at the end of rows left out of it.

Axes: B batch, T positions, E input, H hidden units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from torch import Tensor

from seqviz.models.recurrent import RecurrentModel, State, Weights
from seqviz.models.trace import Recorder

Direction = Literal["forward", "backward"]
DIRECTIONS: tuple[Direction, Direction] = ("forward", "backward")
CellStep = Callable[[Tensor, State, Weights], State]


def trace_one_way(
    cell: type[RecurrentModel],
    cell_step: CellStep,
    way: Direction,
    layer: int,
    inputs: Sequence[Tensor],
    present: Sequence[Tensor],
    start: State,
    weights: Weights,
    recorder: Recorder,
) -> list[Tensor]:
    """Note and mark every step as `layers.<layer>.<way>.*`; the hidden states by position, T of (B, H).

    Parameters
    ----------
    cell, cell_step
        the architecture whose equations they are (what it notes and carries), and its step.
    inputs, present
        T of (B, E), and T of (B, 1): 1 where a row has a position, 0 behind its end. There all states are 0, so that
        reading back starts at each row's own last position.
    """
    pairs = list(zip(inputs, present, strict=True))
    state, steps = start, []
    for x, here in pairs if way == "forward" else reversed(pairs):
        noted = cell_step(x, state, weights)
        noted["hidden_state"] = noted["hidden_state"] * here
        state = {name: noted[name] * here for name in cell.states}
        steps.append(noted)
    steps = steps if way == "forward" else steps[::-1]
    for name in (*cell.noted, *cell.states):
        shown = [step[name] * here for step, here in zip(steps, present, strict=True)]
        recorder.note_steps(f"layers.{layer}.{way}.{name}", shown)
    for name in reversed(cell.states):  # what the layer above reads comes last
        recorder.site(f"layers.{layer}.{way}.{name}", [step[name] for step in steps])
    return [step["hidden_state"] for step in steps]


def traced_names(cell: type[RecurrentModel]) -> tuple[str, ...]:
    """What both directions of such cells provide."""
    return (*(f"layers.*.{way}.{name}" for way in DIRECTIONS for name in (*cell.noted, *cell.states)), "embedding")
