"""How old the picture is that stands there, and what is awaited. Pure but for reading the session."""

from __future__ import annotations

from seqviz.gui.frame_merging import oldest_step
from seqviz.gui.session import RunSession

OLD_STEPS = 3  # a view that lags no more than this is called live


def awaiting_words(session: RunSession) -> tuple[str, str] | None:
    """("tracing the probe ...", "view is 12 steps old"); None where nothing is awaited and the view is fresh."""
    awaiting = session.last_pulse.awaiting if session.last_pulse is not None else ""
    frame = session.snapshot().frame
    behind = 0 if frame is None else session.history.last_step - oldest_step(frame, session.watched_names(frame))
    age = f"oldest view {behind} steps old" if behind > OLD_STEPS else ""
    return (awaiting, age) if awaiting or age else None
