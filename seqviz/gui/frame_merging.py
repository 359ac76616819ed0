"""Light frames come often and lack the dear arrays: the newest array of each name is what the panels see. Pure."""

from __future__ import annotations

from seqviz.core.events import Frame


def merged(old: Frame | None, new: Frame) -> Frame:
    """`new` completed by those arrays of `old` that it lacks.

    Nothing is kept of `old` when the run or the probe changed: its positions would mean other tokens.
    `made_at` of the result says how old each array is.
    """
    if old is None or old.run_id != new.run_id or _probe_changed(old, new):
        return new
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


def _probe_changed(old: Frame, new: Frame) -> bool:
    return any(old.rulers[axis] != ruler for axis, ruler in new.rulers.items() if axis in old.rulers)


def oldest_step(frame: Frame, names: frozenset[str] | None = None) -> int:
    """The step of the oldest array among `names` (None: all); the frame's own step where there is none."""
    steps = [step for name, step in frame.made_at.items() if names is None or name in names]
    return min(steps, default=frame.step)
