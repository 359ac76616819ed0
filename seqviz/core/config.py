"""A run's whole configuration. Parts with a name (corpus, task, model) carry the knobs of the thing they name.

`RunConfig` checks what core can know; the knobs of parts are checked where the parts live
(seqviz/training/builder.py), because core may not import them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic import Field as PydanticField

from seqviz.core.knobs import Knobs, first_error, knob

CONFIG_VERSION = 1
MOST_RACERS = 6


class Part(BaseModel):
    """A thing chosen by name, with its own knobs as extra fields."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True, allow_inf_nan=False)
    name: str

    @property
    def knobs(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


class OptimizerConfig(Knobs):
    name: Literal["adamw", "adam", "sgd", "rmsprop"] = knob(
        "adamw", label="optimiser", help="How a gradient becomes a change of the weights."
    )
    learning_rate: float = knob(
        2e-3, low=1e-7, high=1e3, log=True, live=True, label="learning rate",
        help="Size of one update. A live change replaces the peak of the schedule.",
    )  # fmt: skip
    beta1: float = knob(0.9, low=0.0, high=0.9999, advanced=True, label="beta 1",
                        help="Memory of the mean of the gradient (Adam, AdamW).")  # fmt: skip
    beta2: float = knob(0.99, low=0.0, high=0.99999, advanced=True, label="beta 2",
                        help="Memory of the squared gradient (Adam, AdamW).")  # fmt: skip
    momentum: float = knob(0.9, low=0.0, high=0.9999, advanced=True, label="momentum",
                           help="Memory of past updates (SGD, RMSprop).")  # fmt: skip
    decay: float = knob(0.99, low=0.0, high=0.99999, advanced=True, label="decay",
                        help="Memory of the squared gradient (RMSprop).")  # fmt: skip
    weight_decay: float = knob(0.0, low=0.0, high=10.0, live=True, advanced=True, label="weight decay",
                               help="Pull of every weight towards zero.")  # fmt: skip
    schedule: Literal["constant", "cosine", "plateau"] = knob(
        "constant", label="schedule",
        help="How the learning rate moves: constant, warm-up then cosine, or lower when validation stalls.",
    )  # fmt: skip
    warmup_steps: int = knob(0, low=0, high=1_000_000, advanced=True, label="warm-up", unit="steps",
                             help="The rate rises linearly from 0 over so many steps.")  # fmt: skip
    final_share: float = knob(0.1, low=0.0, high=1.0, advanced=True, label="final share",
                              help="Cosine: the last rate as a share of the peak.")  # fmt: skip
    plateau_patience: int = knob(5, low=1, high=1000, advanced=True, label="patience", unit="validations",
                                 help="Plateau: validations without progress before the rate falls.")  # fmt: skip
    plateau_factor: float = knob(0.5, low=0.01, high=0.99, advanced=True, label="factor",
                                 help="Plateau: what the rate is multiplied by.")  # fmt: skip


class TrainingConfig(Knobs):
    steps: int = knob(2000, low=0, high=100_000_000, log=True, label="steps", unit="steps",
                      help="The run stops after so many optimiser steps (0: no limit).")  # fmt: skip
    epochs: float = knob(0.0, low=0.0, high=1e6, advanced=True, label="epochs",
                         help="The run stops after so many passes over the training split (0: no limit).")  # fmt: skip
    seconds: float = knob(0.0, low=0.0, high=1e7, advanced=True, label="time budget", unit="s",
                          help="The run stops after so many seconds of computing (0: no limit).")  # fmt: skip
    batch_size: int = knob(32, low=1, high=4096, log=True, live=True, label="batch",
                           help="Sequences read side by side in one step.")  # fmt: skip
    context_length: int = knob(64, low=2, high=4096, log=True, label="context", unit="tokens",
                               help="Length of a training window; a new length needs a new run.")  # fmt: skip
    carry_state: bool = knob(False, label="carry state", advanced=True,
                             help="Truncated BPTT: windows follow each other and the state is carried on.")  # fmt: skip
    clip_norm: float = knob(1.0, low=0.0, high=1e6, log=True, live=True, label="clip norm",
                            help="Gradients longer than this are scaled back to it (0: off).")  # fmt: skip
    clip_value: float = knob(0.0, low=0.0, high=1e6, live=True, advanced=True, label="clip value",
                             help="Every entry of the gradient is cut to +- this (0: off).")  # fmt: skip
    seed: int = knob(1337, low=0, high=2**31 - 1, label="seed", help="Start of all random numbers of the run.")
    device: Literal["auto", "cpu", "cuda", "mps"] = knob("cpu", label="device", advanced=True,
                                                         help="Where the numbers are crunched.")  # fmt: skip
    threads: int = knob(0, low=0, high=256, advanced=True, label="threads",
                        help="Threads of torch, part of the exact result (0: all cores but one).")  # fmt: skip
    valid_every: int = knob(100, low=1, high=1_000_000, advanced=True, label="validate every", unit="steps",
                            help="How often the sampled validation loss is measured.")  # fmt: skip
    valid_batches: int = knob(10, low=1, high=1000, advanced=True, label="validation batches",
                              help="Batches of the quick validation estimate.")  # fmt: skip


class SamplingConfig(Knobs):
    prompt: str = knob("", live=True, label="prompt", help="The model continues this text.")
    length: int = knob(200, low=1, high=5000, live=True, label="length", unit="tokens", help="Tokens per sample.")
    temperature: float = knob(0.8, low=0.0, high=5.0, live=True, label="temperature",
                              help="Below 1 the likely gets likelier; 0 takes the likeliest always.")  # fmt: skip
    top_k: int = knob(0, low=0, high=1_000_000, live=True, label="top k",
                      help="Choose among the k likeliest tokens only (0: off).")  # fmt: skip
    top_p: float = knob(1.0, low=0.01, high=1.0, live=True, label="top p",
                        help="Choose among the likeliest tokens that hold this share together.")  # fmt: skip
    seed: int = knob(7, low=0, high=2**31 - 1, live=True, label="seed",
                     help="The same seed at each sampling, so that only the model differs.")  # fmt: skip
    every: int = knob(250, low=1, high=1_000_000, live=True, advanced=True, label="sample every", unit="steps",
                      help="Steps between samples, besides those at 1, 10 and 100.")  # fmt: skip


class Racer(BaseModel):
    """One lane of a race: its own architecture, and its own learning rate (0: the one that all share)."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)
    label: str = ""
    model: Part
    learning_rate: float = PydanticField(default=0.0, ge=0.0, le=1e3)


class RunConfig(Knobs):
    """One experiment: everything that decides its numbers, and three sentences about it.

    With `racers` it is a race: each of them takes the place of `model`, everything else is shared.
    """

    version: int = CONFIG_VERSION
    title: str = ""
    description: str = ""
    watch_for: str = ""
    probe: str = ""
    corpus: Part
    task: Part
    model: Part
    optimizer: OptimizerConfig = PydanticField(default_factory=OptimizerConfig)
    training: TrainingConfig = PydanticField(default_factory=TrainingConfig)
    sampling: SamplingConfig = PydanticField(default_factory=SamplingConfig)
    racers: Annotated[tuple[Racer, ...], PydanticField(strict=False, max_length=MOST_RACERS)] = ()

    def lanes(self) -> tuple[RunConfig, ...]:
        """The experiment of each racer, as it would be run alone."""
        return tuple(self._lane(racer) for racer in self.racers)

    def _lane(self, racer: Racer) -> RunConfig:
        optimizer = self.optimizer
        if racer.learning_rate:
            optimizer = optimizer.model_copy(update={"learning_rate": racer.learning_rate})
        title = racer.label or racer.model.name
        return self.model_copy(update={"model": racer.model, "optimizer": optimizer, "racers": (), "title": title})

    def replaced(self, changes: dict[str, Any]) -> RunConfig:
        """A copy with dotted keys changed, validated as a whole.

        Raises
        ------
        ValueError
            one line that names the field.
        """
        tree = self.model_dump()
        for key, value in changes.items():
            node: Any = tree
            *parents, last = key.split(".")
            for parent in parents:
                node = node.get(parent)
                if not isinstance(node, dict):
                    raise ValueError(f"{key}: there is no such setting")
            if isinstance(node.get(last), dict) and not isinstance(value, dict):
                raise ValueError(
                    f"{key}: is a group of settings; set one of them, such as {key}.{next(iter(node[last]))}"
                )
            node[last] = value
        return parse_config(tree)

    def value(self, key: str) -> Any:
        """The value at a dotted key.

        Raises
        ------
        KeyError
            when it is not set (a knob of a part left at its default).
        """
        node: Any = self.model_dump()
        for part in key.split("."):
            node = node[part]
        return node


def parse_config(tree: dict[str, Any]) -> RunConfig:
    """A RunConfig from plain data.

    Raises
    ------
    ValueError
        one line that names the first bad field.
    """
    version = tree.get("version", CONFIG_VERSION)
    if isinstance(version, int) and version > CONFIG_VERSION:
        raise ValueError(f"version: {version} was written by a newer seqviz (this one reads up to {CONFIG_VERSION})")
    try:
        return RunConfig.model_validate(_floats(tree))
    except ValidationError as error:
        raise ValueError(first_error(error)) from None


_FLOAT_FIELDS = {
    (section, name)
    for section, config in (
        ("optimizer", OptimizerConfig),
        ("training", TrainingConfig),
        ("sampling", SamplingConfig),
    )
    for name, info in config.model_fields.items()
    if info.annotation is float
}


def _floats(tree: dict[str, Any]) -> dict[str, Any]:
    """Whole numbers given for float settings (`clip_norm = 1`) become floats; nothing else is bent."""
    result = dict(tree)
    for section, name in _FLOAT_FIELDS:
        part = result.get(section)
        if isinstance(part, dict) and type(part.get(name)) is int and abs(part[name]) < 2**53:
            result[section] = {**part, name: float(part[name])}
    return result
