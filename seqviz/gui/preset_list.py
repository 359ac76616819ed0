"""The presets on disk as the rail and the first page show them: those that come with the program, then the user's."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from pathlib import Path

from seqviz.core.config import RunConfig
from seqviz.core.paths import user_presets_root
from seqviz.core.presets import list_presets, read_preset, read_tree, to_toml

log = logging.getLogger("seqviz")


@dataclass(frozen=True)
class PresetChoice:
    """What a combo box and a card need to know of a preset."""

    name: str
    path: Path
    title: str
    description: str
    model: str
    corpus: str
    racers: int = 0  # of a race


def preset_choices(roots: tuple[Path | None, ...] | None = None) -> list[PresetChoice]:
    """All presets by title; a file that cannot be read is left out and logged. None: the program's own folder."""
    found: list[PresetChoice] = []
    for root in (None, user_presets_root()) if roots is None else roots:
        for preset in list_presets(root):
            choice = _choice(preset.name if root is None else f"yours/{preset.name}", preset.path)
            if choice is not None:
                found.append(choice)
    return found


def _choice(name: str, path: Path) -> PresetChoice | None:
    try:
        tree = read_tree(path)
        model, corpus = tree["model"]["name"], tree["corpus"]["name"]
        racers = len(tree.get("racers", ()))
    except (ValueError, KeyError, TypeError) as error:
        log.warning("preset %s is left out: %s", path.name, error)
        return None
    title = str(tree.get("title") or path.stem.replace("-", " "))
    return PresetChoice(name, path, title, str(tree.get("description", "")), str(model), str(corpus), racers)


def load_preset(choices: list[PresetChoice], name: str) -> RunConfig:
    """The config of one of them.

    Raises
    ------
    ValueError
        one line: there is no such preset, or what is wrong in its file.
    """
    for choice in choices:
        if choice.name == name or str(choice.path) == name:
            return read_preset(choice.path)
    raise ValueError(f'no preset is called "{name}"')


def save_preset(config: RunConfig, title: str, root: Path | None = None) -> Path:
    """Write the experiment as a preset of the user's; a number is added where the name is taken.

    Raises
    ------
    OSError
        when the folder cannot be written.
    """
    root = root or user_presets_root()
    root.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "experiment"
    path, number = root / f"{stem}.toml", 2
    while path.exists():
        path, number = root / f"{stem}-{number}.toml", number + 1
    fresh = path.with_suffix(".new")
    fresh.write_text(to_toml(config.replaced({"title": title})), encoding="utf-8")
    fresh.replace(path)
    return path
