"""`seqviz sample`: a stored run goes on writing from a prompt."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from seqviz.core.events import Event, Notice, Sample


def sample(options: argparse.Namespace) -> int:
    """Print prompt and continuation."""
    from seqviz.runs.folders import open_run
    from seqviz.training.reopening import reopen

    heard: list[Event] = []
    trainer = reopen(open_run(options.run), heard.append)
    changes: dict[str, Any] = {
        f"sampling.{name}": getattr(options, name)
        for name in ("prompt", "length", "temperature", "top_k", "top_p", "seed")
        if getattr(options, name) is not None
    }
    trainer.config = trainer.config.replaced(changes)
    for _ in trainer.sample():
        pass
    for event in heard:
        if isinstance(event, Notice):
            print(f"seqviz: {event.text}", file=sys.stderr)
    written = next((e for e in heard if isinstance(e, Sample)), None)
    if written is None:
        raise ValueError(f"{options.run.name}: this run does not write text")
    print(written.prompt + "".join(written.tokens))
    return 0
