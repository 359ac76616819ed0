from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import PySide6
import pytest

from seqviz.gui.platform_check import XCB_LIBRARIES, has_display, missing_packages, missing_words


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"QT_QPA_PLATFORM": "offscreen"}, "linux", True),
        ({}, "darwin", True),
        ({}, "win32", True),
    ],
)
def test_a_display_is_known_by_the_environment(environment, platform, expected):
    assert has_display(environment, platform) is expected


def lacking(*names: str):
    def load(name: str) -> None:
        if name in names:
            raise OSError(name)

    return load


def test_missing_libraries_are_named_by_their_packages():
    load = lacking("libxcb-cursor.so.0", "libxkbcommon-x11.so.0")
    packages = missing_packages({"DISPLAY": ":0"}, "linux", load)
    assert packages == ("libxcb-cursor0", "libxkbcommon-x11-0")
    words = missing_words(packages)
    assert "sudo apt install libxcb-cursor0 libxkbcommon-x11-0" in words
    assert "\n" not in words


def test_without_an_x_server_its_libraries_are_not_asked_for():
    load = lacking("libxcb-cursor.so.0")
    assert missing_packages({"QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":0"}, "linux", load) == ()
    assert missing_packages({}, "linux", load) == ()


def test_other_systems_need_no_packages():
    assert missing_packages({"DISPLAY": ":0"}, "darwin", lacking("libEGL.so.1")) == ()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 is Linux's")
def test_every_x11_library_that_qt_links_is_looked_for():
    linker = shutil.which("ldd")
    plugin = next(Path(PySide6.__file__).parent.rglob("libqxcb.so"), None)
    if linker is None or plugin is None:
        pytest.skip("neither ldd nor the X11 plugin is here")
    linked = set(
        re.findall(r"libxcb[\w-]*\.so\.\d", subprocess.run([linker, plugin], capture_output=True, text=True).stdout)
    )
    assert linked
    assert linked <= set(XCB_LIBRARIES)
