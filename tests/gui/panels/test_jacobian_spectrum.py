from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent

from seqviz.gui.panels.base import Cursor
from seqviz.gui.panels.jacobian_spectrum import JacobianSpectrumPanel, geometric_mean
from tests.gui.panels.sheet_frames import N, lay_out, mouse, picture, run_of, snapshot_of

NAME = "jacobian.layers.{}.{}.singular_values"
PROVIDES = tuple(f"jacobian.layers.*.{which}.singular_values" for which in ("hidden_state", "cell_state", "state"))


def steps(largest=0.5, rank=6) -> np.ndarray:
    """Falling by powers of ten from `largest` (a number, or one by position); nothing at position 0."""
    values = np.broadcast_to(np.asarray(largest, dtype=np.float64), (N,))[:, None] * 10.0 ** -np.arange(rank)
    values = values.copy()
    values[0] = np.nan
    return values


def shown(qtbot, arrays, run=None, **kwargs) -> JacobianSpectrumPanel:
    panel = JacobianSpectrumPanel()
    qtbot.addWidget(panel)
    lay_out(panel)
    panel.present(snapshot_of(arrays, run=run, **kwargs))
    return panel


def test_the_reading_counts_shrinking_steps_and_gives_the_geometric_mean(qtbot):
    largest = np.where(np.arange(N) % 2, 0.5, 2.0)
    panel = shown(qtbot, {NAME.format(0, "hidden_state"): steps(largest)})
    assert panel.reading() == (
        "the largest is under 1 at **8 of 15 characters**: "
        "on the geometric mean a step back multiplies by at most **0.95**"
    )
    assert geometric_mean(np.array([0.5, 2.0])) == pytest.approx(1.0)
    assert geometric_mean(np.array([0.5, 0.0])) == 0


def test_the_card_has_the_numbers_of_the_step_at_the_cursor(qtbot):
    values = steps(3.0)
    values[5, -2:] = 0
    panel = shown(qtbot, {NAME.format(0, "hidden_state"): values})
    told = panel.explain(Cursor(5))
    assert told.key_number == "× 3.00"
    said = {quantity.name: quantity.value for quantity in told.quantities}
    assert said["directions that it stretches"] == "1 of 6"
    assert said["directions that it cuts off"] == "2 of 6"
    assert said["median"] == "0.02"
    assert "no state before the first" in panel.explain(Cursor(0)).sentence


def test_the_axis_grows_by_whole_decades_and_never_shrinks_within_a_run(qtbot):
    run = run_of()
    panel = shown(qtbot, {NAME.format(0, "hidden_state"): steps(0.5, 2)}, run)
    assert (panel.low, panel.high) == (1e-2, 10.0)
    panel.present(snapshot_of({NAME.format(0, "hidden_state"): steps(500.0, 2)}, run=run))
    assert panel.high == 1000.0
    panel.present(snapshot_of({NAME.format(0, "hidden_state"): steps(0.5, 2)}, run=run))
    assert panel.high == 1000.0
    panel.present(snapshot_of({NAME.format(0, "hidden_state"): steps(0.5, 2)}, run=run_of("gru")))
    assert panel.high == 10.0


def test_a_larger_value_is_painted_higher(qtbot):
    panel = shown(qtbot, {NAME.format(0, "hidden_state"): steps(0.5)})
    ys = panel.y_of(np.array([10.0, 1.0, 0.1, 0.0]))
    assert (np.diff(ys) > 0).all()
    assert ys[-1] == panel.area.bottom()
    assert not picture(panel).isNull()


def test_one_chooses_the_state_and_only_its_jacobians_are_asked_for(qtbot):
    arrays = {NAME.format(layer, "hidden_state"): steps(0.5 + layer) for layer in (0, 1)}
    panel = shown(qtbot, arrays, run_of(provides=PROVIDES))
    assert panel.menu_choices()[0][1] == ("hidden state h", "cell state c", "both, (h, c)")
    assert "c held" in panel.subtitle()
    assert "layer 2" in panel.subtitle()
    with qtbot.waitSignal(panel.wants_changed):
        panel.choose("state", "both, (h, c)")
    assert panel.current_wants() == {"jacobian.layers.*.state.singular_values"}
    assert not panel.ready()
    panel.choose("state", "hidden state h")
    panel.choose("layer", "layer 1")
    assert panel.explain(Cursor(5)).key_number == "× 0.50"
    assert set(panel.export()) == {NAME.format(0, "hidden_state")}


def test_weights_that_are_no_numbers_are_told_of_and_painted_as_a_ghost(qtbot):
    panel = shown(qtbot, {NAME.format(0, "hidden_state"): np.full((N, 3), np.nan)})
    assert not panel.ready()
    assert "no numbers" in panel.ghost_words()
    assert "no numbers" in panel.reading()
    assert not picture(panel).isNull()


def test_an_exploding_step_stays_inside_the_picture(qtbot):
    panel = shown(qtbot, {NAME.format(0, "hidden_state"): steps(1e30)})
    assert panel.high == 1e6
    assert panel.y_of(np.array([1e30]))[0] == panel.area.top()
    picture(panel)


def test_the_mouse_moves_the_token_cursor(qtbot):
    panel = shown(qtbot, {NAME.format(0, "hidden_state"): steps(0.5)})
    with qtbot.waitSignal(panel.cursor_moved) as moved:
        mouse(panel, QEvent.Type.MouseMove, panel.grid.x_of(9) + 3, 40)
    assert moved.args[0].column == 9


def test_a_model_without_a_recurrent_step_cannot_serve_it():
    assert JacobianSpectrumPanel.reason_unserved(run_of(provides=("attention.pattern",))) is not None
    assert JacobianSpectrumPanel.reason_unserved(run_of(provides=PROVIDES)) is None
