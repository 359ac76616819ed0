"""What is told of every parameter tensor, against plain sums; and that telling changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from seqviz.core.commands import Watch
from seqviz.core.config import RunConfig, parse_config
from seqviz.core.lab_events import ParametersMeasured
from seqviz.training.builder import build
from seqviz.training.lab_control import LabControl
from seqviz.training.learner import Going, GradientLearner
from seqviz.training.looking import Looker
from seqviz.training.parameter_watch import (
    BINS,
    DECAY,
    EDGES,
    ENOUGH,
    NOISE_ALONE,
    ParameterWatch,
    histogram_of,
    watch_parameters,
)
from seqviz.training.ports import NoStore
from seqviz.training.trainer import Trainer
from seqviz.training.watch_budget import WatchBudget

MakeConfig = Callable[..., RunConfig]
LOOKED_AT = frozenset({"parameters.*"})


class Copies:
    """Keeps what an onlooker can see, in the plainest way."""

    def __init__(self) -> None:
        self.gradients: list[list[np.ndarray]] = []
        self.weights: list[list[np.ndarray]] = []

    def before_clip(self, learner: GradientLearner, step: Going) -> None:
        self.weights.append([p.detach().double().numpy().copy() for p in learner.parameters])
        self.gradients.append([p.grad.double().numpy().copy() for p in learner.parameters if p.grad is not None])

    def before_update(self, learner: GradientLearner, step: Going) -> None: ...

    def after_update(self, learner: GradientLearner, step: Going) -> None:
        self.after = [p.detach().double().numpy().copy() for p in learner.parameters]


def always() -> WatchBudget:
    """A clock that runs ten seconds at every look, so that each step is measured."""
    now = iter(range(0, 10**9, 10))
    return WatchBudget(share=1.0, clock=lambda: float(next(now)))


def trained(config: RunConfig, watched: bool) -> tuple[list[ParametersMeasured], Copies, Trainer]:
    told: list[ParametersMeasured] = []
    trainer, copies = Trainer(build(config), NoStore(), lambda event: None), Copies()
    assert isinstance(trainer.learner, GradientLearner)
    trainer.learner.onlookers.append(copies)
    if watched:
        watch_parameters(trainer.learner, lambda e: told.append(e), always(), LOOKED_AT)  # type: ignore[arg-type]
    for _ in trainer.turns():
        pass
    return told, copies, trainer


@pytest.fixture(scope="module")
def lstm_run() -> tuple[list[ParametersMeasured], Copies]:
    text = "the cat saw a red dog and ran home " * 30
    config = parse_config({
        "corpus": {"name": "text", "text": text}, "task": {"name": "next_token"},
        "model": {"name": "lstm", "d_hidden": 12},
        "training": {"steps": 14, "batch_size": 4, "context_length": 16, "threads": 1, "clip_norm": 0.01},
        "probe": "the cat",
    })  # fmt: skip
    told, copies, _ = trained(config, watched=True)
    return told, copies


def test_each_measured_step_tells_norm_largest_entry_and_zeros_before_clipping(lstm_run):
    told, copies = lstm_run
    assert [event.step for event in told] == list(range(1, 15))
    for event, gradients in zip(told, copies.gradients, strict=True):
        assert event.figures["gradient_norm"].tolist() == pytest.approx(
            [float(np.sqrt((g**2).sum())) for g in gradients], rel=1e-5
        )
        assert event.figures["gradient_max"].tolist() == pytest.approx([float(np.abs(g).max()) for g in gradients])
        assert event.figures["zero_share"].tolist() == pytest.approx([float((g == 0).mean()) for g in gradients])
    total = float(np.sqrt((told[0].figures["gradient_norm"] ** 2).sum()))
    assert total > 0.01  # more than clipping leaves


def test_the_update_ratio_is_what_the_weights_moved_by(lstm_run):
    told, copies = lstm_run
    moved = [*copies.weights[1:], copies.after]
    for event, before, after in zip(told, copies.weights, moved, strict=True):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            norm, update = float(np.linalg.norm(old)), float(np.linalg.norm(new - old))
            assert event.figures["weight_norm"][index] == pytest.approx(norm, rel=1e-5)
            assert event.figures["update_norm"][index] == pytest.approx(update, rel=1e-3, abs=1e-9)
            assert event.figures["update_ratio"][index] == pytest.approx(update / norm, rel=1e-3, abs=1e-9)


def test_the_angle_is_that_to_the_last_measured_gradient(lstm_run):
    told, copies = lstm_run
    assert np.isnan(told[0].figures["angle"]).all()
    for event, last, now in zip(told[1:], copies.gradients, copies.gradients[1:], strict=False):
        for index, (one, other) in enumerate(zip(last, now, strict=True)):
            cosine = float((one * other).sum() / (np.linalg.norm(one) * np.linalg.norm(other)))
            assert event.figures["angle"][index] == pytest.approx(np.degrees(np.arccos(cosine)), abs=0.05)


def test_signal_to_noise_is_the_mean_over_entries_of_weighted_mean_by_deviation(lstm_run):
    told, copies = lstm_run
    assert all(np.isnan(event.figures["signal_to_noise"]).all() for event in told[: ENOUGH - 1])
    count = len(told)
    weights = np.array([(1 - DECAY) * DECAY ** (count - 1 - k) for k in range(count)]) / (1 - DECAY**count)
    for index in range(len(told[0].names)):
        history = np.stack([gradients[index] for gradients in copies.gradients])  # (step, ...)
        mean = np.tensordot(weights, history, 1)
        deviation = np.sqrt(np.tensordot(weights, (history - mean) ** 2, 1))
        heard = deviation > 1e-6 * np.abs(mean)
        expected = float((np.abs(mean)[heard] / deviation[heard]).mean())
        assert told[-1].figures["signal_to_noise"][index] == pytest.approx(expected, rel=1e-3)


def test_gradients_of_pure_noise_have_the_signal_to_noise_that_is_said_of_noise():
    watch, generator = ParameterWatch(lambda event: None, always()), torch.Generator().manual_seed(1)
    for _ in range(200):
        watch._remember(torch.randn(4000, generator=generator, dtype=torch.float64))
    assert float(watch._signal_to_noise([4000])[0]) == pytest.approx(NOISE_ALONE, rel=0.12)


def test_histogram_and_zeros_add_up_to_one():
    gradient = torch.tensor([0.0, 0.0, 1.0, -1.0, 1e-3, 1e-20, 1e5, 0.05], dtype=torch.float64)
    shares, zeros = histogram_of(gradient, [5, 3])
    assert zeros.tolist() == pytest.approx([0.4, 0.0])
    assert (shares.sum(axis=1) + zeros).tolist() == pytest.approx([1.0, 1.0])
    assert shares.shape == (2, BINS)
    assert shares[1, 0] == shares[1, -1] == pytest.approx(1 / 3)  # beyond the edges: the outermost bins
    place = int(np.searchsorted(EDGES, np.log10(0.05), side="right")) - 1
    assert shares[1, place] == pytest.approx(1 / 3)


@pytest.mark.parametrize("model", ["lstm", "transformer"])
def test_weights_are_bit_for_bit_those_of_a_run_that_nobody_watches(make_config, model):
    told, _, watched = trained(make_config(model), watched=True)
    _, _, alone = trained(make_config(model), watched=False)
    assert told
    for (name, one), (_, other) in zip(
        watched.model.state_arrays().items(), alone.model.state_arrays().items(), strict=True
    ):
        assert torch.equal(one, other), name


def test_steps_are_left_out_when_the_time_is_spent_but_the_first_never(make_config):
    told: list[ParametersMeasured] = []
    trainer = Trainer(build(make_config()), NoStore(), lambda event: None)
    budget = WatchBudget(clock=lambda: 5.0)  # time stands still
    budget.spent("parameters", 1.0)
    watch_parameters(trainer.learner, lambda e: told.append(e), budget, LOOKED_AT)  # type: ignore[arg-type]
    for _ in trainer.turns():
        pass
    assert [event.step for event in told] == [1]


def test_the_laboratory_watches_only_while_somebody_looks(make_config):
    trainer = Trainer(build(make_config()), NoStore(), lambda event: None)
    assert isinstance(trainer.learner, GradientLearner)
    looker = Looker(trainer, lambda event: None)
    lab = LabControl(lambda event: None, lambda phase: None)
    lab.take(trainer, looker)
    lab.set_watch(Watch(LOOKED_AT))
    lab.set_watch(Watch(LOOKED_AT | {"surprisal"}))
    assert len([o for o in trainer.learner.onlookers if isinstance(o, ParameterWatch)]) == 1
    lab.set_watch(Watch(frozenset({"surprisal"})))
    assert [o for o in trainer.learner.onlookers if isinstance(o, ParameterWatch)] == []


def test_a_model_that_counts_is_left_alone(make_config):
    trainer = Trainer(build(make_config("ngram")), NoStore(), lambda event: None)
    watch_parameters(trainer.learner, lambda event: None, always(), LOOKED_AT)
    assert not hasattr(trainer.learner, "onlookers")
