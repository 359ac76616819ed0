"""The samples panel, fed with canned events."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from seqviz.core.events import KnobChanged, RunStarted, Sample
from seqviz.gui import theme
from seqviz.gui.history import History
from seqviz.gui.panels.base import Cursor, Snapshot
from seqviz.gui.panels.samples import SamplesPanel
from seqviz.gui.widgets.matrix_view import index_of

MakeRun = Callable[..., RunStarted]
MakeHistory = Callable[..., History]


@pytest.fixture
def panel(qtbot: QtBot) -> SamplesPanel:
    made = SamplesPanel()
    qtbot.addWidget(made)
    made.resize(300, 320)
    made.show()
    return made


def test_samples_stand_in_the_order_of_steps_with_the_latest_last(
    panel: SamplesPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(), None, make_history(samples=(1, 10, 33, 40))))
    assert [s.step for s in panel.diary.samples] == [1, 10, 40]
    panel.choose("entries", "all")
    assert [s.step for s in panel.diary.samples] == [1, 10, 33, 40]


def test_the_latest_entry_stands_on_well(panel: SamplesPanel, make_run: MakeRun, make_history: MakeHistory) -> None:
    panel.present(Snapshot(make_run(), None, make_history(samples=(1, 100))))
    image = panel.diary.grab().toImage()
    column = [y for y in range(image.height()) if image.pixelColor(60, y) == theme.theme().well]
    assert column
    assert panel.diary.entry_at(min(column) + 2) == 1


def test_the_reading_compares_now_with_the_first_sample(
    panel: SamplesPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(), None, make_history(samples=(1, 4))))
    assert panel.reading() == "**1.0 bits** of surprise per character, 4.0 at step 1"


def test_the_subtitle_names_the_settings_in_force(
    panel: SamplesPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    history = make_history(samples=(1,))
    panel.present(Snapshot(make_run(), None, history))
    assert panel.subtitle() == "same prompt, same seed, T = 0.8"
    history.apply(KnobChanged(5, "sampling.top_k", 0, 5))
    panel.present(Snapshot(panel._run, None, history))
    assert panel.subtitle() == "same prompt, same seed, T = 0.8, top k = 5"
    assert panel.controls["sampling.top_k"].value() == 5


def test_a_turned_control_tells_the_window_its_key_and_value(
    qtbot: QtBot, panel: SamplesPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(), None, make_history(samples=(1,))))
    control = panel.controls["sampling.temperature"]
    with qtbot.waitSignal(panel.knob_edited, timeout=1000) as told:
        qtbot.keyClick(control, Qt.Key.Key_Right)
    key, value = told.args
    assert key == "sampling.temperature"
    assert value > 0.8
    assert f"T = {value:g}" in panel.subtitle()


def test_top_k_can_be_at_most_the_vocabulary(panel: SamplesPanel, make_run: MakeRun) -> None:
    panel.present(Snapshot(make_run(), None, History()))
    assert panel.controls["sampling.top_k"].knob.high == 10


def test_surprisal_is_a_coloured_line_that_can_be_hidden(
    panel: SamplesPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(), None, make_history(samples=(1, 2))))

    index = index_of(2.0, 0.0, 5.0)  # the sample at step 2 has 2 bits at each token
    line = QColor(theme.colour_table("cividis")[index])

    def pixels() -> int:
        image = panel.diary.grab().toImage()
        return sum(image.pixelColor(x, y) == line for x in range(image.width()) for y in range(image.height()))

    assert pixels() > 20
    panel.choose("surprisal", "hidden")
    assert pixels() == 0


def test_a_click_unfolds_an_entry_and_another_folds_it(qtbot: QtBot, panel: SamplesPanel, make_run: MakeRun) -> None:
    history = History()
    for step in (1, 10):
        history.apply(Sample(step, "Once", tuple("many words " * 30), np.ones(330), {}, None))
    panel.present(Snapshot(make_run(), None, history))
    panel.diary.verticalScrollBar().setValue(0)
    folded = panel.diary._height_of(0)
    qtbot.mouseClick(panel.diary.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(100, 12))
    assert panel.diary._height_of(0) > 2 * folded
    qtbot.mouseClick(panel.diary.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(100, 12))
    assert panel.diary._height_of(0) == folded


def test_copying_gives_plain_text(panel: SamplesPanel, make_run: MakeRun) -> None:
    history = History()
    history.apply(Sample(1, "<b>", ("x", "\n", "&amp;"), np.ones(3), {}, None))
    panel.present(Snapshot(make_run(), None, history))
    panel.diary.copy()
    assert QApplication.clipboard().text() == "<b>x\n&amp;"
    panel.diary.copy_all()
    assert QApplication.clipboard().text() == "step 1\n<b>x\n&amp;"


def test_the_colour_bar_is_in_the_header_only_where_it_is_wide(
    panel: SamplesPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(), None, make_history(samples=(1,))))
    assert panel.colour_bar() is None
    panel.resize(700, 320)
    bar = panel.colour_bar()
    assert bar is not None
    assert (bar.low, bar.high, bar.colours) == ("0", "5", "cividis")  # ceil(log2 10) + 1


def test_a_new_run_starts_an_empty_diary_with_its_own_settings(
    panel: SamplesPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(), None, make_history(samples=(1, 10))))
    panel.present(Snapshot(make_run(run_id="next"), None, History()))
    assert panel.diary.samples == ()
    assert panel.reading() == ""
    assert len(panel.controls) == 3


def test_the_card_lists_the_sampling_settings(
    panel: SamplesPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(), None, make_history(samples=(2,))))
    said = panel.explain(Cursor())
    assert {q.name: q.value for q in said.quantities}["temperature"] == "0.8"
    assert said.key_number == "2.0"


def test_export_has_a_row_per_sample(panel: SamplesPanel, make_run: MakeRun, make_history: MakeHistory) -> None:
    panel.present(Snapshot(make_run(), None, make_history(samples=(1, 10, 20, 30))))
    arrays = panel.export()
    assert arrays["step"].tolist() == [1, 10, 20, 30]
    assert arrays["text"][0] == "bad cab"
