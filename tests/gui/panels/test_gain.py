from __future__ import annotations

import numpy as np
import pytest

from seqviz.gui import theme
from seqviz.gui.panels.base import Cursor
from seqviz.gui.panels.gain import GainPanel, lines_of
from seqviz.gui.panels.track_data import track_of
from tests.gui.panels.estimate_frames import shot, told, track
from tests.gui.panels.sheet_frames import lay_out, picture

STEPS = tuple(map(str, range(1, 9)))


@pytest.fixture
def panel(qtbot) -> GainPanel:
    made = GainPanel()
    qtbot.addWidget(made)
    lay_out(made, n=8, height=240)
    return made


def test_a_filter_has_two_gains_and_an_expected_error(panel):
    panel.present(shot(track(), labels=STEPS))
    position, velocity, error = panel.lines
    assert position.values == pytest.approx([0.75, 0.5, *[0.25] * 6])
    assert velocity.values == pytest.approx([0.05] * 8)
    assert error.values == pytest.approx([np.sqrt(0.36 + 0.16)] * 8)
    assert error.dots == pytest.approx([0.25] * 8)


def test_a_net_has_its_expected_error_alone():
    (line,) = lines_of(track_of(shot(told(track()))))
    assert line.name == "error"
    assert line.values == pytest.approx([np.sqrt(0.36 + 0.16)] * 8)


def test_the_reading_says_when_the_gain_has_settled(panel):
    panel.present(shot(track(), labels=STEPS))
    assert panel.reading() == "the gain settles at **0.25** from measurement 3 on"


def test_the_reading_of_a_net_says_how_honest_its_deviations_are(panel):
    panel.present(shot(told(track()), labels=STEPS))
    assert panel.reading().startswith("**100 %** of the errors lie below the line")


def test_the_card_has_the_numbers_at_the_cursor(panel):
    panel.present(shot(track(), labels=STEPS))
    numbers = {q.name: q.value for q in panel.explain(Cursor(1)).quantities}
    assert numbers["gain position"] == "0.500"
    assert numbers["real error"] == "0.250"


def test_the_line_is_drawn_where_its_value_stands(panel):
    panel.present(shot(track(), column=7, labels=STEPS))
    image, area = picture(panel), panel.areas()[0]
    inner = area.adjusted(0, 4, 0, -4)
    y = inner.bottom() - 0.25 * inner.height()
    x = panel.grid.centre_of(4)
    drawn = theme.family_colour("state").name()
    assert image.pixelColor(round(x), round(y)).name() == drawn
    assert image.pixelColor(round(x), round(y) - 12).name() != drawn
    panel.clear()
    assert not panel.ready()
