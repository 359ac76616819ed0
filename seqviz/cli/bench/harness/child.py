"""A measurement in a process of its own: no threads, caches or memory left over from the one before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

MARK = "figures: "


def measure_apart(name: str, limit: float) -> dict[str, Any]:
    """Run one measurement in a child.

    Raises
    ------
    RuntimeError
        one line: it failed, or was not done after `limit` seconds.
    """
    try:
        done = run_python(["-m", __name__, name], limit)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"given up after {limit:g} s") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise RuntimeError(lines[-1] if lines else f"ended with status {done.returncode}")
    return read_figures(done.stdout)


def run_python(arguments: list[str], limit: float, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run this interpreter on this code, with a home of its own: the user's runs and layouts stay as they are."""
    with tempfile.TemporaryDirectory() as home:
        return subprocess.run(
            [sys.executable, *arguments],
            env=environment(home) | extra,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )


def environment(home: str) -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[4])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    found = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "SEQVIZ_HOME": home}
    shown = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in shown):
        found["QT_QPA_PLATFORM"] = "offscreen"
    return found


def read_figures(output: str) -> dict[str, Any]:
    """What `tell` printed last."""
    told = [line for line in output.splitlines() if line.startswith(MARK)]
    if not told:
        raise RuntimeError("no figures came back")
    return dict(json.loads(told[-1].removeprefix(MARK)))


def tell(figures: dict[str, Any]) -> None:
    print(MARK + json.dumps(figures), flush=True)


if __name__ == "__main__":
    from seqviz.cli.bench import measurements

    tell(measurements.get(sys.argv[1])().measure())
