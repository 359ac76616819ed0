"""From what was typed to a config: preset names, `--set key=value`, `--steps`, `--seed`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from seqviz.core.config import RunConfig
from seqviz.core.paths import user_presets_root
from seqviz.core.presets import find_preset, list_presets, read_preset


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
    return config.replaced(typed) if typed else config


def _preset_path(name: str) -> Path:
    """A preset of the program, of the user, or a path."""
    own = {preset.name: preset.path for preset in list_presets(user_presets_root())}
    return own[name] if name in own else find_preset(name)


def _pair(change: str) -> tuple[str, Any]:
    key, equals, text = change.partition("=")
    if not equals or not key:
        raise ValueError(f"--set {change}: write it as key=value")
    return key.strip(), typed_value(text)


def typed_value(text: str) -> Any:
    """A value as TOML would read it (1, 0.5, true, "x"); anything else is text as it stands."""
    try:
        value = tomllib.loads(f"x = {text}")
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
    return value["x"] if len(value) == 1 else text
