"""The program that `seqviz.watch` starts: the window of a script, its events on stdin and its commands on stdout."""

from __future__ import annotations

import os
import sys

NICE = 10  # the script goes first where both want the same core


def main() -> int:
    """Open the window; 3 when that cannot be, so that the script records instead."""
    from seqviz.gui.platform_check import missing_packages, missing_words

    events, commands = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # whatever else is printed must not end up among the commands
    if hasattr(os, "nice"):
        os.nice(NICE)
    missing = missing_packages()
    if missing:
        print(f"seqviz: {missing_words(missing)}", file=sys.stderr)
        return 3
    from seqviz.gui.watched import run_watched

    return run_watched(events, commands)
