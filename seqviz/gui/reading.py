"""Words for live readings and flags: numbers of a run as short sentences."""

from __future__ import annotations

import re
from functools import lru_cache

from seqviz.core.config import OptimizerConfig, SamplingConfig, TrainingConfig
from seqviz.core.knobs import KnobDescription, describe_knobs
from seqviz.gui import theme

MENU = 10  # px at scale 1 that the head of a panel keeps free at its right
_BOLD = re.compile(r"\*\*(.+?)\*\*")


def width_of(text: str, size: float = 12) -> float:
    """Pixels a reading takes; `**...**` is bold."""
    parts = enumerate(_BOLD.split(text))
    return sum(theme.metrics(size, bold=n % 2 == 1).horizontalAdvance(part) for n, part in parts)


def fitting(width: float, *variants: str) -> str:
    """The first (longest, fullest) variant that fits above a panel of `width` px, else the last."""
    room = width - theme.px(MENU)
    return next((text for text in variants[:-1] if width_of(text) <= room), variants[-1])


@lru_cache(maxsize=1)
def common_knobs() -> dict[str, KnobDescription]:
    """Knobs that every run has (optimizer, training, sampling), by dotted key."""
    sections = (("optimizer", OptimizerConfig), ("training", TrainingConfig), ("sampling", SamplingConfig))
    return {knob.key: knob for prefix, config in sections for knob in describe_knobs(config, prefix)}


def knob_label(key: str) -> str:
    """`optimizer.learning_rate` as `learning rate`."""
    known = common_knobs().get(key)
    return known.label if known else key.rsplit(".", 1)[-1].replace("_", " ")


def value_text(value: object) -> str:
    """A knob's value as it is written on a flag."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return theme.short(value)
    text = str(value)
    return text if len(text) <= 16 else text[:15] + "…"


def change_words(key: str, old: object, new: object) -> str:
    """Two lines for a flag: `learning rate`, `3e-3 → 1e-3`."""
    return f"{knob_label(key)}\n{value_text(old)} → {value_text(new)}"
