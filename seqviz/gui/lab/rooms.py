"""The rooms of the laboratory: each is a set of panels that answer one question; panels say where they stand."""

from __future__ import annotations

from dataclasses import dataclass

MODEL = "model"  # the first page: no room of the laboratory


@dataclass(frozen=True)
class Room:
    """`name` is what a panel's `rooms` are keyed by; `title` stands on the switch."""

    name: str
    title: str
    question: str


ROOMS = (
    Room("backprop", "Step by step", "One optimiser step taken apart: forward, loss, backward, clip, update"),
    Room("jacobians", "Through time", "What every position multiplies the gradient by on its way back"),
    Room("weights", "Weights", "Where each weight matrix gets its gradient, and what it becomes"),
    Room("depth", "Depth", "The gradient layer by layer and position by position"),
    Room("health", "Health", "Stuck gates, dead units, growing states, narrow attention"),
    Room("curvature", "Curvature", "How steep and how bent the loss is around the weights"),
    Room("twin", "Remedies", "The same run with one thing changed, beside the original"),
)


def room_titled(title: str) -> Room:
    """The room of this title."""
    return next(room for room in ROOMS if room.title == title)


def room_named(name: str) -> Room:
    """The room of this name; ValueError where there is none."""
    for room in ROOMS:
        if room.name == name:
            return room
    raise ValueError(f"{name!r} is no room of the laboratory: {', '.join(room.name for room in ROOMS)}")
