"""Which knobs stand in which part of the form. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from seqviz.core.config import Part, RunConfig
from seqviz.core.events import PartDescription, Ready
from seqviz.core.knobs import KnobDescription, KnobKind
from seqviz.gui.knob_words import SECTION_KNOBS

FIRST = ("optimizer.learning_rate", "training.batch_size", "training.context_length", "training.clip_norm",
         "training.steps")  # fmt: skip
OF_GRADIENTS = ("optimizer.", "training.clip_")  # knobs that mean nothing where no gradient is taken


@dataclass(frozen=True)
class Groups:
    """`basic` is always seen; `folded` are titles and knobs, all behind one word."""

    basic: tuple[KnobDescription, ...]
    folded: tuple[tuple[str, tuple[KnobDescription, ...]], ...]


def part_named(ready: Ready | None, kind: Literal["model", "corpus", "task"], name: str) -> PartDescription | None:
    """The description of a part; None before the worker is ready, or when there is none."""
    parts = () if ready is None else ready.parts
    return next((part for part in parts if part.kind == kind and part.name == name), None)


def setting(config: RunConfig, knob: KnobDescription) -> Any:
    """The value a knob has in this config, its default where the config leaves it out."""
    try:
        return config.value(knob.key)
    except KeyError:
        return knob.default


def group_knobs(config: RunConfig, ready: Ready | None) -> Groups:
    """The model's own basic knobs and the five that decide most; everything else is folded away."""
    model = _knobs_of(config.model, "model", ready)
    data = (*_knobs_of(config.corpus, "corpus", ready), *_knobs_of(config.task, "task", ready))
    sections = ready.sections if ready is not None and ready.sections else SECTION_KNOBS
    described = part_named(ready, "model", config.model.name)
    if described is not None and described.learns_by != "gradient":
        sections = tuple(knob for knob in sections if not knob.key.startswith(OF_GRADIENTS))
    by_key = {knob.key: knob for knob in sections}
    first = [by_key[key] for key in FIRST if key in by_key]
    basic = (*(knob for knob in model if not knob.advanced), *first)
    rest = [knob for knob in sections if knob.key not in FIRST]
    folded = (
        ("Model", tuple(knob for knob in model if knob.advanced)),
        ("Data", tuple(knob for knob in data if knob.key != "corpus.text")),
        ("Optimiser", tuple(knob for knob in rest if knob.key.startswith("optimizer."))),
        ("Training", tuple(knob for knob in rest if knob.key.startswith("training."))),
        ("Sampling", tuple(knob for knob in rest if knob.key.startswith("sampling."))),
    )
    return Groups(basic, tuple((title, knobs) for title, knobs in folded if knobs))


def _knobs_of(part: Part, kind: Literal["model", "corpus", "task"], ready: Ready | None) -> tuple[KnobDescription, ...]:
    described = part_named(ready, kind, part.name)
    if described is not None:
        return described.knobs
    return tuple(_guessed(f"{kind}.{name}", value) for name, value in part.knobs.items())


def _guessed(key: str, value: Any) -> KnobDescription:
    """A knob of a part nobody described yet: the preset's own value, to be seen and not to be changed."""
    kinds: dict[type, KnobKind] = {bool: "bool", int: "int", float: "float"}
    label = key.split(".")[-1].replace("_", " ")
    low, high = (0.0, max(2.0 * value, 1.0)) if isinstance(value, int | float) else (None, None)
    return KnobDescription(key, label, "", kinds.get(type(value), "text"), value, low, high)


def shared_knobs(config: RunConfig, target: PartDescription) -> dict[str, Any]:
    """Settings of the present model that another architecture has too, under the same name."""
    have = config.model.knobs
    kept: dict[str, Any] = {}
    for knob in target.knobs:
        name = knob.key.split(".")[-1]
        if name in have and knob.error(have[name]) is None:
            kept[name] = have[name]
    return kept
