"""What a run has to say while nobody watches a window: one line each, on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from tqdm import tqdm

from seqviz.core.events import Event, Notice


def say(text: str) -> None:
    """One line on stderr, above a progress bar where there is one."""
    tqdm.write(f"seqviz: {' '.join(text.split())}", file=sys.stderr)


def say_notices(events: Iterable[Event]) -> None:
    """Every notice among the events."""
    for event in events:
        if isinstance(event, Notice):
            say(event.text)
