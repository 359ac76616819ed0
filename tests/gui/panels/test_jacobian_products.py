from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent

from seqviz.gui.panels.base import Cursor
from seqviz.gui.panels.jacobian_products import JacobianProductsPanel
from tests.gui.panels.sheet_frames import N, mouse, run_of, snapshot_of

PREFIX = "jacobian.layers.0.hidden_state."
RNN = (PREFIX.replace("0", "*") + "product", PREFIX.replace("0", "*") + "bound")
LSTM = (
    *(f"jacobian.layers.*.{s}.product" for s in ("hidden_state", "cell_state")),
    "layers.*.forget_gate",
)


def arrays(base: float = 0.5, bounds: tuple[str, ...] = ("bound", "bound_seen")) -> dict[str, np.ndarray]:
    curve = base ** np.arange(N)
    found = {PREFIX + "product": np.stack([curve, curve / 2, curve * 2], axis=1)}
    found |= {PREFIX + bound: (base * 1.6) ** np.arange(N) for bound in bounds}
    return {**found, "gradient.decay.layers.0.hidden_state": (base * 0.9) ** np.arange(N)}


def shown(qtbot, given=None, cursor=N - 1 - 4, provides=RNN) -> JacobianProductsPanel:
    panel = JacobianProductsPanel()
    qtbot.addWidget(panel)
    panel.resize(420, 240)
    panel.present(snapshot_of(arrays() if given is None else given, Cursor(cursor), run_of("rnn", provides)))
    return panel


def test_the_reading_says_what_is_left_over_ten_tokens_and_what_the_bound_allows(qtbot):
    panel = shown(qtbot)
    assert panel.reading() == "over 10 characters **× 9.8e-4**; the bound allows 0.11"


def test_the_card_has_every_number_at_the_distance_from_the_cursor_to_the_last_token(qtbot):
    panel = shown(qtbot)
    assert panel.distance == 4
    told = panel.explain(Cursor(N - 5))
    said = {quantity.name: quantity.value for quantity in told.quantities}
    assert said["product, mean"] == "0.06"
    assert said["true gradient ∂ℓ, share left"] == "0.04"
    assert said["bound (‖W‖·γ)ᵈ, γ = steepest slope there is"] == "0.41"
    assert told.key_number == "× 0.06"
    assert "under 1 proves vanishing" in told.sentence


def test_pointing_at_a_distance_moves_the_token_cursor(qtbot):
    panel = shown(qtbot)
    area, (x_axis, _) = panel.plot, panel.axes()
    with qtbot.waitSignal(panel.cursor_moved) as moved:
        mouse(panel, QEvent.Type.MouseMove, area.left() + x_axis.place(7.0) * area.width(), area.center().y())
    assert moved.args[0].column == N - 1 - 7


def test_a_gated_cell_says_why_it_has_no_bound_from_its_weights(qtbot):
    given = arrays(bounds=("bound_steepest",))
    panel = shown(qtbot, given, provides=LSTM)
    assert "Gates carry the state past every matrix" in panel.explain(Cursor(0)).sentence
    ungated = shown(qtbot, given)
    assert "Gates" not in ungated.explain(Cursor(0)).sentence
    with qtbot.waitSignal(panel.wants_changed):
        panel.choose("state", "cell state c")
    assert "jacobian.layers.*.cell_state.product" in panel.current_wants()
    assert "gradient.decay.layers.*.cell_state" in panel.current_wants()
    assert not panel.ready()


@pytest.mark.parametrize("base", [1e-3, 0.9, 1.0, 1.7, 50.0])
def test_every_size_is_painted_inside_the_axis(qtbot, base):
    panel = shown(qtbot, arrays(base))
    _, y_axis = panel.axes()
    assert y_axis.low < 1.0 < y_axis.high
    assert y_axis.low >= 1e-8
    assert not panel.grab().toImage().isNull()


def test_gaps_infinities_and_numbers_that_are_none_are_painted_without_a_warning(qtbot):
    given = arrays()
    given[PREFIX + "product"][3:6] = np.nan
    given[PREFIX + "bound"][5:] = np.inf
    panel = shown(qtbot, given)
    assert not panel.grab().toImage().isNull()
    given[PREFIX + "product"][1:] = np.nan
    panel = shown(qtbot, given)
    assert not panel.ready()
    assert panel.reading() == ""
    panel.grab()


def test_the_export_has_all_curves_and_empty_panels_have_nothing(qtbot):
    panel = shown(qtbot)
    assert set(panel.export()) == {"distance", "mean", "p10", "p90", "bound", "bound_seen", "true"}
    panel.clear()
    assert panel.export() == {}
    assert panel.explain(Cursor(0)).quantities == ()
