"""Knobs in words: labels by key, and what a change says on a flag. Pure."""

from __future__ import annotations

import re
from typing import Any

from seqviz.core.config import OptimizerConfig, SamplingConfig, TrainingConfig
from seqviz.core.events import KnobChanged, Ready
from seqviz.core.knobs import KnobDescription, describe_knobs
from seqviz.gui import theme

SECTION_KNOBS: tuple[KnobDescription, ...] = (
    *describe_knobs(OptimizerConfig, "optimizer"),
    *describe_knobs(TrainingConfig, "training"),
    *describe_knobs(SamplingConfig, "sampling"),
)
_DOTTED = re.compile(
    r"(?:(?<=^)|(?<=: ))(?:racers\.\d+\.)?(?P<key>(?:model|corpus|task|optimizer|training|sampling)(?:\.\w+)+): "
)
_LABELS = {knob.key: knob.label for knob in SECTION_KNOBS}


def knob_label(key: str) -> str:
    """The name a person knows: "learning rate" for optimizer.learning_rate."""
    return _LABELS.get(key) or key.split(".")[-1].replace("_", " ")


def in_words(text: str, ready: Ready | None) -> str:
    """A message without the dotted keys of the command line: a knob's own label, and nothing for the name of a part."""
    labels = {knob.key: knob.label for part in (ready.parts if ready else ()) for knob in part.knobs}

    def named(found: re.Match[str]) -> str:
        key = found["key"]
        return "" if key.endswith(".name") else f"{labels.get(key) or knob_label(key)}: "

    told = _DOTTED.sub(named, text, count=1)
    return told if told == text else told[:1].upper() + told[1:]


def value_words(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get("name", "as before")).replace("_", " ")
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return theme.short(value)
    return str(value)


def change_words(change: KnobChanged) -> str:
    """Say a change as a flag does: `learning rate 3e-3 → 1e-3`."""
    return f"{knob_label(change.key)} {value_words(change.old)} → {value_words(change.new)}"


def why_not_live(key: str) -> str:
    """Why a knob cannot change while the run goes on, as the end of a sentence."""
    reasons = {
        "training.seed": "all random numbers come from it",
        "training.context_length": "other windows make other batches",
        "training.steps": "the schedule is laid out for it",
        "training.device": "the weights would have to move",
        "training.threads": "it is part of the exact result",
    }
    sections = {
        "model": "it needs new weights",
        "optimizer": "the optimiser's memory would not fit",
        "corpus": "it is another text",
        "task": "it is another task",
    }
    return reasons.get(key) or sections.get(key.split(".")[0]) or "it is fixed when a run starts"
