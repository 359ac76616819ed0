"""What a task shows a model and wants back: the plug between tasks and architectures.

An architecture never knows a task by name, and a task never knows an architecture: each states here what it
offers or needs, and `reason_against` compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SpaceKind = Literal["tokens", "vectors"]
Structure = Literal["chain", "pair", "tree", "bag"]


@dataclass(frozen=True)
class Space:
    """Symbols out of `size` ("tokens"), or real vectors of `size` dimensions ("vectors").

    `scale`: the typical size of the numbers of a vector, known from the training split. Nets read and write numbers of
    size 1 inside; what they are shown and what they answer stays in the data's own unit.
    """

    kind: SpaceKind
    size: int
    scale: float = 1.0


@dataclass(frozen=True)
class Interface:
    """One task's sockets, with the sizes known once the corpus is read.

    Attributes
    ----------
    inputs
        space of the (source) input.
    outputs
        space of what is predicted.
    head
        name of the head that turns features into a prediction (models/heads/).
    context_length
        longest sequence of a training batch, in tokens.
    structure
        "chain": one sequence; "pair": source and target sequences; "tree": nodes; "bag": around each position a set of
        neighbours without order.
    hidden
        what is told at each position is a state that nobody sees: a place, a cell.
    """

    inputs: Space
    outputs: Space
    head: str
    context_length: int
    structure: Structure = "chain"
    hidden: bool = False


@dataclass(frozen=True)
class Needs:
    """What a task asks of an architecture, known before any corpus is read.

    `next_token`: what it wants at each position is the very next one of what it shows. `hidden`: what it wants may be
    a state that nobody sees.
    """

    structure: Structure
    input_kind: SpaceKind
    head: str
    causal: bool
    next_token: bool = False
    hidden: bool = False


@dataclass(frozen=True)
class Offers:
    """What an architecture can do. `heads` None: it gives features, any head fits.

    `only_next_token`: all it can foretell is the next token of what it reads. `only_hidden`: all it can tell is a state
    that nobody sees.
    """

    structures: frozenset[Structure]
    input_kinds: frozenset[SpaceKind]
    causal: bool
    heads: frozenset[str] | None = None
    only_next_token: bool = False
    only_hidden: bool = False


def reason_against(offers: Offers, needs: Needs) -> str | None:
    """Why this architecture cannot serve this task, as a sentence; None where it can."""
    if needs.structure not in offers.structures:
        return f"it reads {' or '.join(sorted(offers.structures))} structures, the task has {needs.structure}s"
    if needs.input_kind not in offers.input_kinds:
        return f"it reads {' or '.join(sorted(offers.input_kinds))}, the task shows {needs.input_kind}"
    if needs.causal and not offers.causal:
        if needs.next_token:
            return "it sees the future, so predicting the next token would be cheating"
        return "it sees the future, and the task must be answered without it"
    if offers.only_next_token and not needs.next_token:
        return "it foretells the next token of a running text, the task asks for something else"
    if offers.only_hidden and not needs.hidden:
        return "it tells a hidden state, the task asks for something else"
    if offers.heads is not None and needs.head not in offers.heads:
        return f"it predicts by {' or '.join(sorted(offers.heads))}, the task asks for {needs.head}"
    return None
