"""Light frames come often and lack the dear arrays: the newest array of each name is what the panels see. Pure."""

from __future__ import annotations

from dataclasses import replace

from seqviz.core.events import Frame

# Axes of what belongs to the model itself, or is a mean over windows of other text: no probe has a part in it.
OF_NO_PROBE = frozenset({"distance", "value", "symbol", "symbol2", "dim", "state", "state2", "layer", "pass"})


def merged(old: Frame | None, new: Frame) -> Frame:
    """`new` completed by those arrays of `old` that it lacks.

    Nothing is kept of `old` when the run changed, and nothing of its probe when that changed: positions would mean
    other tokens. `made_at` of the result says how old each array is.
    """
    if old is None or old.run_id != new.run_id:
        return new
    if _probe_changed(old, new):
        old = _without_probe(old)
    return Frame(
        step=new.step,
        run_id=new.run_id,
        arrays={**old.arrays, **new.arrays},
        axes={**old.axes, **new.axes},
        rulers={**old.rulers, **new.rulers},
        made_at={**old.made_at, **new.made_at},
        source=new.source,
        milliseconds=new.milliseconds,
    )


def _without_probe(frame: Frame) -> Frame:
    kept = [name for name, axes in frame.axes.items() if OF_NO_PROBE.issuperset(axes)]
    return replace(
        frame,
        arrays={name: frame.arrays[name] for name in kept},
        axes={name: frame.axes[name] for name in kept},
        made_at={name: frame.made_at[name] for name in kept},
        rulers={},
    )


def _probe_changed(old: Frame, new: Frame) -> bool:
    return any(old.rulers[axis] != ruler for axis, ruler in new.rulers.items() if axis in old.rulers)


def oldest_step(frame: Frame, names: frozenset[str] | None = None) -> int:
    """The step of the oldest array among `names` (None: all); the frame's own step where there is none."""
    steps = [step for name, step in frame.made_at.items() if names is None or name in names]
    return min(steps, default=frame.step)
