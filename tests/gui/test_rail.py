from __future__ import annotations

import dataclasses

from PySide6.QtCore import Qt

from seqviz.core import commands as cm
from seqviz.gui.form_plan import part_named
from seqviz.gui.runs_list import RunSummary
from seqviz.gui.size_box import memory_words, shown_groups


def test_architectures_stand_under_the_name_of_their_family(opened):
    combo = opened.window.rail.architecture
    texts = [combo.itemText(i) for i in range(combo.count())]
    assert texts == ["Counting", "n-gram", "Recurrent", "RNN", "LSTM and its kin", "LSTM", "Attention", "Transformer"]
    assert [combo.itemData(i) for i in range(0, combo.count(), 2)] == [None] * 4
    assert combo.currentData() == "lstm"


def test_arrow_keys_pass_over_the_name_of_a_family(opened, qtbot):
    combo = opened.window.rail.architecture
    qtbot.keyClick(combo, Qt.Key.Key_Up)
    assert combo.currentData() == "rnn"


def test_an_architecture_for_another_task_opens_its_own_experiment(opened, qtbot):
    rail, ready = opened.window.rail, opened.session.parts
    rnn = part_named(ready, "model", "rnn")
    kalman = dataclasses.replace(rnn, name="kalman", title="Kalman filter", family="state")
    lonely = dataclasses.replace(kalman, name="nobodys", title="Nobody's")
    parts = tuple(dataclasses.replace(part, serves=("tracking",)) for part in (kalman, lonely))
    opened.session.parts = dataclasses.replace(ready, parts=(*ready.parts, *parts))
    rail.follow_parts()
    row, none = (rail.architecture.findData(name) for name in ("kalman", "nobodys"))
    assert rail.architecture.itemText(row) == "Kalman filter …"
    assert not rail.architecture.model().item(none).isEnabled()
    rail.preset_chosen.disconnect()
    with qtbot.waitSignal(rail.preset_chosen) as chosen:
        rail.architecture.activated.emit(row)
    assert chosen.args == ["kalman-tracks"]
    assert rail.architecture.currentData() == "lstm"


def test_choosing_an_architecture_keeps_corpus_and_task(opened):
    rail = opened.window.rail
    rail.architecture.activated.emit(rail.architecture.findData("rnn"))
    opened.pump()
    config = opened.worker.of(cm.Prepare)[-1].config
    assert (config.model.name, config.corpus.name, config.task.name) == ("rnn", "stories", "next_token")


def test_choosing_a_corpus_lets_it_bring_its_own_probe(opened):
    rail = opened.window.rail
    rail.corpus.activated.emit(rail.corpus.findData("reference_prose"))
    config = opened.worker.of(cm.Prepare)[-1].config
    assert config.corpus.name == "reference_prose"
    assert config.probe == ""


def test_ones_own_text_is_asked_for_before_anything_changes(opened):
    rail = opened.window.rail
    rail.corpus.activated.emit(rail.corpus.findData("text"))
    assert len(opened.worker.of(cm.Prepare)) == 1
    assert opened.window.centre.currentWidget() is opened.window.own_text
    assert rail.corpus.currentData() == "stories"


def test_the_size_box_adds_the_parameters_up(opened):
    box = opened.window.rail.size_box
    assert box.total == 94_858
    assert ("memory", "1.5 MiB") in box.lines()
    assert ("receptive field", "unbounded") in box.lines()


def test_many_groups_are_shown_as_the_biggest_and_the_rest():
    groups = tuple((name, count) for name, count in zip("abcdef", (5, 50, 1, 40, 30, 2), strict=True))
    assert shown_groups(groups) == [("b", 50), ("d", 40), ("e", 30), ("other", 8)]


def test_memory_is_said_in_the_unit_a_person_reads():
    assert [memory_words(n) for n in (96, 900_000, 5 * 2**20)] == ["96 bytes", "879 KiB", "5.0 MiB"]


def test_runs_of_this_session_and_earlier_ones_are_listed_newest_first(opened):
    opened.learn(100)
    runs = opened.window.rail.runs
    runs.show_earlier([RunSummary("old", "RNN on stories", "rnn", 2.71, "bits/char")])
    assert [run.title for run in runs.rows()] == ["LSTM", "RNN on stories"]
    assert runs.rows()[0].value is not None


def test_a_run_nobody_trained_leaves_no_line_behind(opened):
    opened.session.reset()
    opened.pump()
    assert len(opened.window.rail.runs.rows()) == 1


def test_a_click_on_an_earlier_run_opens_its_folder(opened, qtbot):
    opened.window.rail.run_opened.emit("somewhere")
    assert str(opened.worker.of(cm.OpenRun)[-1].folder) == "somewhere"
