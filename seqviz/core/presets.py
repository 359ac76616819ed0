"""Presets: a RunConfig as a TOML file, read with care (the file may come from anywhere)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from seqviz.core.config import RunConfig, parse_config

SIZE_CAP = 64 * 1024  # bytes; tomllib needs seconds for larger hostile files
DOT_CAP = 64  # dots in one key; tomllib is quadratic in them


@dataclass(frozen=True)
class PresetFile:
    """One preset on disk: its name is its path below the presets folder, without the ending."""

    name: str
    path: Path


def presets_root() -> Path:
    """The folder of the presets that come with the program."""
    beside = Path(__file__).resolve().parents[2] / "presets"
    return beside


def list_presets(root: Path | None = None) -> tuple[PresetFile, ...]:
    """Every preset below `root`, by name."""
    root = root or presets_root()
    return tuple(
        PresetFile(path.relative_to(root).with_suffix("").as_posix(), path) for path in sorted(root.rglob("*.toml"))
    )


def find_preset(name: str) -> Path:
    """The file of a preset given by name or by path.

    Raises
    ------
    ValueError
        when there is neither.
    """
    known = {preset.name: preset.path for preset in list_presets()}
    if name in known:
        return known[name]
    path = Path(name)
    if path.suffix == ".toml":
        return path
    raise ValueError(f'no preset is called "{name}"; there is {", ".join(known)}')


def read_tree(path: Path) -> dict[str, Any]:
    """The raw content of a TOML file.

    Raises
    ------
    ValueError
        one line that names the file: missing, too big, not TOML, nested too deep.
    """
    try:
        if not path.is_file():
            raise ValueError(f"{path.name}: there is no such file")
        if path.stat().st_size > SIZE_CAP:
            raise ValueError(f"{path.name}: larger than {SIZE_CAP // 1024} KiB, so it is no preset")
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{path.name}: is not UTF-8 text") from None
    except OSError as error:
        raise ValueError(f"{path.name}: cannot be read ({error.strerror})") from None
    return parse_toml(text, path.name)


def parse_toml(text: str, name: str = "preset") -> dict[str, Any]:
    """TOML text as plain data; see `read_tree` for the errors."""
    if len(text.encode("utf-8", "replace")) > SIZE_CAP:
        raise ValueError(f"{name}: larger than {SIZE_CAP // 1024} KiB, so it is no preset")
    if any(line.split("=")[0].count(".") > DOT_CAP for line in text.splitlines()):
        raise ValueError(f"{name}: a key is nested deeper than {DOT_CAP} levels")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{name}: is not TOML: {error}") from None
    except (RecursionError, ValueError):
        raise ValueError(f"{name}: is nested too deep or holds a number out of range") from None


def read_preset(path: Path) -> RunConfig:
    """A preset file as a RunConfig.

    Raises
    ------
    ValueError
        one line that names the file and the bad field.
    """
    tree = read_tree(path)
    try:
        return parse_config(tree)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None


def to_toml(config: RunConfig) -> str:
    """The config as TOML text that `parse_toml` reads back to an equal config."""
    tree = config.model_dump()
    if not config.racers:
        del tree["racers"]  # only a race has any
    return tomli_w.dumps(tree, multiline_strings=False)
