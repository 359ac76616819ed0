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
    if config.racers:
        typed = _with_racers(config, typed)
    for kind in KINDS:
        name = typed.get(f"{kind}.name")
        if isinstance(name, str) and name != getattr(config, kind).name:
            config = _with_part(config, kind, name)
    return config.replaced(typed) if typed else config


def _with_part(config: RunConfig, kind: str, name: str) -> RunConfig:
    """Another corpus, task or architecture, with those of the preset's knobs that it has too.

    What the preset says of itself is of another experiment now; probe and prompt belong to the text they were made for.
    """
    from seqviz.training.builder import describe_everything

    parts = {f"{part.kind} {part.name}": part for part in describe_everything().parts}
    part = parts.get(f"{kind} {name}")
    known = {knob.key.removeprefix(f"{kind}.") for knob in part.knobs} if part is not None else set()
    kept = {key: value for key, value in getattr(config, kind).knobs.items() if key in known}
    changed = config.model_copy(update={kind: Part(name=name, **kept)})
    model, corpus = (parts.get(f"{one} {getattr(changed, one).name}") for one in ("model", "corpus"))
    title = f"{model.title} on {corpus.title[:1].lower()}{corpus.title[1:]}" if model and corpus else ""
    words = {"title": title, "description": "", "watch_for": ""}
    changed = changed.model_copy(update=words)
    return changed.replaced({"probe": "", "sampling.prompt": ""}) if kind == "corpus" else changed


def _with_racers(config: RunConfig, typed: dict[str, Any]) -> dict[str, Any]:
    """Changes to a race: those to single racers (racers.0.model.order) become one, of all racers together."""
    racers = [racer.model_dump() for racer in config.racers]
    others: dict[str, Any] = {}
    for key, value in typed.items():
        head, *path = key.split(".")
        if head == "model":
            raise ValueError(f"{key}: in a race every racer has a model of its own; the first one's is racers.0.{key}")
        if head == "racers" and path:
            _set_racer(racers, key, path, value)
        else:
            others[key] = value
    return others | ({"racers": racers} if len(others) < len(typed) else {})


def _set_racer(racers: list[dict[str, Any]], key: str, path: list[str], value: Any) -> None:
    """One change to one of the `racers`; which settings there are is checked when it is built."""
    number, *parents, last = (*path, "") if len(path) == 1 else path
    if not number.isdecimal() or int(number) >= len(racers):
        raise ValueError(f"{key}: there is no such racer; they are racers.0 to racers.{len(racers) - 1}")
    if (parents, last) not in (([], "label"), ([], "learning_rate")) and parents != ["model"]:
        raise ValueError(f"{key}: a racer has a label, a learning_rate and settings of its model")
    (racers[int(number)]["model"] if parents else racers[int(number)])[last] = value


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
