"""Where seqviz keeps its files: runs, downloads, the user's presets, the log."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def data_root() -> Path:
    """The program's own folder; the environment variable SEQVIZ_HOME moves it."""
    chosen = os.environ.get("SEQVIZ_HOME")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("seqviz", appauthor=False))


def runs_root() -> Path:
    return data_root() / "runs"


def catalogue_root() -> Path:
    return data_root() / "catalogue"


def user_presets_root() -> Path:
    return data_root() / "presets"


def layouts_root() -> Path:
    return data_root() / "layouts"


def log_file() -> Path:
    return data_root() / "seqviz.log"


def assets_root() -> Path:
    return Path(__file__).resolve().parents[2] / "assets"
