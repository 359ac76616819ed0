"""The form made from the knobs' descriptions."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from seqviz.core import commands as cm
from seqviz.gui.fold import Fold


@pytest.fixture
def form(opened):
    return opened.window.rail.form


def unfold(form, *titles: str) -> None:
    for title in titles:
        fold = next(f for f in form.findChildren(Fold) if f.head.text() == title and f.isVisible())
        fold.head.setChecked(True)


def test_basic_knobs_of_the_model_stand_before_those_of_training(form):
    keys = list(form._rows)
    assert keys[:2] == ["model.d_hidden", "model.n_layers"]
    assert keys[-1] == "training.steps"
    assert "model.dropout" not in keys


def test_advanced_knobs_come_when_they_are_asked_for(form):
    unfold(form, "All settings", "Model", "Optimiser")
    assert form.row("model.dropout") is not None
    assert form.row("optimizer.beta1") is not None


def test_a_live_knob_is_sent_at_once_and_remembers_where_it_stood(opened, form):
    form.row("optimizer.learning_rate").value_edited.emit(1e-3)
    opened.pump()
    assert opened.worker.of(cm.SetKnob) == [cm.SetKnob("optimizer.learning_rate", 1e-3)]
    assert form.row("optimizer.learning_rate").value() == 1e-3
    assert form.row("optimizer.learning_rate")._before == 3e-3


def test_another_knob_says_why_and_builds_the_run_anew_after_a_moment(opened, form, qtbot):
    form.row("model.d_hidden").value_edited.emit(64)
    assert "it needs new weights, so the run starts anew from step 0" in form._hint.text()
    assert form._hint.isVisible()
    assert len(opened.worker.of(cm.Prepare)) == 1
    qtbot.waitUntil(lambda: len(opened.worker.of(cm.Prepare)) == 2, timeout=3000)
    opened.pump()
    assert opened.session.value_of("model.d_hidden") == 64
    assert not form._hint.isVisible()


def test_two_knobs_changed_in_a_moment_build_one_run(opened, form, qtbot):
    form.row("model.d_hidden").value_edited.emit(64)
    form.row("model.n_layers").value_edited.emit(2)
    qtbot.waitUntil(lambda: len(opened.worker.of(cm.Prepare)) == 2, timeout=3000)
    config = opened.worker.of(cm.Prepare)[-1].config
    assert (config.model.knobs["d_hidden"], config.model.knobs["n_layers"]) == (64, 2)


def test_a_refused_size_stands_under_its_row_and_the_old_one_comes_back(opened, form):
    opened.window.rail._rebuild({"model.d_hidden": 10**9})
    opened.pump()
    assert form.row("model.d_hidden").value() == 128
    assert "above 1024" in form.row("model.d_hidden").error


def test_a_setting_that_core_refuses_changes_nothing(opened, form):
    opened.window.rail._rebuild({"training.batch_size": -1})
    opened.pump()
    assert len(opened.worker.of(cm.Prepare)) == 1
    assert form.row("training.batch_size").error
    assert form.row("training.batch_size").value() == 32


def test_another_architecture_brings_its_own_knobs_and_keeps_shared_ones(opened):
    opened.window.rail._rebuild({"model.n_layers": 3})
    opened.pump()
    opened.window.rail.switch_architecture("transformer")
    opened.pump()
    form = opened.window.rail.form
    assert form.row("model.n_heads") is not None
    assert form.row("model.d_hidden") is None
    assert form.row("model.n_layers").value() == 3
    assert opened.session.config.title == "Transformer on tiny stories"


def test_the_tool_tip_of_a_fixed_knob_says_what_a_change_costs(form):
    assert "starts the run anew from step 0" in form.row("model.d_hidden").toolTip()
    assert "starts the run anew" not in form.row("optimizer.learning_rate").toolTip()


def test_a_model_that_counts_has_no_knobs_of_gradients(opened, form):
    opened.window.rail.switch_architecture("ngram")
    opened.pump()
    assert form.row("optimizer.learning_rate") is None
    assert form.row("training.clip_norm") is None
    assert form.row("training.batch_size") is not None
    unfold(form, "All settings")
    assert "Optimiser" not in [fold.head.text() for fold in form.findChildren(Fold) if fold.isVisible()]
    opened.window.rail.switch_architecture("lstm")
    opened.pump()
    assert form.row("optimizer.learning_rate") is not None


@pytest.mark.parametrize(("typed", "value"), [("1e-2", 1e-2), ("nan", 3e-3)])
def test_enter_ends_the_typing_of_a_value(opened, form, qtbot, typed, value):
    row = form.row("optimizer.learning_rate")
    row.type_value()
    row._field.setText(typed)
    qtbot.keyClick(row._field, Qt.Key.Key_Return)
    opened.pump()
    assert row._field is None
    assert row.value() == value
    assert bool(row.error) == (typed == "nan")
