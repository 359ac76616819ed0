"""Whether there is a screen to show a window on. No Qt: also a script that is watched asks this."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping


def has_display(environment: Mapping[str, str] | None = None, platform: str = sys.platform) -> bool:
    """Whether a window can be shown: a desktop on Windows and macOS, DISPLAY or WAYLAND_DISPLAY elsewhere.

    A platform named in QT_QPA_PLATFORM (offscreen in tests) counts as a display.
    """
    env = os.environ if environment is None else environment
    if platform in ("win32", "darwin"):
        return True
    return any(env.get(name) for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"))
