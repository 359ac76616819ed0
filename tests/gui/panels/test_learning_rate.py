from __future__ import annotations

import numpy as np

from seqviz.gui.panels.base import Snapshot
from seqviz.gui.panels.learning_rate import LearningRatePanel


def shown(qtbot, run, history) -> LearningRatePanel:
    panel = LearningRatePanel()
    qtbot.addWidget(panel)
    panel.resize(320, 200)
    panel.show()
    panel.present(Snapshot(run=run, history=history))
    return panel


def test_the_curve_ends_at_the_newest_rate(qtbot, make_run, make_history):
    history = make_history(steps=50)
    panel = shown(qtbot, make_run(), history)
    xs, ys = panel._curve.getData()
    assert xs[-1] == np.log10(50)
    assert 10 ** ys[-1] == np.float64(history.series["learning_rate"].values[-1])
    assert "now **" in panel.reading()


def test_it_says_what_it_will_show_before_the_first_step_and_loads_nothing(qtbot, make_run, make_history):
    panel = shown(qtbot, make_run(), make_history(steps=0))
    assert panel._plot is None
    assert panel.reading() == ""
    assert panel.grab().toImage().width() == 320


def test_export_gives_steps_and_rates_of_equal_length(qtbot, make_run, make_history):
    arrays = shown(qtbot, make_run(), make_history(steps=20)).export()
    assert len(arrays["step"]) == len(arrays["learning_rate"]) == 20
