"""What a breakpoint is, as plain data for the window."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BreakpointDescription:
    """A condition that one may stop at.

    `needs`: wildcards of which the run must provide one (() always). `distance`: default of its second number, in
    positions; 0 where it has none. `below`: it stops when the measured value is below the limit. `has_limit`: False
    where there is nothing to compare with (not a number). `every_step`: False where it looks now and then, as often as
    the watch budget allows.
    """

    name: str
    title: str
    quantity: str  # what is measured, with its symbol: "‖∇L‖"
    unit: str
    limit: float
    below: bool
    help: str
    needs: tuple[str, ...] = ()
    distance: int = 0
    order: int = 100
    has_limit: bool = True
    every_step: bool = True
