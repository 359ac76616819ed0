"""The race page driven by keys and mouse, as a person would."""

from __future__ import annotations

import math

import pytest
from fake_race import race_config
from fake_worker import example_config
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication

from seqviz.core import commands as cm
from seqviz.core.knobs import KnobDescription
from seqviz.gui import theme

LEFT = Qt.MouseButton.LeftButton


def press(qtbot, opened, key, modifier=Qt.KeyboardModifier.NoModifier):
    opened.window.activateWindow()
    qtbot.keyClick(opened.window, key, modifier)
    opened.pump()


def click(qtbot, widget, area):
    qtbot.mouseClick(widget, LEFT, pos=area.center().toPoint())


# coming and going


def test_a_preset_with_racers_opens_the_race_page(opened):
    assert opened.window.racing
    assert [racer.label for racer in opened.race.racers] == ["n-gram", "RNN", "LSTM", "Transformer"]
    assert len(opened.page.centre.columns.columns) == 4
    assert opened.window.windowTitle() == "A race - seqviz"


def test_the_pages_turn_by_key(opened, qtbot):
    press(qtbot, opened, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert not opened.window.racing
    press(qtbot, opened, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert opened.window.racing


def test_the_pages_turn_by_mouse(opened, qtbot):
    switch = opened.page.bar.name.switch
    click(qtbot, switch, switch.area_of("Model"))
    assert not opened.window.racing
    assert switch.current == "Race"  # as it will be found on coming back
    switch = opened.window.top.name.switch
    click(qtbot, switch, switch.area_of("Race"))
    assert opened.window.racing


def test_one_model_without_a_run_shows_the_chosen_racer_alone(opened, qtbot):
    opened.race.select(2)
    press(qtbot, opened, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert opened.worker.of(cm.Prepare)[-1].config.model.name == "lstm"
    assert opened.worker.of(cm.Prepare)[-1].config.racers == ()


def test_race_without_a_race_starts_one_of_the_present_experiment(open_race, qtbot):
    opened = open_race(example_config("lstm", **{"training.seed": 99}))
    assert not opened.window.racing
    press(qtbot, opened, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    config = opened.worker.of(cm.PrepareRace)[-1].config
    assert {"lstm", "ngram"} <= {racer.model.name for racer in config.racers}
    assert config.training.seed == 99
    assert opened.race.state == "paused"


def test_nothing_is_traced_while_the_page_is_hidden(opened, qtbot):
    assert opened.worker.of(cm.WatchRace)[-1].watch.wants
    press(qtbot, opened, Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    assert not opened.worker.of(cm.WatchRace)[-1].watch.wants
    press(qtbot, opened, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert "surprisal" in opened.worker.of(cm.WatchRace)[-1].watch.wants


# one transport for all


def test_space_races_and_pauses(opened, qtbot):
    press(qtbot, opened, Qt.Key.Key_Space)
    assert opened.race.state == "running"
    assert opened.page.bar.play.text() == "Pause"
    press(qtbot, opened, Qt.Key.Key_Space)
    assert opened.race.state == "paused"
    assert not opened.worker.of(cm.Play)


def test_a_dot_is_one_step_of_every_racer(opened, qtbot):
    press(qtbot, opened, Qt.Key.Key_Period)
    assert opened.worker.of(cm.StepRace) == [cm.StepRace(1)]
    assert [racer.step for racer in opened.race.racers if not racer.counts] == [1, 1, 1]
    assert "step 1" in opened.page.bar.readout.text()


def test_r_starts_the_same_race_again(opened, qtbot):
    opened.race_on(60)
    press(qtbot, opened, Qt.Key.Key_R)
    first, second = opened.worker.of(cm.PrepareRace)
    assert first.config.training.seed == second.config.training.seed
    assert opened.race.step == 0


def test_after_the_end_space_races_again(opened, qtbot):
    opened.race_on(50)
    opened.worker.finish_race()
    opened.pump()
    assert opened.page.bar.play.text() == "Again"
    press(qtbot, opened, Qt.Key.Key_Space)
    assert opened.race.step == 0
    assert opened.race.state == "running"


def test_the_speed_goes_to_the_race(opened, qtbot):
    press(qtbot, opened, Qt.Key.Key_Space)
    opened.page.bar.speed.choose(2)
    assert opened.worker.of(cm.PlayRace)[-1] == cm.PlayRace(2.0)


# one cursor for all


def test_hovering_a_tile_moves_the_cursor_of_all(opened, qtbot):
    column = opened.page.centre.columns.columns[1]
    qtbot.mouseMove(column, column.tile_area(7).center().toPoint())
    assert opened.race.cursor == 7
    assert {c.cursor_token for c in opened.page.centre.columns.columns} == {7}
    assert opened.page.centre.probe.strip.cursor_token == 7
    assert "character 8 of 46" in opened.page.card.place.text()


def test_the_arrow_keys_move_it_too(opened, qtbot):
    opened.race.set_cursor(3)
    press(qtbot, opened, Qt.Key.Key_Right)
    assert opened.race.cursor == 4


def test_a_click_on_a_tile_asks_for_its_explanation_and_selects_the_racer(opened, qtbot):
    column = opened.page.centre.columns.columns[3]
    with qtbot.waitSignal(opened.page.explain_asked) as asked:
        qtbot.mouseClick(column, LEFT, pos=column.tile_area(13).center().toPoint())
    assert asked.args == [13]
    assert opened.race.selected == 3
    assert column.chosen


def test_enter_on_a_column_asks_for_the_token_at_the_cursor(opened, qtbot):
    opened.race.set_cursor(5)
    column = opened.page.centre.columns.columns[2]
    column.setFocus()
    with qtbot.waitSignal(opened.page.explain_asked) as asked:
        qtbot.keyClick(column, Qt.Key.Key_Return)
    assert asked.args == [5]


def test_another_text_goes_to_all_racers(opened, qtbot):
    strip = opened.page.centre.probe.strip
    press(qtbot, opened, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    strip._field.setText("A cat sat.")
    qtbot.keyClick(strip._field, Qt.Key.Key_Return)
    opened.pump()
    assert opened.worker.of(cm.SetRaceProbe) == [cm.SetRaceProbe("A cat sat.")]
    assert all(racer.labels() == tuple("A cat sat.") for racer in opened.race.racers)
    assert opened.race.config.probe == "A cat sat."


# what is seen


def test_curves_carry_names_and_values_and_what_counts_is_a_line(opened):
    opened.race_on(60)
    lines = {line.name: line for line in opened.page.centre.learning.lines}
    assert set(lines) == {"n-gram", "RNN", "LSTM", "Transformer"}
    assert math.isfinite(lines["n-gram"].flat)
    assert math.isnan(lines["LSTM"].flat)
    assert len(lines["LSTM"].xs) == 4


@pytest.mark.parametrize(("clock", "end"), [("seconds", 0.004 * 3 * 50), ("tokens", 2048 * 50)])
def test_a_click_on_the_switch_changes_the_clock(opened, qtbot, clock, end):
    opened.race_on(50)
    switch = opened.page.centre.clock
    click(qtbot, switch, switch.area_of(clock))
    line = next(line for line in opened.page.centre.learning.lines if line.name == "LSTM")
    assert line.xs[-1] == pytest.approx(end)


def test_on_the_clock_of_tokens_a_counter_has_a_curve(opened, qtbot):
    opened.race_on(50)
    opened.page.centre.clock.choose("tokens")
    line = next(line for line in opened.page.centre.learning.lines if line.name == "n-gram")
    assert line.xs.tolist() == [400_000]


def test_the_decay_of_all_that_have_a_gradient_is_drawn(opened):
    opened.race_on(10)
    assert {line.name for line in opened.page.centre.decay.lines} == {"LSTM", "Transformer", "RNN"}
    assert "halves every" in opened.page.centre.decay_sheet.header.reading


def test_columns_are_ranked_and_say_bits_and_speed(opened):
    opened.race_on(400)
    words = [column.words for column in opened.page.centre.columns.columns]
    assert sorted(word.rank for word in words) == ["1.", "2.", "3.", "4."]
    assert words[3].rank == "1."
    assert (words[0].size, words[0].speed) == ("5\u2009347 counts", "counted in 0.12 s")
    assert words[3].size.endswith(" parameters")
    assert words[3].speed.endswith("k tokens/s")


def test_a_racer_that_diverges_is_marked_and_the_others_race_on(opened):
    opened.race_on(60)
    opened.worker.fall_out(1)
    opened.race_on(40)
    columns = opened.page.centre.columns.columns
    assert columns[1].words.warning.startswith("diverged at step 60")
    assert columns[1].words.rank == ""
    assert opened.race.racers[2].step == 100
    line = next(line for line in opened.page.centre.learning.lines if line.name == "RNN")
    assert line.crossed
    assert line.value == "diverged"
    opened.page.status.refresh()
    assert "RNN diverged" in opened.page.status.text()


def test_infinite_and_missing_bits_are_said_and_drawn_nowhere(open_race):
    opened = open_race(race_config("ngram", "ngram", "lstm", labels=("counts", "scores", "LSTM")))
    opened.worker.ends = {0: math.inf, 1: math.nan}
    opened.race_on(60)
    lines = {line.name: line for line in opened.page.centre.learning.lines}
    assert lines["counts"].value == "∞"
    assert lines["scores"].value == "no bits"
    assert math.isnan(lines["counts"].flat)
    opened.race.select(0)
    opened.page.card.refresh()
    assert "chance of exactly 0" in opened.page.card.note.text()
    opened.race.select(1)
    assert "do not sum to 1" in opened.page.card.note.text()


def test_the_card_ranks_who_expected_the_token(opened):
    opened.race_on(100)
    opened.race.set_cursor(20)
    rows = opened.page.card.bars.rows
    assert [row.share for row in rows] == sorted((row.share for row in rows), reverse=True)
    assert rows[0].label == "Transformer"
    assert "after “" in opened.page.card.asked.text()


def test_a_click_on_a_name_at_the_curves_end_selects(opened, qtbot):
    opened.race_on(60)
    plot = opened.page.centre.learning
    plot.grab()
    number, area = next((n, area) for n, area in plot._names if n == 3)
    qtbot.mouseClick(plot, LEFT, pos=area.center().toPoint())
    assert opened.race.selected == number


# the table


def test_the_table_sorts_by_a_click_on_a_heading(opened, qtbot):
    opened.worker.ends = {0: 6.0}
    opened.race_on(400)
    centre = opened.page.centre
    click(qtbot, centre.views, centre.views.area_of("table"))
    assert centre.table.shown_order() == ["Transformer", "LSTM", "RNN", "n-gram"]
    header = centre.table.view.horizontalHeader()
    at = QPoint(header.sectionViewportPosition(2) + 8, header.height() // 2)
    qtbot.mouseClick(header.viewport(), LEFT, pos=at)
    ascending = centre.table.shown_order()
    qtbot.mouseClick(header.viewport(), LEFT, pos=at)
    assert centre.table.shown_order() == ascending[::-1]


def test_the_table_is_copied_as_it_is_sorted(opened, qtbot):
    opened.race_on(100)
    opened.page.centre.views.choose("table")
    qtbot.mouseClick(opened.page.centre.table.copy, LEFT)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == opened.page.centre.table.shown_order()


def test_the_table_is_saved_as_csv(opened, tmp_path):
    opened.race_on(10)
    opened.page.centre.views.choose("table")
    opened.page.centre.table.save_csv(tmp_path / "race")
    assert (tmp_path / "race.csv").read_text().startswith("rank,racer")


# who races


def test_a_racer_is_removed_by_its_cross_and_comes_back_by_undo(opened, qtbot):
    racers = opened.page.rail.racers
    qtbot.mouseClick(racers, LEFT, pos=racers.cross_area(1).center().toPoint())
    opened.pump()
    assert [racer.label for racer in opened.race.racers] == ["n-gram", "LSTM", "Transformer"]
    press(qtbot, opened, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert [racer.label for racer in opened.race.racers] == ["n-gram", "RNN", "LSTM", "Transformer"]


def test_a_racer_is_added_from_the_menu_of_those_that_can(opened, qtbot):
    menu = opened.page.rail.show_add_menu()
    titles = [action.text() for action in menu.actions() if action.isEnabled()]
    assert titles == ["LSTM", "n-gram", "RNN", "Transformer"]
    menu.actions()[0].trigger()
    menu.close()
    opened.pump()
    assert opened.race.racers[-1].label == "LSTM 2"
    assert opened.race.selected == 4


def test_a_knob_of_the_chosen_racer_builds_the_race_anew(opened, qtbot):
    opened.race.select(2)
    row = opened.page.rail.form.row("model.d_hidden")
    assert isinstance(row.knob, KnobDescription)
    row.value_edited.emit(32)
    qtbot.waitUntil(lambda: len(opened.worker.of(cm.PrepareRace)) == 2, timeout=3000)
    config = opened.worker.of(cm.PrepareRace)[-1].config
    assert config.racers[2].model.knobs["d_hidden"] == 32
    assert config.racers[1] == opened.worker.of(cm.PrepareRace)[0].config.racers[1]


def test_a_learning_rate_of_ones_own(opened, qtbot):
    opened.race.select(1)
    opened.page.rail.form.knobs_changed.emit({"optimizer.learning_rate": 0.01})
    opened.pump()
    assert [lane.optimizer.learning_rate for lane in opened.race.config.lanes()][1:3] == [0.01, 3e-3]


def test_another_architecture_for_the_chosen_racer(opened):
    opened.race.select(1)
    opened.page.rail.form.architecture_chosen.emit("transformer")
    opened.pump()
    assert [racer.model.name for racer in opened.race.config.racers] == ["ngram", "transformer", "lstm", "transformer"]


def test_a_new_name_builds_nothing_anew(opened, qtbot):
    opened.race_on(20)
    opened.race.select(2)
    field = opened.page.rail.form.label
    field.setText("My memory")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert opened.race.racers[2].label == "My memory"
    assert opened.race.step == 20
    assert len(opened.worker.of(cm.PrepareRace)) == 1


def test_same_parameters_asks_for_sizes_and_shows_what_became_of_them(opened, qtbot):
    opened.race.select(2)
    qtbot.mouseClick(opened.page.rail.same, LEFT)
    opened.pump()
    assert opened.worker.of(cm.SolveSizes)[-1].like == 2
    assert "RNN: 60\u2009000 → 90\u2009000" in opened.page.rail.sizes.text()
    assert len(opened.worker.of(cm.PrepareRace)) == 2


def test_another_corpus_for_all(opened):
    combo = opened.page.rail.corpus
    combo.setCurrentIndex(combo.findData("reference_prose"))
    combo.activated.emit(combo.currentIndex())
    opened.pump()
    assert opened.race.config.corpus.name == "reference_prose"


def test_a_race_that_cannot_be_built_leaves_the_one_before(opened, qtbot):
    opened.race_on(10)
    opened.worker.no_race = "racers.1.model.d_hidden: too wide"
    said = []
    opened.race.rejected.connect(said.append)
    opened.page.rail.form.knobs_changed.emit({"model.d_hidden": 32})
    opened.pump()
    assert opened.race.state == "paused"
    assert opened.race.step == 10
    assert "d_hidden" not in opened.race.config.racers[opened.race.selected].model.knobs
    assert said == ["racers.1.model.d_hidden: too wide"]
    assert opened.window.notices.isVisible()


def test_the_race_is_kept_as_a_preset_of_ones_own(opened, own_home, qtbot):
    press(qtbot, opened, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert any(choice.name.startswith("yours/") and choice.racers == 4 for choice in opened.window.presets)


# sizes and themes


@pytest.mark.parametrize("size", [(1280, 800), (1000, 640), (760, 520)])
@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_page_fits_small_windows(open_race, size, name):
    theme.set_theme(name)
    opened = open_race(race_config("ngram", "ngram", "rnn", "lstm", "lstm", "transformer"), size)
    opened.race_on(60)
    assert opened.window.grab().size().width() == size[0]
    last = opened.page.centre.columns.columns[-1]
    assert last.geometry().right() <= opened.page.centre.columns.width()


def test_before_the_first_step_the_page_says_what_will_be_there(opened):
    assert opened.page.centre.learning.lines == ()
    assert opened.page.bar.readout.text() == "ready, step 0"
    assert all(column.words.unit == "nothing measured yet" for column in opened.page.centre.columns.columns)
    opened.window.grab()
