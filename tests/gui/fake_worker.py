"""A worker without torch: it answers commands at once with canned events, and learns when told to."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from seqviz.core import commands as cm
from seqviz.core import events as ev
from seqviz.core.batch import Ruler
from seqviz.core.channel import Mailbox
from seqviz.core.config import OptimizerConfig, RunConfig, SamplingConfig, TrainingConfig, parse_config
from seqviz.core.knobs import KnobDescription, describe_knobs
from seqviz.core.units import bits_per

VOCABULARY = tuple("\n !'(),-.:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
PROBE = "I grew up in France, so I speak fluent French."
GATES = ("forget_gate", "input_gate", "output_gate")


def int_knob(key: str, label: str, default: int, high: int, **more: Any) -> KnobDescription:
    return KnobDescription(key, label, f"How many {label}.", "int", default, 1, high, log=True, **more)


LSTM_KNOBS = (
    int_knob("model.d_hidden", "hidden units", 128, 1024),
    int_knob("model.n_layers", "layers", 1, 8),
    int_knob("model.d_embedding", "embedding", 32, 512),
    KnobDescription("model.forget_bias", "forget bias", "Start of the forget gate.", "float", 1.0, -5.0, 5.0),
    KnobDescription(
        "model.dropout", "dropout", "Share of units silenced.", "float", 0.0, 0.0, 0.9, live=True, advanced=True
    ),
)
TRANSFORMER_KNOBS = (
    int_knob("model.d_model", "model width", 64, 1024),
    int_knob("model.n_layers", "layers", 2, 8),
    int_knob("model.n_heads", "heads", 4, 16),
    KnobDescription(
        "model.position",
        "position",
        "How it knows where.",
        "choice",
        "sinusoidal",
        choices=("none", "sinusoidal", "rope"),
    ),
    KnobDescription(
        "model.dropout", "dropout", "Share of units silenced.", "float", 0.0, 0.0, 0.9, live=True, advanced=True
    ),
)
LSTM_PROVIDES = ("samples", "surprisal", "losses", "next_token.probabilities", "layers.*.hidden_state",
                 "layers.*.cell_state",
                 "layers.*.forget_gate", "layers.*.input_gate", "layers.*.output_gate", "gradient.itemised.layers.*.*",
                 "gradient.decay.layers.*.*", "gradient.half_life.layers.*.*", "gradient.total.layers.*.*")  # fmt: skip
TRANSFORMER_PROVIDES = ("samples", "surprisal", "losses", "next_token.probabilities", "blocks.*.attention.pattern",
                        "blocks.*.attention.scores", "position.encoding", "position.similarity",
                        "blocks.*.attention.score_by_distance",
                        "gradient.itemised.embedding", "gradient.decay.embedding", "gradient.half_life.embedding",
                        "gradient.total.embedding")  # fmt: skip
PARTS = (
    ev.PartDescription("model", "lstm", "LSTM", "Long short-term memory", LSTM_KNOBS, "lstm", ("next_token",),
                       LSTM_PROVIDES),
    ev.PartDescription("model", "rnn", "RNN", "Vanilla recurrent network", LSTM_KNOBS[:3], "rnn", ("next_token",),
                       ("surprisal", "layers.*.hidden_state")),
    ev.PartDescription("model", "transformer", "Transformer", "Decoder-only Transformer", TRANSFORMER_KNOBS,
                       "transformer", ("next_token",), TRANSFORMER_PROVIDES),
    ev.PartDescription("model", "ngram", "n-gram", "Counts", (), "ngram", ("next_token",), ("surprisal",),
                       learns_by="observe"),
    ev.PartDescription("corpus", "stories", "Tiny stories", "Generated English stories", (), "", ("next_token",)),
    ev.PartDescription("corpus", "reference_prose", "Reference prose", "Python's own manual", (), "", ("next_token",)),
    ev.PartDescription("corpus", "text", "Your own text", "A file or words of yours",
                       (KnobDescription("corpus.path", "file", "A text file.", "path", ""),
                        KnobDescription("corpus.text", "pasted text", "Pasted.", "text", "")), "", ("next_token",)),
    ev.PartDescription("task", "next_token", "Next token", "Guess what comes next",
                       (KnobDescription("task.tokens", "tokens", "Pieces.", "choice", "char",
                                        choices=("char", "word", "bpe")),)),
)  # fmt: skip
SECTIONS = (
    *describe_knobs(OptimizerConfig, "optimizer"),
    *describe_knobs(TrainingConfig, "training"),
    *describe_knobs(SamplingConfig, "sampling"),
)


def example_config(model: str = "lstm", **changes: Any) -> RunConfig:
    tree: dict[str, Any] = {
        "title": f"{'LSTM' if model == 'lstm' else model.title()} on stories",
        "watch_for": "The comma lets go: its forget gate drops. In the map, everything left of it is darker.",
        "probe": PROBE,
        "corpus": {"name": "stories"},
        "task": {"name": "next_token"},
        "model": {"name": model},
        "training": {"steps": 5000},
        "optimizer": {"learning_rate": 3e-3},
        "sampling": {"prompt": "Once"},
    }
    config = parse_config(tree)
    return config.replaced(changes) if changes else config


class FakeWorker:
    """`sent` is every command in order. Nothing happens by itself: `advance(steps)` learns."""

    def __init__(self, mailbox: Mailbox, ready_at_once: bool = True) -> None:
        self.mailbox = mailbox
        self.sent: list[cm.Command] = []
        self.config: RunConfig | None = None
        self.step = 0
        self.run_number = 0
        self.playing = False
        self.watched: frozenset[str] = frozenset()
        self.probe = ""
        self.stopped = False
        self.now_paint_fd: int | None = None
        self.obedient = True
        self.loaded = False
        self._waiting: list[cm.Command] = []
        self._rng = np.random.default_rng(0)
        if ready_at_once:
            self.make_ready()

    # the handle

    def send(self, command: cm.Command) -> None:
        self.sent.append(command)
        if not self.loaded:
            self._waiting.append(command)
        elif self.obedient:
            self._obey(command)

    def stop(self, timeout: float) -> bool:
        self.stopped = True
        return True

    # what a worker does

    def make_ready(self) -> None:
        self.loaded = True
        self.mailbox.post(ev.Ready(PARTS, SECTIONS, ("cpu",), {"torch": "none"}))
        for command in self._waiting:
            self._obey(command)

    def of(self, kind: type[Any]) -> list[Any]:
        """Commands of one class, in order."""
        return [command for command in self.sent if type(command) is kind]

    def _obey(self, command: cm.Command) -> None:
        match command:
            case cm.Prepare(config):
                self._prepare(config)
            case cm.Play():
                self.playing = True
                self.mailbox.post(ev.RunResumed(self.step))
            case cm.Pause():
                self.playing = False
                self.mailbox.post(ev.RunPaused(self.step))
            case cm.Step(count):
                self.advance(count)
                self.mailbox.post(ev.RunPaused(self.step))
            case cm.SetKnob(key, value):
                self._set_knob(key, value)
            case cm.SetProbe(text):
                self.probe = text
                self.mailbox.post(ev.ProbeChanged(text))
                self.post_frame()
            case cm.Watch(wants):
                self.watched = wants
                if self.config is not None:
                    self.post_frame()
            case cm.SampleNow():
                self.post_sample()
            case cm.PreviewTokens(kind, text, path, _):
                self._preview(kind, text or (path.read_text(encoding="utf-8") if path else ""))
            case _:
                pass

    def _prepare(self, config: RunConfig) -> None:
        part = next((p for p in PARTS if p.kind == "model" and p.name == config.model.name), None)
        if part is None:
            self.mailbox.post(ev.Rejected(f'model.name: no model is called "{config.model.name}"'))
            return
        for knob in part.knobs:
            value = config.model.knobs.get(knob.key.split(".")[-1], knob.default)
            error = knob.error(value)
            if error:
                self.mailbox.post(ev.Rejected(error))
                return
        defaults = {
            f"model.{k.key.split('.')[-1]}": k.default
            for k in part.knobs
            if k.key.split(".")[-1] not in config.model.knobs
        }
        self.config = config.replaced(defaults) if defaults else config
        self.step, self.playing, self.probe = 0, False, config.probe or PROBE
        self.run_number += 1
        self.mailbox.post(self._run_started(part))
        self.mailbox.post(
            ev.BaselinesCounted(
                (
                    ev.Baseline("uniform", "guessing blindly", math.log(len(VOCABULARY))),
                    ev.Baseline("unigram", "knowing how often each letter comes", 4.18 * math.log(2)),
                )
            )
        )
        self.post_frame()

    def _run_started(self, part: ev.PartDescription) -> ev.RunStarted:
        assert self.config is not None
        return ev.RunStarted(
            run_id=f"run-{self.run_number}",
            folder=f"runs/run-{self.run_number}",
            config=self.config.model_dump(),
            title=part.title,
            family=part.family,
            unit=bits_per("character"),
            vocabulary=VOCABULARY,
            parameters=(("embedding", 2368), (part.title, 82944), ("output", 9546)),
            layer_names=("embedding", part.title, "output"),
            receptive_field="unbounded" if part.name == "lstm" else "64 characters",
            memory_bytes=1_572_864,
            corpus_summary="2.1 M characters, 74 symbols",
            provides=part.provides,
            device="cpu",
            threads=2,
        )

    def _set_knob(self, key: str, value: Any) -> None:
        assert self.config is not None
        knob = next((k for k in (*SECTIONS, *LSTM_KNOBS) if k.key == key), None)
        error = knob.error(value) if knob is not None else f"{key}: there is no such setting"
        if error:
            self.mailbox.post(ev.Rejected(error))
            return
        try:
            old = self.config.value(key)
        except KeyError:
            old = knob.default if knob else None
        self.config = self.config.replaced({key: value})
        self.mailbox.post(ev.KnobChanged(self.step, key, old, value))

    def _preview(self, kind: str, text: str) -> None:
        tokens = tuple(text[:60]) if kind == "char" else tuple(text[:60].split())
        self.mailbox.post(ev.TokenPreviewed(kind, len(set(tokens)), (tokens,), 0.0, f"{len(set(tokens))} symbols"))

    # learning

    def loss_at(self, step: int) -> float:
        return (1.5 + 4.6 / (1 + (step / 90.0) ** 0.9)) * math.log(2)

    def advance(self, steps: int, frame: bool = True) -> None:
        """Learn so many steps: metrics, validations, samples, and one frame at the end."""
        for _ in range(steps):
            self.step += 1
            noise = float(self._rng.normal(0, 0.05))
            norms = np.abs(self._rng.normal(1.0, 0.2, 3)) / (1 + self.step / 500)
            self.mailbox.post(
                ev.StepMetrics(self.step, 2048 * self.step, self.step / 40, self.loss_at(self.step) + noise,
                               float(norms.sum()), min(1.0, 1.0 / float(norms.sum())), 3e-3, norms)
            )  # fmt: skip
            if self.step % 100 == 0 or self.step == 1:
                self.mailbox.post(ev.Evaluated(self.step, self.loss_at(self.step) + 0.05, False))
            if self.step in (1, 10, 100, 500, 1000) or self.step % 1000 == 0:
                self.post_sample()
        if frame:
            self.post_frame()
        self.mailbox.post(ev.Pulse(41.0, 84_000.0, 0.06, "", 0.15, (("weight_gradients", 57.2), ("light frame", 3.14))))

    def post_sample(self) -> None:
        text = " upon a time there was a little dog named Tom. He loved to run in the park and his mom said no."
        self.mailbox.post(
            ev.Sample(
                self.step,
                "Once",
                tuple(text),
                np.abs(self._rng.normal(1.5, 1.0, len(text))),
                {"temperature": 0.8},
                self.loss_at(self.step),
            )
        )

    def post_frame(self) -> None:
        assert self.config is not None
        arrays, axes = make_arrays(self.config.model.name, self.probe, self.step)
        for array in arrays.values():
            array.flags.writeable = False
        ruler = Ruler(tuple(self.probe))
        run_id = f"run-{self.run_number}"
        made = dict.fromkeys(arrays, self.step)
        self.mailbox.post(ev.Frame(self.step, run_id, arrays, axes, {"t": ruler}, made, milliseconds=3.0))

    def diverge(self) -> None:
        self.playing = False
        self.mailbox.post(ev.RunDiverged(self.step, "layers.0.forget_gate", f"step {self.step}: not a number"))

    def finish(self) -> None:
        self.playing = False
        self.mailbox.post(ev.RunFinished(self.step, "all steps done", {"valid_loss": 1.0}))


def make_arrays(model: str, probe: str, step: int) -> tuple[dict[str, np.ndarray], dict[str, tuple[str, ...]]]:
    """Arrays as a trace would give them: sensible shapes, values that look alive."""
    rng = np.random.default_rng(len(probe))
    n, vocab = len(probe), len(VOCABULARY)
    learned = min(1.0, step / 1500)
    surprisal = 5.5 - learned * (3.5 + rng.uniform(-1.5, 1.5, n))
    surprisal[0] = np.nan
    probabilities = rng.dirichlet(np.full(vocab, 0.3 if learned > 0.2 else 20.0), n)
    arrays = {"surprisal": surprisal, "next_token.probabilities": probabilities}
    axes: dict[str, tuple[str, ...]] = {"surprisal": ("t",), "next_token.probabilities": ("t", "vocab")}
    losses = np.append(surprisal[1:] * math.log(2), np.nan)
    arrays["losses"], axes["losses"] = losses, ("t",)
    if model == "transformer":
        _attention(arrays, axes, rng, n)
        _gradients(arrays, axes, rng, n, "embedding", 0.97)
    else:
        _states(arrays, axes, rng, n, probe)
        _gradients(arrays, axes, rng, n, "layers.0.hidden_state", 0.9)
        _gradients(arrays, axes, rng, n, "layers.0.cell_state", 0.95)
    return arrays, axes


def _states(arrays: dict[str, Any], axes: dict[str, Any], rng: np.random.Generator, n: int, probe: str) -> None:
    for gate, mean in zip(GATES, (0.92, 0.55, 0.5), strict=True):
        base = mean + 0.1 * np.sin(np.arange(n))[:, None] * (mean < 0.9)
        values = np.clip(base + rng.normal(0, 0.08, (n, 128)), 0, 1)
        if gate == "forget_gate":
            values[[i for i, c in enumerate(probe) if c in ".,"]] *= 0.5
        arrays[f"layers.0.{gate}"], axes[f"layers.0.{gate}"] = values, ("t", "unit")
    walk = np.cumsum(rng.normal(0, 0.3, (n, 128)), axis=0) * np.linspace(0.2, 1.5, 128)
    arrays["layers.0.hidden_state"], axes["layers.0.hidden_state"] = np.tanh(walk), ("t", "unit")
    arrays["layers.0.cell_state"], axes["layers.0.cell_state"] = walk, ("t", "unit")


def _gradients(
    arrays: dict[str, Any], axes: dict[str, Any], rng: np.random.Generator, n: int, site: str, keep: float
) -> None:
    distance = np.arange(n)[:, None] - np.arange(n)[None, :]
    itemised = np.where(distance >= 0, keep ** np.maximum(distance, 0) * rng.lognormal(0, 0.5, (n, n)), np.nan)
    itemised[-1] = np.nan
    arrays[f"gradient.itemised.{site}"], axes[f"gradient.itemised.{site}"] = itemised, ("t", "s")
    decay = keep ** np.arange(n - 1.0)
    arrays[f"gradient.decay.{site}"], axes[f"gradient.decay.{site}"] = decay, ("distance",)
    half = math.log(0.5) / math.log(keep)
    arrays[f"gradient.half_life.{site}"] = np.array([half, 0.99, math.inf])
    axes[f"gradient.half_life.{site}"] = ("value",)
    arrays[f"gradient.total.{site}"], axes[f"gradient.total.{site}"] = rng.lognormal(0, 0.4, n), ("t",)


def _attention(arrays: dict[str, Any], axes: dict[str, Any], rng: np.random.Generator, n: int) -> None:
    for block in range(2):
        scores = rng.normal(0, 2.0, (4, n, n))
        scores[0] += 6.0 * np.eye(n, k=-1)
        masked = np.where(np.tri(n, dtype=bool), scores, -np.inf)
        weights = np.exp(masked - masked.max(-1, keepdims=True))
        pattern = weights / weights.sum(-1, keepdims=True)
        name = f"blocks.{block}.attention"
        arrays[f"{name}.pattern"], axes[f"{name}.pattern"] = pattern, ("head", "query_pos", "key_pos")
        arrays[f"{name}.scores"], axes[f"{name}.scores"] = scores, ("head", "query_pos", "key_pos")
        arrays[f"{name}.score_by_distance"] = rng.normal(0, 1, (4, n))
        axes[f"{name}.score_by_distance"] = ("head", "distance")
    angle = np.arange(n)[:, None] / 10000 ** (np.arange(0, 64, 2) / 64)[None, :]
    encoding = np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(n, 64)
    arrays["position.encoding"], axes["position.encoding"] = encoding, ("position", "dim")
    arrays["position.similarity"] = encoding @ encoding.T / 32
    axes["position.similarity"] = ("position", "position2")


def renamed(run: ev.RunStarted, **changes: Any) -> ev.RunStarted:
    return replace(run, **changes)
