"""Every preset trains, validates and, where it writes text, samples. The corpora are the real ones, the steps few."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest

from seqviz.core.events import Evaluated, Event, Notice, RunFinished, Sample, StepMetrics
from seqviz.core.presets import list_presets, read_preset
from seqviz.training.builder import build
from seqviz.training.ports import NoStore
from seqviz.training.trainer import Trainer
from seqviz.training.validation import Validation

STEPS = 2
BATCHES = 3  # of the full validation
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
BROUGHT = {"tiny_shakespeare": DATA / "tinyshakespeare" / "input.txt"}  # what a preset needs and no program contains


@pytest.mark.parametrize("preset", list_presets(), ids=lambda preset: preset.name)
def test_the_preset_trains_and_validates(preset, monkeypatch):
    config = read_preset(preset.path)
    if config.corpus.name == "catalogue_text":
        path = BROUGHT[config.corpus.knobs["entry"]]
        if not path.is_file():
            pytest.skip(f"{path.name} of {config.corpus.knobs['entry']} is not on this machine")
        config = config.replaced({"corpus.path": str(path)})
    changes = {"training.steps": STEPS, "training.threads": 1, "training.valid_every": 1000, "sampling.length": 5}
    monkeypatch.setattr(Validation, "full", lambda self: self._over(few(self)))
    heard: list[Event] = []

    trainer = Trainer(build(config.replaced(changes)), NoStore(), heard.append)
    trainer.begin()
    for _ in trainer.turns():
        pass

    assert isinstance(heard[-1], RunFinished)
    losses = [event.loss for event in heard if isinstance(event, StepMetrics)]
    assert len(losses) == STEPS
    if trainer.learns:  # who only counts or filters has no loss while reading
        assert all(map(math.isfinite, losses))
    assert math.isfinite([event for event in heard if isinstance(event, Evaluated) and event.full][0].loss)
    assert not [event for event in heard if isinstance(event, Notice) and event.level == "error"]
    if config.sampling.prompt:
        assert any(isinstance(event, Sample) for event in heard)


def few(validation):
    return itertools.islice(validation.task.evaluation_batches(validation.batch_size), BATCHES)
