"""`seqviz` without a command: the window; without a display, the same run headless and a picture of the window."""

from __future__ import annotations

import sys
from pathlib import Path

from seqviz.cli.choosing import chosen_config
from seqviz.cli.notices import say
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
    from seqviz.gui.platform_check import missing_packages, missing_words

    config = chosen_config(preset)
    print(
        f'no display: training "{config.title or preset}" without a window; its run and a picture are kept', flush=True
    )
    summary = train_headless(config, None, always_bar=True)
    picture = Path(summary["run"] or data_root()) / "window.png"
    print(f"run      {summary['run']}")
    if summary["status"] != "finished":
        return 1
    if not picture.parent.is_dir():
        say("no picture: the run could not be stored")
        return 0
    missing = missing_packages()
    if missing:
        say(f"no picture: {missing_words(missing)}")
        return 0
    picture_of(summary["run"], 0, picture, "light")
    print(f"picture  {picture}")
    return 0
