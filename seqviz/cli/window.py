"""`seqviz` without a command: the window; without a display, the same run headless and a picture of the window."""

from __future__ import annotations

import sys
from pathlib import Path

from seqviz.cli.choosing import chosen_config
from seqviz.core.paths import data_root


def window(preset: str) -> int:
    """Open the window, or say why not and do the main job anyway."""
    from seqviz.gui.platform_check import has_display, missing_packages, missing_words

    if not has_display():
        return _headless(preset)
    missing = missing_packages()
    if missing:
        raise ValueError(missing_words(missing))
    if sys.platform == "win32":
        import torch  # noqa: F401  (must come before Qt there, or its libraries do not load)
    from seqviz.cli.joining import list_runs, start_worker
    from seqviz.gui.app import run_window

    return run_window(start_worker, preset, list_runs=list_runs)


def _headless(preset: str) -> int:
    from seqviz.cli.screenshot import picture_of
    from seqviz.cli.train import train_headless

    config = chosen_config(preset)
    print(
        f'no display: training "{config.title or preset}" without a window; its run and a picture are kept', flush=True
    )
    summary = train_headless(config, None)
    picture = Path(summary["run"] or data_root()) / "window.png"
    if summary["status"] == "finished":
        picture_of(summary["run"], 0, picture, "light", (1600, 1000))
    print(f"run      {summary['run']}")
    print(f"picture  {picture}")
    return 0 if summary["status"] == "finished" else 1
