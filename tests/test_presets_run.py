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
BROUGHT = {  # what a preset needs and no program contains, by its corpus and which of its texts
    ("catalogue_text", "tiny_shakespeare"): DATA / "tinyshakespeare" / "input.txt",
    ("conllu", ""): DATA / "ud_english_ewt",
}


@pytest.mark.parametrize("preset", list_presets(), ids=lambda preset: preset.name)
def test_the_preset_trains_and_validates(preset, monkeypatch, tmp_path):
    config = read_preset(preset.path)
    if config.corpus.name == "split_text":  # a folder of the user's; any text shows that the preset runs
        sentences = " the cat sat on the <unk> mat \n no it was n't black monday \n"
        for part in ("train", "valid", "test"):
            (tmp_path / f"any.{part}.txt").write_text(sentences * 9)
        config = config.replaced({"corpus.path": str(tmp_path), "training.batch_size": 4})
    path = BROUGHT.get((config.corpus.name, config.corpus.knobs.get("entry", "")))
    if path is not None:
        if not path.exists():
            pytest.skip(f"{path.name} of {preset.name} is not on this machine")
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
    whole = next(event for event in heard if isinstance(event, Evaluated) and event.full)
    assert math.isfinite(whole.loss) or whole.metrics["given_zero"] > 0  # infinite: something counted as impossible
    assert not [event for event in heard if isinstance(event, Notice) and event.level == "error"]
    if config.sampling.prompt:
        assert any(isinstance(event, Sample) for event in heard)


def few(validation):
    return itertools.islice(validation.task.evaluation_batches(validation.batch_size), BATCHES)
