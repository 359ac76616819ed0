"""Before Qt aborts the program: whether there is a display, and the libraries that the xcb plugin needs."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Mapping

from seqviz.core.display import has_display as has_display

XCB_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb.so.1": "libxcb1",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libglib-2.0.so.0": "libglib2.0-0",
}
ALWAYS_NEEDED = (
    "libEGL.so.1",
    "libGL.so.1",
    "libfontconfig.so.1",
    "libxkbcommon.so.0",
    "libdbus-1.so.3",
    "libglib-2.0.so.0",
)


def missing_packages(
    environment: Mapping[str, str] | None = None,
    platform: str = sys.platform,
    load: Callable[[str], object] = ctypes.CDLL,
) -> tuple[str, ...]:
    """Debian packages whose library Qt would look for in vain. Call it before PySide6 is imported."""
    env = os.environ if environment is None else environment
    if not platform.startswith("linux"):
        return ()
    xcb = bool(env.get("DISPLAY")) and env.get("QT_QPA_PLATFORM", "xcb").startswith("xcb")
    names = tuple(XCB_LIBRARIES) if xcb else ALWAYS_NEEDED
    return tuple(dict.fromkeys(XCB_LIBRARIES[name] for name in names if not _loads(name, load)))


def missing_words(packages: tuple[str, ...]) -> str:
    """One line that says what to install."""
    return (
        f"the window needs libraries that are not installed; on Debian or Ubuntu: sudo apt install {' '.join(packages)}"
    )


def _loads(name: str, load: Callable[[str], object]) -> bool:
    try:
        load(name)
    except OSError:
        return False
    return True
