from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from seqviz.gui.widgets.choice_switch import ChoiceSwitch


@pytest.fixture
def switch(qtbot):
    made = ChoiceSwitch("clock", ("steps", "seconds", "tokens"), {"tokens": "Tokens read."})
    qtbot.addWidget(made)
    made.show()
    return made


def test_a_click_chooses_and_says_so_once(switch, qtbot):
    heard = []
    switch.chosen.connect(heard.append)
    for _ in range(2):
        qtbot.mouseClick(switch, Qt.MouseButton.LeftButton, pos=switch.area_of("tokens").center().toPoint())
    assert heard == ["tokens"]
    assert switch.current == "tokens"
    assert switch.accessibleDescription() == "tokens"


def test_the_arrow_keys_go_on_and_stop_at_the_ends(switch, qtbot):
    for key, wanted in ((Qt.Key.Key_Left, "steps"), (Qt.Key.Key_Right, "seconds"), (Qt.Key.Key_Right, "tokens")):
        qtbot.keyClick(switch, key)
        assert switch.current == wanted
    qtbot.keyClick(switch, Qt.Key.Key_Right)
    assert switch.current == "tokens"


def test_showing_an_option_is_no_choice(switch):
    heard = []
    switch.chosen.connect(heard.append)
    switch.show_option("seconds")
    assert (heard, switch.current) == ([], "seconds")


def test_an_option_that_is_not_there_is_refused(switch):
    with pytest.raises(ValueError, match="none of steps, seconds, tokens"):
        switch.show_option("years")
    with pytest.raises(ValueError, match="none of"):
        switch.area_of("years")
