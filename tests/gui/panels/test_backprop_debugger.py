"""The backprop debugger, driven by keys and mouse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtWidgets import QApplication

from seqviz.gui import theme
from seqviz.gui.lab.anatomy import ACTED, SINGULAR
from seqviz.gui.lab.sub_steps import SubStep
from seqviz.gui.panels.backprop_debugger import SINGULAR_WANT, BackpropDebuggerPanel
from seqviz.gui.panels.base import Cursor
from tests.gui.lab.anatomy_frames import arrays_of
from tests.gui.panels.sheet_frames import N, click, hover, lay_out, picture, run_of, snapshot_of

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
RUN = run_of("rnn", ("backprop.layers.*.total",), {"activation": "tanh"})


@pytest.fixture
def panel(qtbot) -> BackpropDebuggerPanel:
    made = BackpropDebuggerPanel()
    qtbot.addWidget(made)
    lay_out(made, height=420)
    made.cursor_moved.connect(lambda cursor: made.present(snapshot_of_now(made, cursor)))
    made.show()
    present(made)
    return made


def snapshot_of_now(panel: BackpropDebuggerPanel, cursor: Cursor):
    return replace(panel.snapshot, cursor=cursor)


def present(panel, step: int = 1, column: int = 5, run=RUN, **what: object) -> None:
    panel.present(snapshot_of(arrays_of(**what), Cursor(column), run, step=step))


def key(qtbot, panel, name, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    qtbot.keyClick(panel, name, modifier)


def test_it_stands_at_the_end_where_the_whole_step_is_seen(panel):
    assert panel.steps.now == SubStep("update")
    assert panel.bar.sentence.text.startswith(f"{2 * N + 3} of {2 * N + 3} · update, learning rate 1e-3")
    assert picture(panel).width() == 500


def test_f10_and_brackets_walk_on_and_back(qtbot, panel):
    key(qtbot, panel, "{")
    assert panel.steps.now == SubStep("forward", 0)
    key(qtbot, panel, Qt.Key.Key_F10)
    key(qtbot, panel, "]")
    assert panel.steps.now == SubStep("forward", 2)
    key(qtbot, panel, Qt.Key.Key_F10, SHIFT)
    key(qtbot, panel, "[")
    assert panel.steps.now == SubStep("forward", 0)
    key(qtbot, panel, "}")
    assert panel.steps.at_end


def test_the_token_cursor_goes_with_the_sub_step(qtbot, panel):
    key(qtbot, panel, "{")
    for _ in range(3):
        key(qtbot, panel, "]")
    assert panel.snapshot.cursor.column == 3


def test_run_to_cursor_stops_there_on_the_way_out_and_again_on_the_way_back(qtbot, panel):
    key(qtbot, panel, "{")
    present(panel, column=7)
    key(qtbot, panel, Qt.Key.Key_F10, CTRL)
    assert panel.steps.now == SubStep("forward", 7)
    key(qtbot, panel, Qt.Key.Key_F10, CTRL)
    assert panel.steps.now == SubStep("backward", 7)
    key(qtbot, panel, Qt.Key.Key_F10, CTRL)
    assert panel.steps.at_end


def test_arrow_keys_are_left_to_the_token_cursor(qtbot, panel):
    before = panel.steps.at
    key(qtbot, panel, Qt.Key.Key_Left)
    assert panel.steps.at == before


def test_the_sentence_says_what_arrives_and_what_it_is_multiplied_by(panel):
    panel._go(panel.steps.span("backward").start + N - 1 - 6)
    assert panel.steps.now == SubStep("backward", 6)
    arrays = arrays_of()
    arriving = float(arrays["backprop.layers.0.hidden_state.arriving"][6])
    assert f"backward, t = 6, h: the gradient arriving is {arriving:.2f}" in panel.bar.sentence.text
    assert panel.bar.sentence.text.endswith("times **0.8** on to t = 5")


def test_buttons_do_what_the_keys_do(qtbot, panel):
    start = SubStep("forward", 0)
    ways = {"first": start, "next": SubStep("forward", 1), "back": start, "last": SubStep("update")}
    for name, kind in ways.items():
        qtbot.mouseClick(panel.bar.buttons[name], Qt.MouseButton.LeftButton)
        assert panel.steps.now == kind
    assert not panel.bar.buttons["next"].isEnabled()


def test_a_click_on_the_track_of_phases_goes_there(qtbot, panel):
    track = panel.bar.track
    for index in (0, 3, N, N + 1 + 4, 2 * N + 1, 2 * N + 2):
        x = track.place_of(index)
        qtbot.mouseClick(track, Qt.MouseButton.LeftButton, pos=QPoint(round(x), 5))
        assert panel.steps.at == index


def test_playing_runs_to_the_end_and_stops_itself(qtbot, panel):
    key(qtbot, panel, Qt.Key.Key_F8)
    assert panel.timer.isActive()
    assert panel.steps.at == 0
    panel.timer.setInterval(0)
    qtbot.waitUntil(lambda: panel.steps.at_end, timeout=4000)
    assert not panel.timer.isActive()


def test_playing_stops_when_nobody_looks_and_at_a_step_by_hand(qtbot, panel):
    key(qtbot, panel, Qt.Key.Key_F8)
    key(qtbot, panel, "]")
    assert not panel.timer.isActive()
    key(qtbot, panel, "{")
    key(qtbot, panel, Qt.Key.Key_F8)
    panel.hide()
    assert not panel.timer.isActive()


def test_the_step_walked_through_is_held_until_the_end_or_renewed(qtbot, panel):
    key(qtbot, panel, "{")
    present(panel, step=9, fade=0.4)
    assert panel.anatomy.step == 1
    assert panel.anatomy.lanes[0].factors[ACTED][3] == pytest.approx(0.8)
    assert "step 1, held" in panel.subtitle()
    assert panel.bar.buttons["renew"].isVisible()
    key(qtbot, panel, Qt.Key.Key_F5)
    assert (panel.anatomy.step, panel.steps.at) == (9, 0)
    present(panel, step=12, fade=0.3)
    key(qtbot, panel, "}")
    assert panel.anatomy.step == 12
    assert not panel.bar.buttons["renew"].isVisible()


def test_at_the_end_every_new_step_is_shown(panel):
    present(panel, step=9)
    assert panel.anatomy.step == 9
    assert "step 9," in panel.subtitle()


def test_another_run_or_another_text_lets_go_of_what_is_held(qtbot, panel):
    key(qtbot, panel, "{")
    present(panel, step=0, run=run_of("lstm", ("backprop.layers.*.total",)), cell=True)
    assert len(panel.anatomy.lanes) == 2
    panel.clear()
    assert panel.anatomy is None
    assert not panel.bar.isVisible()
    picture(panel)


def test_a_click_on_an_arrow_gives_its_equation_with_the_live_numbers(panel):
    place = panel.places().lanes[0]
    click(panel, panel.grid.centre_of(6), place.arrows.center().y())
    said = panel.explain(panel.snapshot.cursor)
    assert said.key_number == "0.8"
    assert r"W_{hh}^{T}\, (1 - h_{6}^2) \odot \frac{\partial L}{\partial h_{6}}" in said.formula
    numbers = {q.name: q.value for q in said.quantities}
    arrays = arrays_of()
    for name, part in (("arriving at h from t + 1", "arriving"), ("born here", "born"), ("both together", "total")):
        value = float(arrays[f"backprop.layers.0.hidden_state.{part}"][6])
        assert float(numbers[name]) == pytest.approx(value, rel=0.01)
    assert "20 %" in said.sentence


def test_a_click_on_a_cell_gives_the_forward_equation(panel):
    place = panel.places().lanes[0]
    click(panel, panel.grid.centre_of(6), place.cells.center().y())
    assert panel.explain(panel.snapshot.cursor).formula.startswith(r"h_{6} = \mathrm{tanh}")


def test_the_cell_lane_of_an_lstm_is_multiplied_by_its_forget_gate(panel):
    run = run_of("lstm", ("backprop.layers.*.total",))
    present(panel, run=run, cell=True)
    lane = panel.places().lanes[1]
    click(panel, panel.grid.centre_of(4), lane.arrows.center().y())
    said = panel.explain(panel.snapshot.cursor)
    assert said.formula.endswith(r"f_{4} \odot \frac{\partial L}{\partial c_{4}}")
    assert [q.value for q in said.quantities if q.name == "mean forget gate f"] == ["0.7"]
    assert "of the gradient by c" in panel.reading()


@pytest.mark.parametrize("kind", ["loss", "clip", "update"])
def test_the_card_follows_the_sub_steps_of_the_whole_text(panel, kind):
    panel.steps.go(0)
    panel._go(panel.steps.span(kind).start)
    said = panel.explain(panel.snapshot.cursor)
    per_nat = RUN.unit.per_nat
    expected = {"loss": 1.5 * per_nat, "clip": 0.5, "update": (0.9 - 1.5) * per_nat}[kind]
    assert float(said.key_number.replace("−", "-")) == pytest.approx(expected, rel=0.01)


def test_singular_values_are_asked_for_only_when_chosen(qtbot, panel):
    assert SINGULAR_WANT not in panel.current_wants()
    with qtbot.waitSignal(panel.wants_changed):
        panel.choose("factor on the arrows", SINGULAR)
    assert SINGULAR_WANT in panel.current_wants()
    picture(panel)


def test_the_menu_names_the_factors_that_this_model_has(panel):
    ((_, options, current),) = panel.menu_choices()
    assert (options, current) == ((ACTED, SINGULAR, "mean slope"), ACTED)
    present(panel, run=run_of("lstm", ("backprop.layers.*.total",)), cell=True)
    ((key_name, options, _),) = panel.menu_choices()
    assert "mean forget gate" in options
    panel.choose(key_name, "mean forget gate")
    assert panel.menu_choices()[0][2] == "mean forget gate"
    picture(panel)


def test_another_text_of_the_same_length_is_not_held_back(qtbot, panel):
    key(qtbot, panel, "{")
    panel.present(snapshot_of(arrays_of(fade=0.4), Cursor(5), RUN, text=tuple("a red cat ran on"), step=1))
    assert panel.anatomy.lanes[0].factors[ACTED][3] == pytest.approx(0.4)


def test_the_mean_one_step_back_is_read_aloud(panel):
    assert "leaves **0.8** of the gradient by h" in panel.reading()


def test_the_mouse_moves_the_cursor_over_the_net_but_not_over_the_buttons(panel):
    hover(panel, panel.grid.centre_of(9), panel.places().lanes[0].cells.center().y())
    assert panel.snapshot.cursor.column == 9
    hover(panel, panel.grid.centre_of(2), 8)
    assert panel.snapshot.cursor.column == 9


def test_exploding_and_missing_numbers_are_painted_and_said(panel):
    arrays = arrays_of(norm=float("nan"), end=float("nan"))
    arrays["backprop.layers.0.hidden_state.total"][:4] = np.inf
    arrays["backprop.layers.0.hidden_state.arriving"][:3] = np.nan
    panel.present(snapshot_of(arrays, Cursor(2), RUN, step=3))
    said = []
    for index in range(panel.steps.count):
        panel._go(index)
        picture(panel)
        said += [(q.name, q.value) for q in panel.explain(panel.snapshot.cursor).quantities]
    assert [value for name, value in said if name.startswith("arriving")][-3:] == ["–"] * 3
    assert ("‖∇L‖, all tensors together", "–") in said
    assert not [value for _, value in said if "nan" in value or "inf" in value]


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("height", [200, 300, 700])
def test_every_sub_step_paints_at_every_height(panel, name, height):
    theme.set_theme(name)
    panel.resize(500, height)
    present(panel, layers=3, cell=True)
    for index in range(0, panel.steps.count, 3):
        panel._go(index)
        picture(panel)
    theme.set_theme("light")


def test_more_of_the_picture_is_filled_with_every_phase(panel):
    def hue() -> int:
        image = picture(panel).convertToFormat(picture(panel).Format.Format_RGB32)
        wanted = theme.family_colour("rnn").rgb() & 0xFFFFFF
        area = panel.places().lanes[0].arrows
        rows = range(round(area.top()), round(area.bottom()))
        return sum(image.pixel(x, y) & 0xFFFFFF == wanted for y in rows for x in range(76, 460, 2))

    panel._go(panel.steps.span("loss").start)
    nothing = hue()
    panel._go(panel.steps.span("backward").start + N // 2)
    half = hue()
    panel._go(panel.steps.span("update").start)
    assert nothing == 0 < half < hue()


def test_a_model_without_recurrence_says_why_it_is_not_served():
    reason = BackpropDebuggerPanel.reason_unserved(run_of("transformer", ("blocks.*",)))
    assert reason is not None
    assert "recurrent" in reason
    assert BackpropDebuggerPanel.reason_unserved(RUN) is None


def test_what_is_shown_is_exported(panel):
    found = panel.export()
    assert found["layers.0.hidden_state.total"].shape == (N,)
    assert found["layers.0.hidden_state.what_acted"][3] == pytest.approx(0.8)


def test_the_play_button_stops_what_it_started(qtbot, panel):
    key(qtbot, panel, Qt.Key.Key_F8)
    qtbot.mouseClick(panel.bar.buttons["play"], Qt.MouseButton.LeftButton)
    assert not panel.timer.isActive()


class Paintings(QObject):
    """Counts how often a widget paints itself."""

    def __init__(self, widget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


def test_frames_without_a_new_step_taken_apart_do_not_repaint_it(qtbot, panel):
    paintings = Paintings(panel)
    QApplication.processEvents()
    paintings.count = 0
    frame = panel.snapshot.frame
    for step in range(2, 6):  # light frames: other arrays, the same ones of the debugger
        arrays = {**frame.arrays, "surprisal": np.full(N, float(step))}
        panel.present(replace(panel.snapshot, frame=replace(frame, step=step, arrays=arrays)))
        QApplication.processEvents()
    assert paintings.count == 0
    present(panel, step=7)
    QApplication.processEvents()
    assert paintings.count == 1
    assert panel.anatomy.step == 7


def test_the_token_cursor_repaints_it(qtbot, panel):
    paintings = Paintings(panel)
    QApplication.processEvents()
    paintings.count = 0
    panel.present(replace(panel.snapshot, cursor=Cursor(2)))
    QApplication.processEvents()
    assert paintings.count == 1
