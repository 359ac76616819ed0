"""`seqviz train`: a preset trained without a window, with a progress bar."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from seqviz.cli.choosing import chosen_config
from seqviz.cli.interrupt import stopping_softly
from seqviz.cli.notices import say
from seqviz.cli.race import race_headless, tell_race
from seqviz.core.config import RunConfig
from seqviz.core.events import Evaluated, Event, Notice, RunDiverged, RunFinished, StepMetrics
from seqviz.core.halt_words import halt_sentence
from seqviz.core.lab_events import RunHalted
from seqviz.core.paths import runs_root


def train(options: argparse.Namespace) -> int:
    """Train as asked; see seqviz.cli for the exit status."""
    direct = {"training.steps": options.steps, "training.seed": options.seed}
    config = chosen_config(options.preset, options.changes, **direct)
    racing = bool(config.racers)
    if racing and options.stop_when:
        raise ValueError("--stop-when: a race has no breakpoints; train one of its models alone")
    summary = (
        race_headless(config, options.out)
        if racing
        else train_headless(config, options.out, stop_when=options.stop_when)
    )
    if options.json:
        print(json.dumps(summary))
    elif racing:
        tell_race(summary)
    else:
        _tell(summary)
    return 0 if summary["status"] in ("finished", "halted") else 1


def train_headless(
    config: RunConfig, out: Path | None, always_bar: bool = False, stop_when: Sequence[str] = ()
) -> dict[str, Any]:
    """Train a config to its end and give the summary, status "finished", "diverged", "halted" or (Ctrl+C) "stopped".

    `always_bar`: the progress bar is written to a file or pipe too, now and then. `stop_when`: breakpoints, as
    `--stop-when` has them.
    """
    from seqviz.runs.folders import OneFolder, RunFolders
    from seqviz.training.breakpoints import parse_setting
    from seqviz.training.builder import build
    from seqviz.training.trainer import Trainer

    settings = [parse_setting(text) for text in stop_when]
    experiment = build(config)
    hear = Listener()
    stores = OneFolder(out, hear) if out is not None else RunFolders(runs_root(), hear)
    store = stores.create(experiment.config, experiment.about(), experiment.task.saved_arrays())
    trainer = Trainer(experiment, store, hear)
    try:
        trainer.begin()
        unserved = trainer.stop_at(settings)
        if unserved:
            raise ValueError(f"--stop-when: {type(trainer.model).title} cannot be asked for {', '.join(unserved)}")
        if trainer.learns and not (trainer.total_steps or config.training.seconds):
            say("neither steps, epochs nor seconds are limited: it trains until Ctrl+C")
        with _bar(trainer.total_steps, always_bar) as bar, stopping_softly() as stopped:
            hear.on_step = lambda event: _advance(bar, event, hear)
            for _ in trainer.turns():
                if trainer.status == "halted":
                    trainer.save()
                    break
                if stopped():
                    trainer.status = "stopped"
                    trainer.save()
                    break
    finally:
        store.close()
    if trainer.status == "stopped":
        kept = f"; its run is in {store.folder}" if trainer.step else ""
        say(f"stopped at step {trainer.step}{kept}")
    summary = hear.summary or {**trainer.summary({}), "status": trainer.status}
    return summary if Path(store.folder).is_dir() else {**summary, "run": None}  # a bad disk has been told already


def _bar(steps: int, always: bool) -> Any:
    """A terminal gets a lively bar; anything else none, or a line every ten seconds."""
    lively = sys.stderr.isatty()
    return tqdm(
        total=steps or None,
        unit="step",
        file=sys.stderr,
        disable=not (lively or always),
        mininterval=0.1 if lively else 10.0,
    )


def _advance(bar: Any, event: StepMetrics, hear: Listener) -> None:
    bar.update()
    if event.step % 20 == 0:
        bar.set_postfix(train=f"{event.loss:.3f}", valid=f"{hear.valid:.3f}", refresh=False)


class Listener:
    """Hears a headless run's events: notices go to stderr, the end is kept."""

    def __init__(self) -> None:
        self.summary: dict[str, Any] | None = None
        self.valid = float("nan")
        self.on_step: Callable[[StepMetrics], None] = lambda event: None

    def __call__(self, event: Event) -> None:
        match event:
            case StepMetrics():
                self.on_step(event)
            case Evaluated():
                self.valid = event.loss
            case Notice():
                say(event.text)
            case RunHalted():
                say(halt_sentence(event))
            case RunDiverged():
                say(f"diverged at step {event.step}: {event.text}")
            case RunFinished():
                self.summary = dict(event.summary)
            case _:
                pass


def _tell(summary: dict[str, Any]) -> None:
    shown = {k: v for k, v in summary.items() if v is not None and k not in ("versions", "corpus_sha256")}
    for name, value in shown.items():
        print(f"{name:>20}  {value:.4f}" if isinstance(value, float) else f"{name:>20}  {value}")
