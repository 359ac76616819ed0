"""`seqviz trace`: every named array of one traced probe, gradient maps included, as an .npz file."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from seqviz.cli.choosing import chosen_config
from seqviz.cli.notices import say_notices
from seqviz.core.commands import Watch
from seqviz.core.events import Event, Frame, Notice


def trace(source: str, probe: str | None, out: Path) -> int:
    """Trace a preset's untrained model, or a stored run's, and save the arrays under their trace names."""
    from seqviz.runs.folders import open_run
    from seqviz.training.builder import build
    from seqviz.training.looking import Looker
    from seqviz.training.ports import NoStore
    from seqviz.training.reopening import reopen
    from seqviz.training.trainer import Trainer

    if out.suffix != ".npz":
        raise ValueError(f"--out: {out.name} must end in .npz")
    heard: list[Event] = []
    if Path(source).is_dir():
        trainer = reopen(open_run(Path(source)), heard.append)
    else:
        config = chosen_config(source)
        if config.racers:
            raise ValueError(f"{source}: is a race of {len(config.racers)} models; trace the run folder of one racer")
        trainer = Trainer(build(config), NoStore(), heard.append)
    looker = Looker(trainer, heard.append)
    if probe is not None:
        heard.append(Notice("info", looker.set_probe(probe)))
    looker.set_watch(Watch(frozenset({"*"})))
    while looker.look(paused=True):
        pass
    arrays: dict[str, np.ndarray] = {}
    for event in heard:
        if isinstance(event, Frame):
            arrays |= event.arrays
    say_notices(event for event in heard if isinstance(event, Notice) and event.text)
    _save(out, arrays)
    for name in sorted(arrays):
        print(f"{name}  {arrays[name].shape}")
    return 0


def _save(out: Path, arrays: dict[str, np.ndarray]) -> None:
    from seqviz.runs.atomic import write_bytes

    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(out, content.getvalue())
    except OSError as error:
        raise ValueError(f"--out: {out} cannot be written ({error.strerror})") from None
