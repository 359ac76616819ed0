"""A user's architecture from the menu: shown before it is run, in the list afterwards, its errors with a traceback."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from real_worker import RealWindow, tiny_config

from seqviz.models.base import architectures

MINE = '''
"""A GRU under a name of its own."""
from seqviz.models.base import architectures
from seqviz.models.gru import GRU

@architectures.register("mine_from_menu")
class Mine(GRU):
    """The GRU under a name of its own."""
    title = "{title}"
'''


@pytest.fixture
def real(qtbot, tmp_path):
    before = dict(architectures._items) if architectures.names() else {}
    made = RealWindow(tmp_path, tiny_config())
    qtbot.addWidget(made.window)
    made.window.resize(1300, 850)
    made.window.show()
    qtbot.waitUntil(lambda: made.session.run is not None, timeout=20_000)
    yield made
    made.window.close()
    architectures._items = before


def titles(real) -> list[str]:
    return [part.title for part in real.session.parts.parts if part.kind == "model"]


def press_run(qtbot, page) -> None:
    qtbot.mouseClick(page.run, Qt.MouseButton.LeftButton)


def test_nothing_of_a_file_runs_before_it_was_asked_for(qtbot, real, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(f"from pathlib import Path\nPath({str(tmp_path / 'ran')!r}).write_text('x')\n")
    real.window.open_path(path)
    page = real.window.plugin_page
    assert page.warning.isVisible()
    assert "write_text" in page.text.toPlainText()
    qtbot.wait(100)
    assert not (tmp_path / "ran").exists()
    press_run(qtbot, page)
    qtbot.waitUntil(lambda: (tmp_path / "ran").exists(), timeout=10_000)
    qtbot.waitUntil(lambda: not page.isVisible())


def test_a_new_architecture_can_be_chosen_and_trains(qtbot, real, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(MINE.format(title="My own GRU"))
    real.window.open_path(path)
    press_run(qtbot, real.window.plugin_page)
    qtbot.waitUntil(lambda: "My own GRU" in titles(real), timeout=10_000)
    qtbot.waitUntil(lambda: not real.window.plugin_page.isVisible())
    real.session.rebuild_with({"model": {"name": "mine_from_menu", "d_hidden": 8}})
    qtbot.waitUntil(lambda: real.session.run.title == "My own GRU", timeout=10_000)
    real.session.step(2)
    qtbot.waitUntil(lambda: real.session.history.last_step == 2, timeout=10_000)


def test_a_mended_file_takes_the_place_of_the_former_one(qtbot, real, tmp_path):
    path = tmp_path / "mine.py"
    for title in ("First try", "Second try"):
        path.write_text(MINE.format(title=title))
        real.window.open_path(path)
        press_run(qtbot, real.window.plugin_page)
        qtbot.waitUntil(lambda title=title: title in titles(real), timeout=10_000)
    assert "First try" not in titles(real)
    assert not real.window.plugin_page.warning.isVisibleTo(real.window.plugin_page)  # it was trusted before


@pytest.mark.parametrize(
    ("source", "says"),
    [("1 / 0", "ZeroDivisionError"), ("def", "SyntaxError"), (MINE.replace("    title =", "    other ="), "")],
)
def test_what_a_file_raises_stands_on_the_page_with_its_traceback(qtbot, real, tmp_path, source, says):
    path = tmp_path / "bad.py"
    path.write_text(source.replace("(GRU)", "(__import__('seqviz.models.base').models.base.Model)"))
    real.window.open_path(path)
    page = real.window.plugin_page
    press_run(qtbot, page)
    qtbot.waitUntil(lambda: "could not be used" in page.name.text(), timeout=10_000)
    assert page.isVisible()
    assert says in page.text.toPlainText()
    assert "Traceback" in page.text.toPlainText()
    assert real.session.state == "paused"  # the run has nothing to do with it
    assert "mine_from_menu" not in architectures.names()
