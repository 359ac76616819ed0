"""Five very different models through one contract: built by name, learned from by one loop, traced, judged.

Nothing here knows an architecture but by its name in the config.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

from seqviz.core.batch import Batch
from seqviz.core.commands import Watch
from seqviz.core.config import parse_config
from seqviz.core.events import Event, Frame, Notice, RunFinished, RunStarted
from seqviz.training.builder import Experiment, build
from seqviz.training.learner import Learner, make_learner
from seqviz.training.looking import Looker
from seqviz.training.ports import NoStore
from seqviz.training.trainer import Trainer
from seqviz.training.validation import Found, Validation


@dataclass
class Slice:
    experiment: Experiment
    learner: Learner
    losses: list[float]

    def judged(self) -> Found:
        """The whole validation split."""
        slices = Validation(self.learner, self.experiment.task, self.experiment.config.training).full()
        while True:
            try:
                next(slices)
            except StopIteration as end:
                return end.value


def batches(experiment: Experiment, steps: int) -> Any:
    """What the trainer would feed: random batches, or the split once in order."""
    task, training = experiment.task, experiment.config.training
    if experiment.model.learns_by == "gradient":
        feeder, rng = task.feeder(carry_state=False), np.random.default_rng(0)
        return (feeder.next(training.batch_size, rng) for _ in range(steps))
    return task.reading_batches(training.batch_size)


def built(corpus: dict[str, Any], task: str, model: dict[str, Any], steps: int = 0, **training: Any) -> Experiment:
    torch.set_num_threads(1)
    tree = {
        "corpus": corpus,
        "task": {"name": task},
        "model": model,
        "optimizer": {"learning_rate": 1e-2},
        "training": {"batch_size": 32, "steps": steps, "threads": 1, "valid_batches": 2, **training},
    }
    return build(parse_config(tree))


def learn(corpus: dict[str, Any], task: str, model: dict[str, Any], steps: int = 0, **training: Any) -> Slice:
    experiment = built(corpus, task, model, steps, **training)
    learner = make_learner(experiment.model, experiment.task, experiment.config, "cpu", steps)
    with experiment.randomness:
        losses = [learner.learn(batch).loss for batch in batches(experiment, steps)]
    return Slice(experiment, learner, losses)


def unigram(found: Slice) -> float:
    return {line.name: line.nats for line in found.experiment.task.baselines()}["unigram"]


STORIES = {"name": "stories", "characters": 20_000}


def test_an_lstm_learns_text_better_than_letter_counts() -> None:
    found = learn(STORIES, "next_token", {"name": "lstm", "d_hidden": 64}, steps=100, context_length=32)
    assert found.judged().loss < 0.85 * unigram(found)


def test_an_ngram_counts_text_better_than_letter_counts() -> None:
    found = learn(STORIES, "next_token", {"name": "ngram"})
    assert found.judged().loss < 0.5 * unigram(found)


def test_a_seq2seq_learns_to_rewrite_dates() -> None:
    corpus = {"name": "date_pairs", "samples": 2000}
    found = learn(corpus, "transduction", {"name": "seq2seq", "d_hidden": 32}, steps=60)
    assert np.mean(found.losses[-5:]) < 0.5 * found.losses[0]
    assert found.judged().metrics["character_accuracy"] > 0.5


def test_a_tree_lstm_labels_nodes_better_than_the_majority() -> None:
    corpus = {"name": "arithmetic_trees", "samples": 2000}
    found = learn(corpus, "tree_labelling", {"name": "tree_lstm", "d_hidden": 32}, steps=60)
    labels = np.concatenate([b.targets["tokens"].values[0] for b in found.experiment.task.evaluation_batches(64)])
    majority = np.bincount(labels).max() / len(labels)
    judged = found.judged()
    assert judged.metrics["node_accuracy"] > majority + 0.3
    assert judged.loss < unigram(found)


def test_a_kalman_filter_knows_better_than_the_measurements() -> None:
    corpus = {"name": "noisy_tracks", "samples": 500}
    found = learn(corpus, "tracking", {"name": "kalman"})
    content = found.experiment.content
    raw = np.sqrt(((content.valid_observed - content.valid_truth) ** 2).sum(-1).mean())  # type: ignore[attr-defined]
    judged = found.judged()
    assert judged.metrics["rmse"] < 0.6 * raw
    assert judged.loss < found.experiment.task.baselines()[0].nats


SLICES = {
    "lstm": (STORIES, "next_token"),
    "ngram": (STORIES, "next_token"),
    "seq2seq": ({"name": "date_pairs", "samples": 50}, "transduction"),
    "tree_lstm": ({"name": "arithmetic_trees", "samples": 50}, "tree_labelling"),
    "kalman": ({"name": "noisy_tracks", "samples": 50}, "tracking"),
}


def probe_of(found: Slice) -> Batch:
    batch, notice = found.experiment.task.probe(found.experiment.content.probe)
    assert notice == ""
    return batch


@pytest.mark.parametrize("name", SLICES)
def test_the_probe_of_the_corpus_is_traced_with_a_label_for_every_position(name: str) -> None:
    corpus, task = SLICES[name]
    found = learn(corpus, task, {"name": name}, steps=1)
    batch = probe_of(found)
    trace = found.experiment.model.quick_trace(found.learner.tensors(batch))
    for array in trace.arrays.values():
        for axis, size in zip(array.axes, array.values.shape, strict=True):
            assert axis not in batch.rulers or len(batch.rulers[axis].labels) == size
    positions = next(iter(batch.targets.values())).axes[1]
    assert len(batch.rulers[positions].labels) == trace.losses.shape[1]


@pytest.mark.parametrize("source", ["probe", "batch", "windows"])
@pytest.mark.parametrize("name", SLICES)
def test_one_trainer_runs_it_to_its_end_while_it_is_watched(name: str, source: str) -> None:
    corpus, task = SLICES[name]
    events: list[Event] = []
    trainer = Trainer(built(corpus, task, {"name": name}, steps=3), NoStore(), events.append)
    looker = Looker(trainer, events.append)
    looker.set_watch(Watch(frozenset({"*"}), source))
    trainer.begin()
    for _ in trainer.turns():
        while looker.look(paused=True):
            pass
    assert not [event for event in events if isinstance(event, Notice) and event.level == "error"]
    assert isinstance(events[0], RunStarted)
    (finished,) = [event for event in events if isinstance(event, RunFinished)]
    assert np.isfinite(finished.summary["valid_loss"])
    seen = {array for event in events if isinstance(event, Frame) for array in event.arrays}
    assert "losses" in seen
    for promised in trainer.model.provides:
        assert fnmatch.filter(seen, promised), promised
    maps = fnmatch.filter(seen, "gradient.itemised.*")
    assert bool(maps) == (trainer.model.learns_by == "gradient")


@pytest.mark.parametrize("name", SLICES)
def test_every_step_reports_finite_numbers_or_none_at_all(name: str) -> None:
    corpus, task = SLICES[name]
    found = learn(corpus, task, {"name": name}, steps=2)
    gradient = found.experiment.model.learns_by == "gradient"
    assert bool(np.isfinite(found.losses).all()) == gradient
    assert np.isfinite(found.judged().loss)
