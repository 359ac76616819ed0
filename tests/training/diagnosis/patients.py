"""Small runs trained for real, healthy and with a fault, and what the doctor says of them. Each is trained once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch

from seqviz.core.commands import Watch
from seqviz.core.config import RunConfig, parse_config
from seqviz.core.events import BaselinesCounted, Event
from seqviz.core.lab_events import Diagnosed, Finding
from seqviz.models.base import Model, architectures
from seqviz.models.rnn import RNN
from seqviz.models.transformer import Transformer
from seqviz.training.builder import Experiment, build
from seqviz.training.counted_baseline import count_baseline
from seqviz.training.diagnosis.case import Case
from seqviz.training.diagnosis.doctor import Doctor
from seqviz.training.diagnosis.measuring import chosen_windows, measure
from seqviz.training.ports import NoStore
from seqviz.training.trainer import Trainer

NOUNS = ["cat", "dog", "ball", "bird", "fish"]
VERBS = ["sees", "has", "likes", "finds"]
WORDS = {"d_hidden": 24, "d_embedding": 12, "d_model": 24, "n_heads": 2, "channels": 16, "n_levels": 3, "d_filters": 16}


def text(sentences: int = 900, seed: int = 0) -> str:
    """Little sentences: some structure to learn, some luck that nobody can foretell."""
    rng = np.random.default_rng(seed)
    return " ".join(
        f"the {rng.choice(NOUNS)} {rng.choice(VERBS)} a {rng.choice(['red', 'big', 'old'])} {rng.choice(NOUNS)}."
        for _ in range(sentences)
    )


def config_of(model: str, corpus: dict[str, object], task: str, **changes: object) -> RunConfig:
    """A small run; keyword arguments are dotted keys with __ for the dot."""
    fields = architectures.get(model).Config.model_fields
    knobs = {key: value for key, value in WORDS.items() if key in fields}
    if "n_layers" in fields and "d_model" in fields:
        knobs["n_layers"] = 2
    tree = {
        "corpus": corpus,
        "task": {"name": task},
        "model": {"name": model, **knobs},
        "optimizer": {"learning_rate": 3e-3},
        "training": {"steps": 200, "batch_size": 8, "context_length": 24, "threads": 1, "valid_every": 25,
                     "valid_batches": 4},
        "sampling": {"length": 1, "every": 1000},
    }  # fmt: skip
    return parse_config(tree).replaced({key.replace("__", "."): value for key, value in changes.items()})


def on_text(model: str, **changes: object) -> RunConfig:
    return config_of(model, {"name": "text", "text": text()}, "next_token", **changes)


def on_copying(model: str, delay: int = 20, **changes: object) -> RunConfig:
    corpus = {"name": "copy_memory", "delay": delay, "samples": 400}
    return config_of(model, corpus, "labelling", training__context_length=delay + 20, **changes)


@dataclass(frozen=True)
class Patient:
    told: Diagnosed
    case: Case
    trainer: Trainer

    def finding(self, rule: str) -> Finding | None:
        return next((found for found in self.told.findings if found.rule == rule), None)


def visit(config: RunConfig, change: Callable[[Experiment], None] | None = None) -> Patient:
    """Train to the end while the doctor listens, then let it judge."""
    experiment = build(config)
    if change is not None:
        change(experiment)
    heard: list[Event] = []
    doctor = Doctor(heard.append)

    def emit(event: Event) -> None:
        doctor.hear(event)

    trainer = Trainer(experiment, NoStore(), emit)
    trainer.begin()
    doctor.take(trainer)
    doctor.set_watch(Watch(frozenset({"diagnosis.*"}), budget=1.0))
    for _ in trainer.turns():
        pass
    if trainer.task.counted_baseline:
        for _ in count_baseline(trainer.task, lambda line: emit(BaselinesCounted((line,)))):
            pass
    while doctor.busy:
        doctor.work()
    (told,) = [event for event in heard if isinstance(event, Diagnosed)]
    return Patient(told, case_of(doctor), trainer)


def case_of(doctor: Doctor) -> Case:
    """What the rules read, measured once more."""
    assert doctor.trainer is not None
    slices = measure(doctor.trainer, chosen_windows(doctor.trainer), frozenset({"*"}))
    while True:
        try:
            next(slices)
        except StopIteration as over:
            return doctor.case(doctor.trainer.step, over.value)


# faults ----------------------------------------------------------------------------------------------------------


class Unmasked(Transformer):
    """Somebody forgot the causal mask."""

    def __init__(self, config, interface) -> None:  # type: ignore[no-untyped-def]
        super().__init__(config, interface)
        for block in self.stack:
            block.attention.causal = False


def forget_mask(experiment: Experiment) -> None:
    knobs = {key: value for key, value in experiment.config.model.model_dump().items() if key != "name"}
    with experiment.randomness:
        experiment.model = Unmasked(Transformer.Config(**knobs), experiment.task.interface)


def spectral_radius(radius: float) -> Callable[[Experiment], None]:
    def change(experiment: Experiment) -> None:
        assert isinstance(experiment.model, RNN)
        with torch.no_grad():
            w = experiment.model.weights(0).w_hh
            w.mul_(radius / torch.linalg.eigvals(w).abs().max())

    return change


def kill_units(model: Model) -> None:
    with torch.no_grad():
        for block in model.stack:  # type: ignore[attr-defined]
            block.widen.bias.fill_(-10.0)


FAULTS: dict[str, tuple[str, Callable[[], Patient]]] = {
    "a small spectral radius on copy memory": (
        "vanishing",
        lambda: visit(on_copying("rnn", training__steps=60), spectral_radius(0.2)),
    ),
    "a memory of two characters on text": (
        "vanishing",
        lambda: visit(on_text("rnn", optimizer__learning_rate=1e-4, training__steps=220), spectral_radius(0.05)),
    ),
    "a large radius, ReLU and no clipping": (
        "exploding",
        lambda: visit(
            on_text("rnn", model__activation="relu", training__clip_norm=0.0, training__steps=60,
                    optimizer__learning_rate=1e-4),
            spectral_radius(2.5),
        ),
    ),
    "clipping at a thousandth": ("clipping", lambda: visit(on_text("lstm", training__clip_norm=1e-3))),
    "a hundred times the learning rate": (
        "rate_too_high",
        lambda: visit(on_text("transformer", optimizer__learning_rate=0.3)),
    ),
    "a thousandth of the learning rate": (
        "rate_too_low",
        lambda: visit(on_text("lstm", optimizer__learning_rate=3e-6)),
    ),
    "a forget bias of 8": (
        "saturated_gates",
        lambda: visit(on_text("lstm", training__steps=60, model__forget_bias=8.0)),
    ),
    "ReLU biases of -10": (
        "dead_units",
        lambda: visit(
            on_text("transformer", model__activation="relu", model__bias=True, training__steps=40),
            lambda experiment: kill_units(experiment.model),
        ),
    ),
    "no causal mask": ("target_leak", lambda: visit(on_text("transformer", training__steps=60), forget_mask)),
    "no positions, one block": (
        "no_positions",
        lambda: visit(on_text("transformer", model__position="none", model__n_layers=1, training__steps=60)),
    ),
    "no positions, two blocks": (
        "no_positions",
        lambda: visit(on_text("transformer", model__position="none", training__steps=60)),
    ),
    "a training text of a dozen sentences": (
        "overfitting",
        lambda: visit(
            config_of("lstm", {"name": "text", "text": text(15)}, "next_token", training__steps=300,
                      optimizer__learning_rate=1e-2, model__d_hidden=64),
        ),
    ),
}  # fmt: skip


HEALTHY: dict[str, Callable[[], Patient]] = {
    "RNN on text": lambda: visit(on_text("rnn")),
    "LSTM on text": lambda: visit(on_text("lstm", optimizer__learning_rate=6e-3, training__steps=400)),
    "LSTM on text, early": lambda: visit(on_text("lstm", training__steps=60)),
    "GRU on text": lambda: visit(on_text("gru")),
    "LSTM with forget bias 3 on copy memory": lambda: visit(on_copying("lstm", delay=10, model__forget_bias=3.0)),
    "LSTM, two layers, on stories": lambda: visit(
        config_of("lstm", {"name": "stories"}, "next_token", model__n_layers=2, training__batch_size=16)
    ),
    "identity-start ReLU RNN on the adding problem": lambda: visit(
        config_of(
            "rnn", {"name": "adding", "length": 20, "samples": 400}, "regression",
            model__activation="relu", model__initialization="identity", optimizer__learning_rate=1e-3,
        )
    ),
    "Transformer, learned positions": lambda: visit(on_text("transformer")),
    "Transformer, RoPE, ReLU": lambda: visit(
        on_text("transformer", model__position="rope", model__activation="relu", optimizer__learning_rate=1e-3)
    ),
    "Transformer, ALiBi": lambda: visit(on_text("transformer", model__position="alibi")),
    "TCN on text": lambda: visit(on_text("tcn")),
    "gated convolution on text": lambda: visit(on_text("gated_conv")),
    "bag of words on text": lambda: visit(on_text("bag_of_words")),
    "fixed window on text": lambda: visit(on_text("fixed_window")),
    "bidirectional LSTM fills in": lambda: visit(
        config_of("bilstm", {"name": "text", "text": text()}, "fill_in", training__steps=150)
    ),
    "SGD on text": lambda: visit(on_text("lstm", optimizer__name="sgd", optimizer__learning_rate=1.0)),
}  # fmt: skip


@cache
def faulty(name: str) -> Patient:
    return FAULTS[name][1]()


@cache
def healthy(name: str) -> Patient:
    return HEALTHY[name]()
