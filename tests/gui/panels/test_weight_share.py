from __future__ import annotations

import numpy as np
import pytest

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor
from seqviz.gui.panels.weight_share import WeightSharePanel, shares_of
from tests.gui.panels.sheet_frames import N, colour_at, lay_out, picture, run_of, snapshot_of

NORMS = np.full(N, 1.0, np.float32)
NORMS[3], NORMS[0] = 15.0, 0.0
ALIGNED = np.zeros(N, np.float32)
ALIGNED[3], ALIGNED[5] = 1.1, -0.1


def arrays(tensor: str = "cells.weight_hh_l0", norms: np.ndarray = NORMS) -> dict[str, np.ndarray]:
    start = f"weight_gradient.{tensor}."
    return {
        f"{start}by_position": norms,
        f"{start}aligned": ALIGNED,
        f"{start}cancellation": np.array([0.4], np.float32),
    }


@pytest.fixture
def panel(qtbot) -> WeightSharePanel:
    made = WeightSharePanel()
    qtbot.addWidget(made)
    lay_out(made)
    return made


def test_shares_add_up_to_all_and_their_aligned_parts_to_what_is_left(panel):
    panel.present(snapshot_of(arrays()))
    assert panel.shares is not None
    assert float(panel.shares.size.sum()) == pytest.approx(1.0)
    assert float(panel.shares.kept.sum()) == pytest.approx(0.4)


def test_the_reading_says_how_few_positions_ask_for_half(panel):
    panel.present(snapshot_of(arrays()))
    assert "comes from **1 of 16**" in panel.reading()  # 15 of 29
    assert panel.reading().endswith("60 % cancels out")


def test_half_counts_the_fewest_positions():
    found = shares_of(np.array([1.0, 1.0, 1.0, 1.0]), np.full(4, 0.25), 1.0)
    assert found is not None
    assert found.half() == 2


def test_the_dark_part_of_a_bar_is_what_lies_along_the_sum(panel):
    panel.present(snapshot_of(arrays(), Cursor(9)))
    bars, _ = panel.areas()
    axis, image = panel.scale(), picture(panel)
    x = panel.grid.x_of(3) + 6
    zero = bars.bottom() - axis.place(0.0) * bars.height()
    per = bars.height() / (axis.high - axis.low)
    family = theme.family_colour("lstm").name()
    assert colour_at(image, x, zero - 0.2 * per) == family  # 0.44 is along the sum
    pale = colour_at(image, x, zero - 0.5 * per)  # 0.52 is asked for
    assert pale not in (family, theme.theme().sheet.name())
    assert colour_at(image, panel.grid.x_of(5) + 6, zero + 0.02 * per) == theme.theme().ink3.name()  # against it


def test_the_card_has_the_angle_at_the_cursor(panel):
    panel.present(snapshot_of(arrays()))
    told = panel.explain(Cursor(3))
    numbers = {q.name: q.value for q in told.quantities}
    assert numbers["tensor"] == "Wₕₕ, layer 1"
    angle = np.degrees(np.arccos(0.44 / (15 / 29)))
    assert numbers["angle to the whole gradient"] == f"{angle:.0f}°"
    assert told.key_number == "52 %"
    assert "h_{t-1}" in told.formula


def test_another_tensor_can_be_chosen(panel):
    both = arrays() | arrays("embedding.weight", np.ones(N, np.float32))
    panel.present(snapshot_of(both))
    assert panel.tensor == "cells.weight_hh_l0"
    panel.choose("tensor", "embedding.weight")
    assert panel.subtitle() == "∂L/∂W of embedding, as a sum over positions"
    assert "**8 of 16**" in panel.reading()
    panel.show_tensor("head.weight")  # the run has no terms of it
    assert panel.tensor == "embedding.weight"
    with pytest.raises(ValueError, match="there is no"):
        panel.choose("tensor", "head.weight")


@pytest.mark.parametrize("norms", [np.zeros(N, np.float32), np.full(N, np.nan, np.float32)])
def test_without_a_gradient_there_is_no_picture_and_it_is_said(panel, norms):
    panel.present(snapshot_of(arrays(norms=norms)))
    assert not panel.ready()
    assert panel.reading() == "**no gradient** reaches this tensor"
    picture(panel)


def test_a_run_without_the_terms_is_told_so():
    assert WeightSharePanel.reason_unserved(run_of(provides=("surprisal",))) is not None
    assert WeightSharePanel.reason_unserved(run_of(provides=("weight_gradient.a.aligned",))) is None


def test_the_numbers_can_be_taken_away(panel):
    assert dict(panel.export()) == {}
    panel.present(snapshot_of(arrays()))
    assert panel.export()["norm"].tolist() == NORMS.tolist()
