"""The loss panel, fed with canned events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from seqviz.core.events import Baseline, BaselinesCounted, Evaluated, KnobChanged, RunDiverged, RunStarted, StepMetrics
from seqviz.core.units import Unit, bits_per
from seqviz.gui import theme
from seqviz.gui.history import History
from seqviz.gui.loss_units import shown_units
from seqviz.gui.panels.base import Cursor, Snapshot
from seqviz.gui.panels.loss import LossPanel, reading_of
from seqviz.gui.perplexity_words import FORMULA

MakeRun = Callable[..., RunStarted]
MakeHistory = Callable[..., History]
LN2 = float(np.log(2))


@pytest.fixture
def panel(qtbot: QtBot) -> LossPanel:
    made = LossPanel()
    qtbot.addWidget(made)
    made.resize(420, 260)
    made.show()
    return made


def colours_in(image: QImage) -> set[str]:
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_without_a_run_a_ghost_says_what_will_be_shown(panel: LossPanel) -> None:
    assert not panel.curves.isVisible()
    assert theme.theme().ghost.name() in colours_in(panel.grab().toImage())


def test_the_reading_tells_the_newest_validation_loss_and_its_change(
    panel: LossPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(), None, make_history()))
    assert panel.reading() == "**2.10 bits** on unseen text, 0.50 less than at step 50"


def test_a_loss_above_its_best_is_said(make_history: MakeHistory) -> None:
    history = make_history()
    history.apply(Evaluated(110, 2.35 * LN2, full=False))
    unit = shown_units(bits_per("character"))[0]
    assert reading_of(history, unit, 1000) == "**2.35 bits** on unseen text, 0.25 above its best at step 100"


def test_the_unit_is_the_runs_own_until_another_is_chosen(
    panel: LossPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(), None, make_history()))
    assert panel.subtitle() == "bits per character over training steps"
    panel.choose("unit", "perplexity")
    assert panel.subtitle() == "perplexity per character over training steps"
    assert panel.reading().startswith("**perplexity 4.29**")
    panel.present(Snapshot(make_run(run_id="next"), None, make_history()))
    assert panel.subtitle().startswith("perplexity")  # the choice outlives the run


def test_a_task_with_its_own_unit_is_not_offered_bits(panel: LossPanel, make_run: MakeRun) -> None:
    panel.present(Snapshot(make_run(unit=Unit("squared error", 1.0, "step")), None, History()))
    assert {k: o for k, o, _ in panel.menu_choices()}["unit"] == ("squared error",)


def test_a_choice_that_is_not_offered_is_refused(panel: LossPanel) -> None:
    with pytest.raises(ValueError, match="furlongs"):
        panel.choose("unit", "furlongs")


def test_axes_hold_every_visible_value_and_the_lines_to_beat(
    panel: LossPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(steps=500), None, make_history()))
    x_axis, y_axis = panel.curves.x_axis(), panel.curves.y_axis()
    assert (x_axis.low, x_axis.high, x_axis.log) == (1.0, 500.0, True)
    assert y_axis.low <= 2.0 < 3.3 <= y_axis.high


def test_axes_switch_between_linear_and_logarithmic(
    panel: LossPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(), None, make_history()))
    panel.choose("steps axis", "linear")
    panel.choose("loss axis", "logarithmic")
    assert not panel.curves.x_axis().log
    assert panel.curves.y_axis().log


def test_the_step_axis_grows_in_round_steps_past_the_budget(
    panel: LossPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(steps=50), None, make_history(steps=120)))
    assert panel.curves.x_axis().high == 200.0


def test_the_range_of_the_loss_axis_stays_while_values_move_inside(
    panel: LossPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    history, run = make_history(), make_run()
    panel.present(Snapshot(run, None, history))
    before = panel.curves.y_axis()
    for step in range(101, 130):
        history.apply(StepMetrics(step, step, 1.0, 2.0 * LN2, 1.0, 1.0, 1e-3))
        panel.present(Snapshot(run, None, history))
    assert panel.curves.y_axis() == before


def test_a_spike_of_one_step_is_painted_however_long_the_run(panel: LossPanel, make_run: MakeRun) -> None:
    history = History()
    for step in range(1, 20_001):
        history.apply(StepMetrics(step, step, 1.0, 3.0 if step == 12_345 else 1.0, 1.0, 1.0, 1e-3))
    panel.present(Snapshot(make_run(steps=20_000), None, history))
    panel.choose("steps axis", "linear")
    _, _, highs, _ = panel.curves.train_columns(panel.curves.x_axis())
    assert highs.max() == 3.0
    image, area = panel.curves.grab().toImage(), panel.curves.area()
    x = round(area.left() + area.width() * 12_345 / 20_000)
    # halfway up the spike there is ink in its columns and none beside them
    y = round((area.top() + area.bottom()) / 2) + 3
    sheet = image.pixelColor(x - 30, y)
    assert any(image.pixelColor(x + dx, y) != sheet for dx in (-2, -1, 0, 1, 2))


def test_smoothing_keeps_the_raw_curve(panel: LossPanel, make_run: MakeRun, make_history: MakeHistory) -> None:
    panel.present(Snapshot(make_run(), None, make_history()))
    _, lows, highs, _ = panel.curves.train_columns(panel.curves.x_axis())
    panel.smoothing._commit(40)
    _, after_lows, after_highs, smooth = panel.curves.train_columns(panel.curves.x_axis())
    assert np.array_equal(lows, after_lows)
    assert np.array_equal(highs, after_highs)
    assert smooth[-1] > highs[-1]  # the mean of a falling curve lies above its end


def test_lines_to_beat_carry_name_and_value(panel: LossPanel, make_run: MakeRun, make_history: MakeHistory) -> None:
    panel.present(Snapshot(make_run(), None, make_history()))
    assert [line.name for line in panel.curves._baselines] == ["uniform 3.30"]


def test_a_knob_change_becomes_a_flag_with_words(
    panel: LossPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    history = make_history()
    history.apply(KnobChanged(60, "optimizer.learning_rate", 3e-3, 1e-3))
    panel.present(Snapshot(make_run(), None, history))
    assert [(m.x, m.words) for m in panel.curves._marks] == [(60, "learning rate\n3e-3 → 1e-3")]


def test_clipped_steps_are_ticked_on_the_axis(panel: LossPanel, make_run: MakeRun, make_history: MakeHistory) -> None:
    panel.present(Snapshot(make_run(steps=100), None, make_history()))
    panel.choose("steps axis", "linear")
    area, image = panel.curves.area(), panel.curves.grab().toImage()
    row = round(area.bottom()) - 3
    ticked = [x for x in range(image.width()) if image.pixelColor(x, row) == theme.theme().ink3]
    steps = {round((x - area.left()) / area.width() * 100) for x in ticked}
    assert {10, 20, 50, 90} <= steps
    assert not {5, 15, 45} & steps


def test_divergence_is_a_cross_in_warn_and_said(panel: LossPanel, make_run: MakeRun, make_history: MakeHistory) -> None:
    history, run = make_history(), make_run()
    panel.present(Snapshot(run, None, history))
    warn = theme.theme().warn
    assert warn.name() not in colours_in(panel.grab().toImage())
    history.apply(StepMetrics(101, 101, 1.0, float("nan"), float("nan"), 1.0, 1e-3))
    history.apply(RunDiverged(101, "layers.0.forget_gate", "not a number in layers.0.forget_gate"))
    panel.present(Snapshot(run, None, history))
    assert panel.reading().startswith("**Diverged** at step 101")
    assert QColor(warn).name() in colours_in(panel.grab().toImage())


def test_a_double_click_shows_everything_after_a_zoom(
    qtbot: QtBot, panel: LossPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(), None, make_history()))
    home = panel.curves.x_axis()
    qtbot.keyClick(panel.curves, Qt.Key.Key_Plus)
    assert panel.curves.x_axis() != home
    qtbot.mouseDClick(panel.curves, Qt.MouseButton.LeftButton, pos=QPoint(150, 60))
    assert panel.curves.x_axis() == home


def test_the_table_under_the_mouse_names_both_losses(
    panel: LossPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(), None, make_history()))
    rows = [text for text, _ in panel.curves.rows_at(50.4)]
    assert rows == ["train 2.50", "valid 2.60", "50 % of the gradient clipped"]


def test_the_card_gives_the_loss_in_every_unit(panel: LossPanel, make_run: MakeRun, make_history: MakeHistory) -> None:
    panel.present(Snapshot(make_run(), None, make_history()))
    said = panel.explain(Cursor())
    values = {q.name: q.value for q in said.quantities}
    assert values["unseen text, bits per character"] == "2.10"
    assert values["unseen text, perplexity per character"] == "4.29"
    assert said.key_number == "0.23"  # 2 ** -2.1


def test_export_holds_every_step_and_every_evaluation(
    panel: LossPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(), None, make_history()))
    arrays = panel.export()
    assert len(arrays["step"]) == len(arrays["train_loss_nats"]) == 100
    assert arrays["valid_step"].tolist() == list(range(10, 101, 10))


def test_clear_brings_the_ghost_back(panel: LossPanel, make_run: MakeRun, make_history: MakeHistory) -> None:
    panel.present(Snapshot(make_run(), None, make_history()))
    panel.clear()
    assert not panel.curves.isVisible()
    assert (panel.reading(), panel.subtitle()) == ("", "")


@pytest.mark.parametrize("losses", [[0.0], [float("nan")], [float("inf"), 1.0], [1e30, -1e30], []])
def test_any_loss_at_all_can_be_painted(panel: LossPanel, make_run: MakeRun, losses: list[float]) -> None:
    history, run = History(), make_run()
    for step, loss in enumerate(losses):
        history.apply(StepMetrics(step, step, 1.0, loss, 1.0, 1.0, 1e-3))
        history.apply(Evaluated(step, loss, full=False))
    for option in ("linear", "logarithmic"):
        panel.choose("loss axis", option)
        panel.present(Snapshot(run, None, history))
        assert not panel.grab().isNull()


def without_bits(loss: float, metrics: dict[str, float]) -> History:
    """A counting run: no training loss, and validation that is no number in bits."""
    history = History()
    for step in (1, 2, 3):
        history.apply(StepMetrics(step, 10 * step, step / 10, float("nan"), float("nan"), 1.0, float("nan")))
        history.apply(Evaluated(step, loss, False, metrics))
    return history


@pytest.mark.parametrize(
    ("loss", "metrics", "reading", "words"),
    [
        (float("inf"), {"given_zero": 0.166}, "**infinite**: 17 % of unseen text", "infinite: one symbol"),
        (
            float("nan"),
            {"accuracy": 0.69},
            "**no bits**: scores are no distribution; best guess right **69 %**",
            "no b",
        ),
    ],
)
def test_a_loss_that_is_no_number_is_said_in_words(qtbot, make_run, loss, metrics, reading, words):
    panel = LossPanel()
    qtbot.addWidget(panel)
    panel.resize(640, 300)
    panel.show()
    panel.present(Snapshot(run=make_run(), history=without_bits(loss, metrics)))
    assert panel.reading().startswith(reading)
    assert panel.curves.words.startswith(words)
    assert panel.explain(Cursor()).key_number == ""
    assert not panel.grab().isNull()


def test_the_card_tells_the_perplexity_per_word_and_per_character_with_the_numbers_of_now(
    panel: LossPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    panel.present(Snapshot(make_run(unit=bits_per("word", 5.0, unknown=0.02)), None, make_history()))
    panel.choose("unit", "perplexity")
    said = panel.explain(Cursor())
    assert said.formula == FORMULA
    assert "per word: e^1.456 = 2^2.100 = 4.29" in said.sentence
    assert "per character, 5.00 of them a word: e^(1.456 / 5.00) = 2^0.420 = 1.338" in said.sentence
    assert "2.0 % of the words are <unk>" in said.sentence
    assert said.key_number == "0.23"


def test_what_is_counted_goes_by_the_characters_read(
    panel: LossPanel, make_run: MakeRun, make_history: MakeHistory
) -> None:
    history = make_history()
    panel.present(Snapshot(replace(make_run(), learns_by="observe"), None, history))
    assert panel.subtitle() == "bits per character over characters read"
    per_step = history.series["tokens"].values[-1] / history.last_step
    assert panel.curves.x_axis().per == pytest.approx(per_step)


def test_a_small_loss_is_written_alike_at_the_curve_and_in_the_reading(panel: LossPanel, make_run: MakeRun) -> None:
    history = History()
    for step in range(1, 41):
        history.apply(StepMetrics(step, step, 1.0, 0.0364 * LN2, 1.0, 1.0, 1e-3))
    history.apply(Evaluated(40, 0.0372 * LN2, full=False))
    panel.present(Snapshot(make_run(), None, history))
    curves, one = panel.curves, np.ones(1)
    ends = [curves._end(one, one, one * bits * LN2, "valid", True)[0] for bits in (0.0364, 0.0372)]
    assert [end.style.name for end in ends] == ["valid 0.0364", "valid 0.0372"]
    assert panel.reading().startswith("**0.0372 bits**")
    tiny = curves._end(one, one, one * 0.00123 * LN2, "valid", True)[0].style.name
    assert tiny in ("valid 0.00123", "valid 0.0012")  # as there is room


def test_the_name_of_a_line_to_beat_keeps_clear_of_a_curve_that_ends_beside_it(
    panel: LossPanel, make_run: MakeRun
) -> None:
    """The curve falls fast to just above the line: above it at the right is where the name lay on it."""
    history = History()
    history.apply(BaselinesCounted((Baseline("5-gram", "counts", 2.0 * LN2), Baseline("uniform", "", 6.0 * LN2))))
    run = make_run()
    for step in range(1, 1001):
        bits = 6.0 if step < 3 else 2.25
        history.apply(StepMetrics(step, step, 1.0, bits * LN2, 1.0, 1.0, 1e-3))
    panel.present(Snapshot(run, None, history))
    panel.present(Snapshot(run, None, history))
    words = "5-gram 2.00"
    side, under = panel.curves.place_of(2.0 * LN2, words)
    assert panel.curves._is_crossed(panel.curves._name_box(2.0 * LN2, words, side, under=False))
    assert under
    assert not panel.curves._is_crossed(panel.curves._name_box(2.0 * LN2, words, side, under))
    line = next(line for line in panel.curves._baselines if line.name == words)
    assert (line.side, line.under) == (side, under)
