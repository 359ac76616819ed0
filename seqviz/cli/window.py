"""`seqviz` without a command: the window; without a display, the same run headless and a picture of the window."""

from __future__ import annotations

import signal
import sys
from functools import partial
from pathlib import Path

from seqviz.cli.choosing import chosen_config
from seqviz.cli.notices import say


def window(preset: str, plugins: tuple[Path, ...] = ()) -> int:
    """Open the window, or say why not and do the main job anyway; `plugins` are run in the training thread."""
    from seqviz.gui.platform_check import has_display, missing_packages, missing_words

    if not has_display():
        load_here(plugins)
        return _headless(preset)
    missing = missing_packages()
    if missing:
        raise ValueError(missing_words(missing))
    if sys.platform == "win32":
        import torch  # noqa: F401  (must come before Qt there, or its libraries do not load)
    from seqviz.cli.joining import list_runs, start_worker
    from seqviz.gui.app import run_window

    _close_on_signals()
    return run_window(partial(start_worker, plugins=plugins), preset, list_runs=list_runs)


def load_here(plugins: tuple[Path, ...]) -> None:
    """Run the user's files in this thread, for commands without a window."""
    from seqviz.training.plugins import load_plugin

    for path in plugins:
        load_plugin(path)


def _close_on_signals() -> None:
    """Ctrl+C in the terminal closes the window as a click would, so that the run is kept; pressed again, it kills."""
    from PySide6.QtWidgets import QApplication

    def close(number: int, frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        QApplication.closeAllWindows()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, close)


def _headless(preset: str) -> int:
    from seqviz.cli.screenshot import picture_of
    from seqviz.cli.train import train_headless
    from seqviz.gui.platform_check import missing_packages, missing_words

    config = chosen_config(preset)
    print(
        f'no display: training "{config.title or preset}" without a window; its run and a picture are kept', flush=True
    )
    summary = train_headless(config, None, always_bar=True)
    if summary["run"] is not None:
        print(f"run      {summary['run']}")
    if summary["status"] != "finished":
        return 1
    if summary["run"] is None:
        say("no picture: the run could not be stored")
        return 0
    missing = missing_packages()
    if missing:
        say(f"no picture: {missing_words(missing)}")
        return 0
    picture = Path(summary["run"]) / "window.png"
    picture_of(summary["run"], 0, picture, "light")
    print(f"picture  {picture}")
    return 0
