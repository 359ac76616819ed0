"""`seqviz diagnose`: what the rules of the diagnosis find in a stored run, or in a preset trained for some steps."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from seqviz.cli.choosing import chosen_config

if TYPE_CHECKING:
    from collections.abc import Callable

    from seqviz.core.events import Event
    from seqviz.core.lab_events import Diagnosed
    from seqviz.training.trainer import Trainer


def diagnose(source: str, steps: int, as_json: bool) -> int:
    """Print the findings of a preset after `steps` steps, or of a stored run; as the last line in JSON."""
    if steps < 1:
        raise ValueError(f"--steps: {steps} is below 1")
    told = _verdict(source, steps)
    print(json.dumps(asdict(told)) if as_json else _lines(told))
    return 0


def _verdict(source: str, steps: int) -> Diagnosed:
    from seqviz.core.commands import Watch
    from seqviz.core.events import BaselinesCounted, RunPaused
    from seqviz.core.lab_events import Diagnosed
    from seqviz.training.counted_baseline import count_baseline
    from seqviz.training.diagnosis import FINDINGS
    from seqviz.training.diagnosis.doctor import Doctor

    heard: list[Event] = []
    doctor = Doctor(heard.append)
    trainer = _trainer(source, doctor.hear)
    trainer.begin()
    doctor.take(trainer)
    doctor.set_watch(Watch(frozenset({FINDINGS}), budget=1.0))  # nobody waits for the steps between
    if trainer.status != "finished":
        for _ in trainer.turns():
            if trainer.step >= steps:
                break
    if trainer.task.counted_baseline:
        for _ in count_baseline(trainer.task, lambda line: doctor.hear(BaselinesCounted((line,)))):
            pass
    doctor.hear(RunPaused(trainer.step))
    while doctor.busy:
        doctor.work()
    verdicts = [event for event in heard if isinstance(event, Diagnosed)]
    if not verdicts:
        raise ValueError(f"{source}: {getattr(heard[-1], 'text', 'no verdict was reached') if heard else 'no verdict'}")
    return verdicts[-1]


def _trainer(source: str, hear: Callable[[Event], None]) -> Trainer:
    """Of a stored run where it stopped, or of a preset at step 0."""
    from seqviz.runs.folders import open_run
    from seqviz.training.builder import build
    from seqviz.training.ports import NoStore
    from seqviz.training.reopening import reopen
    from seqviz.training.trainer import Trainer

    if Path(source).is_dir():
        stored = open_run(Path(source))
        if stored.watched:
            raise ValueError(f"{source}: was recorded from a script of yours; there are no weights to look at")
        trainer = reopen(stored, hear)
    else:
        config = chosen_config(source)
        if config.racers:
            raise ValueError(f"{source}: is a race of {len(config.racers)} models; diagnose one racer's run folder")
        trainer = Trainer(build(config), NoStore(), hear)
    if not trainer.learns:
        raise ValueError(f"{source}: {type(trainer.model).title} learns by counting: no gradient could be ill")
    return trainer


def _lines(told: Diagnosed) -> str:
    lines = [f"step {told.step}: {len(told.findings) or 'nothing wrong was'} found"]
    for finding in told.findings:
        lines += ["", f"{finding.title} (confidence {finding.confidence:.2f})", f"  {finding.sentence}"]
        lines += [f"  {measured}: {number}" for measured, number in finding.evidence]
        lines += [f"  try: {suggestion.words}" for suggestion in finding.suggestions]
    lines += ["", *(f"looked for and not found: {title}" for title in told.passed)]
    lines += [f"not judged: {title}: {reason}" for title, reason in told.silent]
    return "\n".join(lines)
