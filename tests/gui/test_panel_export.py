from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from PySide6.QtGui import QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from seqviz.gui.panel_export import copy_picture, csv_text, save_panel


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_arrays_of_one_length_become_columns():
    text = csv_text({"step": np.array([1, 2]), "loss": np.array([0.5, np.nan])})
    assert rows(text) == [["step", "loss"], ["1", "0.5"], ["2", ""]]


def test_other_arrays_become_blocks_that_name_their_shape():
    text = csv_text({"map": np.array([[1.0, 2.0], [3.0, np.nan]]), "letters": np.array(["a,b", 'c"'])})
    assert rows(text) == [["map 2x2"], ["1", "2"], ["3", ""], ["letters 2"], ["a,b", 'c"']]


def test_three_axes_are_unrolled_over_the_first():
    assert len(rows(csv_text({"heads": np.zeros((2, 3, 4))}))) == 1 + 6


@pytest.fixture
def frame(opened):
    opened.learn(120)
    return opened.window.board.frame("gates")


def test_png_svg_and_csv_can_be_read_back(frame, tmp_path):
    for kind in ("png", "svg", "csv"):
        save_panel(frame.panel, frame, tmp_path / f"gates.{kind}")
    assert QImage(str(tmp_path / "gates.png")).size() == frame.size()
    assert QSvgRenderer(str(tmp_path / "gates.svg")).isValid()
    assert len((tmp_path / "gates.csv").read_text().splitlines()) > 10


def test_another_ending_is_refused_in_one_line(frame, tmp_path):
    with pytest.raises(ValueError, match=r"gates.gif: a panel is saved as .png, .svg or .csv"):
        save_panel(frame.panel, frame, tmp_path / "gates.gif")
    assert not list(tmp_path.glob("gates*"))


def test_a_folder_that_is_not_there_is_an_error_and_not_silence(frame, tmp_path):
    for kind in ("png", "svg", "csv"):
        with pytest.raises(OSError, match="gates"):
            save_panel(frame.panel, frame, tmp_path / "nowhere" / f"gates.{kind}")


def test_the_picture_on_the_clipboard_has_the_size_of_the_panel(frame):
    copy_picture(frame)
    assert QApplication.clipboard().image().size() == frame.size()


def test_every_panel_on_screen_exports_numbers_once_it_has_some(opened, tmp_path):
    opened.learn(120)
    for frame in opened.window.board.frames():
        save_panel(frame.panel, frame, tmp_path / f"{frame.name}.csv")
        assert (tmp_path / f"{frame.name}.csv").stat().st_size > 0
