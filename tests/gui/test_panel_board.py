"""Panels opened, closed, moved and floated; layouts remembered."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPoint, Qt

from seqviz.gui.lab.rooms import ROOMS
from seqviz.gui.layout_store import Layout, LayoutStore, missing_in_room, room_layout
from seqviz.gui.panel_menu import PanelMenu
from seqviz.gui.panels.base import panels


def names(opened) -> tuple[str, ...]:
    return opened.window.board.layout.sheet


def test_the_default_panels_of_an_lstm_show_its_gates(opened):
    layout = opened.window.board.layout
    assert layout.sheet[0] == "gradient_map"
    assert {"gates", "hidden_state"} <= set(layout.sheet)
    assert layout.column == ("loss", "next_token", "samples")


def test_the_default_panels_of_a_transformer_show_its_attention_and_one_map_only(open_window):
    layout = open_window("transformer").window.board.layout
    assert layout.sheet[0] == "attention"
    assert "gradient_map" not in layout.sheet
    assert "gates" not in layout.sheet


def test_every_sheet_panel_stands_on_the_same_columns(opened):
    opened.learn(3)
    window = opened.window
    grids = {frame.panel.grid for frame in window.sheet.frames}
    assert grids == {window.sheet.grid}
    assert window.sheet.grid.n == window.sheet.grid.visible


def test_a_closed_panel_is_gone_and_is_not_traced(opened):
    opened.learn(3)
    opened.window.board.close("gates")
    assert "gates" not in names(opened)
    assert "layers.*.forget_gate" not in opened.worker.watched


def test_a_closed_panel_can_be_opened_again(opened):
    opened.learn(3)
    opened.window.board.close("gates")
    opened.window.board.open("gates")
    assert names(opened)[-1] == "gates"
    assert opened.window.board.frame("gates").isVisible()


def test_a_panel_moves_up_and_down(opened):
    before = names(opened)
    opened.window.board.move("gates", -1)
    at = before.index("gates")
    assert names(opened).index("gates") == at - 1
    opened.window.board.move("gates", +1)
    assert names(opened) == before


def test_a_floating_panel_takes_a_copy_of_the_strip_along(opened):
    opened.learn(3)
    board = opened.window.board
    board.float_panel("gates")
    opened.learn(1)
    window = board._floats["gates"]
    assert window.isVisible()
    assert window.view.strip is not None
    assert board.frame("gates").panel.grid.n == len(opened.worker.probe)
    assert "gates" not in names(opened)


def test_closing_a_floating_panel_puts_it_back(opened):
    opened.learn(3)
    board = opened.window.board
    before = names(opened)
    board.float_panel("gates")
    board._floats["gates"].close()
    assert names(opened) == before
    assert board.frame("gates").isVisible()


def test_the_layout_is_remembered_for_the_family(open_window):
    first = open_window()
    first.window.board.close("hidden_state")
    first.window.close()
    second = open_window()
    assert "hidden_state" not in names(second)
    third = open_window("transformer")
    assert third.window.board.layout.sheet[0] == "attention"


def test_another_task_of_the_same_architecture_has_a_layout_of_its_own(opened):
    run = opened.session.run
    opened.window.board.close("gates")
    opened.window.board.show_run(replace(run, config={**run.config, "task": {"name": "tracking"}}), "")
    assert "gates" in names(opened)
    opened.window.board.show_run(run, "")
    assert "gates" not in names(opened)


def test_a_view_of_its_own_stays_with_the_run_that_opens_with_it(opened):
    board, plain = opened.window.board, opened.session.run
    model = {**plain.config["model"], "input_encoding": "one_hot"}
    needed = next(kind for name, kind in panels.items() if name == "input_rows").needs
    one_hot = replace(plain, config={**plain.config, "model": model}, provides=(*plain.provides, *needed))
    before = board.layout.places()
    board.show_run(one_hot, "")
    assert "input_rows" in board.layout.places()
    board.show_run(plain, "")
    assert board.layout.places() == before
    board.show_run(one_hot, "")
    board.close("hidden_state")  # remembered for one-hot rows alone
    board.show_run(plain, "")
    assert board.layout.places() == before


def test_default_panels_come_back_on_request(opened):
    before = names(opened)
    opened.window.board.close("gates")
    opened.window.board.reset_layout()
    assert names(opened) == before


def test_a_pulled_edge_gives_height_to_one_row_and_is_remembered(opened, qtbot, tmp_path):
    opened.learn(3)
    window = opened.window
    gates, hidden = window.board.frame("gates"), window.board.frame("hidden_state")
    before = gates.height(), hidden.height()
    edge = window.sheet.stack._edges[-1][0]
    start = edge.rect().center()
    qtbot.mousePress(edge, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(edge, start + QPoint(0, 25))
    edge.moved.emit(25)
    edge.released.emit()
    qtbot.waitUntil(lambda: gates.height() > before[0])
    assert hidden.height() < before[1]
    assert "gates" in LayoutStore(tmp_path / "layouts").load("lstm-next_token", panels.names()).weights


def test_a_panel_that_cannot_be_served_says_why_and_offers_the_nearest_model(opened, qtbot):
    opened.window.board.open("attention")
    frame = opened.window.board.frame("attention")
    assert "LSTM has no attention" in frame.unserved.reason
    assert frame.unserved.button.text() == "Switch to Transformer"
    qtbot.mouseClick(frame.unserved.button, Qt.MouseButton.LeftButton)
    opened.pump()
    assert opened.session.run.family == "transformer"


def test_a_room_that_a_model_cannot_serve_says_so_instead_of_standing_empty(opened):
    run = replace(opened.session.run, title="n-gram", learns_by="count", provides=("surprisal",), layer_names=())
    known = list(panels.items())
    assert room_layout("jacobians", run, known).sheet == ("jacobian_spectrum",)
    assert panels.get("jacobian_spectrum").reason_unserved(run).startswith("n-gram has no state that is handed on")
    assert missing_in_room("jacobians", run, known) == ""  # the panel itself says it
    for room in ROOMS:
        assert len(room_layout(room.name, run, known).sheet) == 1, room.name


def test_a_room_without_its_leading_panel_says_why(opened):
    run = replace(opened.session.run, title="Transformer", provides=("gradient.total.*",))
    known = list(panels.items())
    assert room_layout("backprop", run, known).sheet == ("gradient_norms",)
    assert missing_in_room("backprop", run, known).startswith("Transformer has no recurrent layer")
    assert missing_in_room("backprop", replace(run, provides=("*",)), known) == ""


def test_the_panel_menu_saves_copies_moves_and_closes(opened):
    opened.learn(3)
    frame = opened.window.board.frame("gates")
    refused = []
    menu = PanelMenu(frame, opened.window.board, refused.append, opened.window)
    actions = {action.text(): action for action in menu.actions()}
    assert {"Save as PNG ...", "Save as SVG ...", "Save as CSV ...", "Copy picture", "Float"} <= set(actions)
    actions["Copy numbers"].trigger()
    assert not refused
    actions["Close"].trigger()
    assert "gates" not in names(opened)
    menu.deleteLater()


def test_a_choice_in_the_panel_menu_reaches_the_panel(opened):
    opened.learn(3)
    frame = opened.window.board.frame("gradient_map")
    chosen = []
    frame.panel.menu_choices = lambda: (("source", ("probe", "batch"), "probe"),)
    frame.panel.choose = lambda key, option: chosen.append((key, option))
    menu = PanelMenu(frame, opened.window.board, chosen.append, opened.window)
    menu.actions()[0].menu().actions()[1].trigger()
    assert chosen == [("source", "batch")]
    menu.deleteLater()


def test_a_layout_of_panels_that_no_longer_exist_is_ignored(tmp_path):
    store = LayoutStore(tmp_path)
    store.save("lstm", Layout(("gone", "gates"), ("loss",), (), {"gone": 5, "gates": 100}))
    assert store.load("lstm", ("gates", "loss")) == Layout(("gates",), ("loss",), (), {"gates": 100})


def test_a_layout_file_with_nonsense_in_it_is_no_layout(tmp_path):
    store = LayoutStore(tmp_path)
    for text in ("", "[]", "{", '{"version": 1, "sheet": 5}', '{"version": 99, "sheet": ["gates"]}', "[" * 9000):
        (tmp_path / "lstm.json").write_text(text)
        assert store.load("lstm", ("gates",)) is None


def test_a_family_name_never_leaves_the_layouts_folder(tmp_path):
    store = LayoutStore(tmp_path / "layouts")
    store.save("../../evil", Layout(("gates",)))
    assert [path.parent.name for path in tmp_path.rglob("*.json")] == ["layouts"]
