"""From what was typed to a config: preset names, `--set key=value`, `--steps`, `--seed`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from seqviz.core.config import Part, RunConfig, SamplingConfig
from seqviz.core.paths import user_presets_root
from seqviz.core.presets import find_preset, list_presets, read_preset

KINDS = ("corpus", "task", "model")
TEXT_KEYS = frozenset(
    {name for name, info in RunConfig.model_fields.items() if info.annotation is str}
    | {f"sampling.{name}" for name, info in SamplingConfig.model_fields.items() if info.annotation is str}
    | {"corpus.path", "corpus.text", "corpus.entry"}
)


def chosen_config(preset: str, changes: list[str] | None = None, **direct: Any) -> RunConfig:
    """The preset's config with changes applied, in order.

    Raises
    ------
    ValueError
        one line that names the preset, the key or the value.
    """
    config = read_preset(_preset_path(preset))
    typed = dict(_pair(change) for change in changes or [])
    typed |= {key: value for key, value in direct.items() if value is not None}
    for kind in KINDS:
        name = typed.get(f"{kind}.name")
        if isinstance(name, str) and name != getattr(config, kind).name:
            config = _with_part(config, kind, name)
    return config.replaced(typed) if typed else config


def _with_part(config: RunConfig, kind: str, name: str) -> RunConfig:
    """Another corpus, task or architecture, with those of the preset's knobs that it has too."""
    from seqviz.training.builder import describe_everything

    parts = {part.name: part for part in describe_everything().parts if part.kind == kind}
    known = {knob.key.removeprefix(f"{kind}.") for knob in parts[name].knobs} if name in parts else set()
    kept = {key: value for key, value in getattr(config, kind).knobs.items() if key in known}
    return config.model_copy(update={kind: Part(name=name, **kept)})


def _preset_path(name: str) -> Path:
    """A preset of the program, of the user, or a path."""
    own = {preset.name: preset.path for preset in list_presets(user_presets_root())}
    return own[name] if name in own else find_preset(name)


def _pair(change: str) -> tuple[str, Any]:
    key, equals, text = change.partition("=")
    key = key.strip()
    if not equals or not key:
        raise ValueError(f"--set {change}: write it as key=value")
    value = typed_value(text)
    return key, text if key in TEXT_KEYS and not isinstance(value, str) else value


def typed_value(text: str) -> Any:
    """A value as TOML would read it (1, 0.5, true, "x"); anything else is text as it stands."""
    try:
        value = tomllib.loads(f"x = {text}")
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
    return value["x"] if len(value) == 1 else text
