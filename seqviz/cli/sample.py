"""`seqviz sample`: a stored run goes on writing from a prompt."""

from __future__ import annotations

import argparse
from typing import Any

from seqviz.cli.notices import say_notices
from seqviz.core.events import Event, Notice, Sample


def sample(options: argparse.Namespace) -> int:
    """Print prompt and continuation."""
    from seqviz.runs.folders import open_run
    from seqviz.training.reopening import reopen

    heard: list[Event] = []
    trainer = reopen(open_run(options.run), heard.append)
    heard += [Notice("info", text) for text in trainer.experiment.notices]
    changes: dict[str, Any] = {
        f"sampling.{name}": getattr(options, name)
        for name in ("prompt", "length", "temperature", "top_k", "top_p", "seed")
        if getattr(options, name) is not None
    }
    trainer.config = trainer.config.replaced(changes)
    for _ in trainer.sample():
        pass
    say_notices(heard)
    written = next((e for e in heard if isinstance(e, Sample)), None)
    if written is None:
        if not trainer.model.generates or trainer.task.encode_prompt("a") is None:
            raise ValueError(f"{options.run.name}: this run does not write text")
        raise ValueError("sampling.prompt: type some text to go on from")
    print(written.prompt + "".join(written.tokens))
    return 0
