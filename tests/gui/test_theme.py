"""Colours, measures and type of the window."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PySide6.QtGui import QFontInfo
from PySide6.QtWidgets import QApplication

from seqviz.gui import theme


@pytest.fixture(autouse=True)
def light_at_scale_one(qapp):
    yield
    theme.set_presentation(False)
    theme.set_window_width(0)
    theme.set_theme("light")


@pytest.mark.parametrize("name", ["light", "dark"])
def test_text_tokens_reach_four_and_a_half_to_one_on_every_ground_they_may_stand_on(name):
    theme.set_theme(name)
    colours = theme.theme()
    grounds = (colours.sheet, colours.rail, colours.well, colours.ghost)
    for text, ground in itertools.product((colours.ink, colours.ink2, colours.ink3, colours.warn), grounds):
        assert theme.contrast(text, ground) >= 4.5, (text.name(), ground.name())


@pytest.mark.parametrize("name", ["light", "dark"])
def test_chrome_has_no_hue(name):
    theme.set_theme(name)
    for token, colour in theme.theme().tokens().items():
        spread = max(colour.red(), colour.green(), colour.blue()) - min(colour.red(), colour.green(), colour.blue())
        assert token == "warn" or spread <= 28, token


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("family", ["rnn", "lstm", "gru", "transformer", "ngram", "hmm", "convolution", "tree"])
def test_family_text_is_legible_on_the_sheet(name, family):
    theme.set_theme(name)
    assert theme.contrast(theme.family_colour(family, text=True), theme.theme().sheet) >= 4.5


def test_architectures_take_the_hue_of_their_family(qapp):
    theme.set_theme("light")
    assert theme.family_colour("lstm").name() == "#0072b2"
    assert theme.family_colour("decoder-only transformer") == theme.family_colour("attention")
    assert theme.family_colour("tree_lstm") == theme.family_colour("tree")
    assert theme.family_colour("kalman filter") == theme.family_colour("hmm")
    assert theme.family_colour("something new") == theme.theme().ink2


def test_gru_gates_share_the_hues_of_forget_and_input(qapp):
    assert theme.gate_colour("layers.0.update_gate") == theme.gate_colour("forget_gate")
    assert theme.gate_colour("reset_gate", text=True) == theme.gate_colour("input", text=True)
    assert theme.gate_colour("forget_gate") != theme.gate_colour("input_gate")


def test_highway_gates_share_the_hues_of_forget_and_input(qapp):
    assert theme.gate_colour("layers.0.carry_gate") == theme.gate_colour("forget_gate")
    assert theme.gate_colour("depth.2.transform_gate", text=True) == theme.gate_colour("input", text=True)


def test_lstm_and_gru_differ_in_dash_and_marker_because_their_hues_are_close():
    assert theme.member_style("LSTM").dash != theme.member_style("GRU").dash
    assert theme.member_style("LSTM").marker != theme.member_style("GRU").marker
    assert theme.member_style("unheard-of net") == theme.member_style("unheard-of net")


def test_switching_the_theme_changes_palette_and_announces_it(qapp, qtbot):
    theme.set_theme("light")
    before = theme.version()
    with qtbot.waitSignal(theme.theme_changed.changed, timeout=1000):
        theme.set_theme("dark")
    assert theme.version() > before
    assert theme.theme().dark
    assert QApplication.palette().window().color() == theme.theme().window
    assert theme.theme().ink.name() in qapp.styleSheet()


def test_unknown_theme_is_refused_and_changes_nothing(qapp):
    theme.set_theme("dark")
    with pytest.raises(ValueError, match="light, dark or system"):
        theme.set_theme("solarized")
    assert theme.theme().dark


def test_scale_is_one_up_to_1920_and_a_quarter_more_from_2400(qapp):
    scales = []
    for width in (1280, 1920, 2160, 2400, 3840):
        theme.set_window_width(width)
        scales.append(theme.scale())
    assert scales == [1.0, 1.0, pytest.approx(1.125, abs=0.0126), 1.25, 1.25]


def test_a_resize_that_keeps_the_scale_announces_nothing(qapp):
    theme.set_window_width(1300)
    before = theme.version()
    theme.set_window_width(1800)
    assert theme.version() == before


def test_presentation_has_no_type_under_eighteen_pixels(qapp):
    theme.set_presentation(True)
    assert theme.font(11).pixelSize() >= 18
    assert theme.font(15, scaled=False).pixelSize() == 15


def test_type_is_the_bundled_dejavu_sans_also_offscreen(qapp):
    assert QFontInfo(theme.font(12)).family() == "DejaVu Sans"
    assert QFontInfo(theme.font(12, bold=True)).bold()
    assert theme.metrics(12).horizontalAdvance("ℓₜ∂") > 10


def test_black_or_white_letter_is_the_one_with_more_contrast(qapp):
    for r, g, b in theme.lut("cividis")[::5].tolist():
        ground = theme.QColor(r, g, b)
        other = theme.WHITE if theme.contrasting(ground) == theme.BLACK else theme.BLACK
        chosen = theme.contrast(theme.contrasting(ground), ground)
        assert chosen >= 4.5
        assert chosen >= theme.contrast(other, ground) - 0.05


def test_colour_maps_are_the_published_ones_and_monotone_in_lightness(qapp):
    theme.set_theme("light")
    assert theme.lut("viridis")[0].tolist() == [0x44, 0x01, 0x54]
    assert theme.lut("viridis")[255].tolist() == [0xFD, 0xE7, 0x25]
    for name in ("viridis", "cividis"):
        luminance = theme.lut(name) @ np.array([0.2126, 0.7152, 0.0722])
        assert (np.diff(luminance) > -1.5).all()
        assert luminance[-1] > luminance[0] + 100


def test_diverging_map_is_centred_on_a_sheet_like_colour_and_follows_the_theme(qapp):
    theme.set_theme("light")
    light = theme.lut("diverging")
    assert (light[127] > 0xF0).all()
    theme.set_theme("dark")
    assert (theme.lut("diverging")[127] < 0x30).all()


def test_low_end_of_cividis_is_lifted_off_the_dark_sheet(qapp):
    theme.set_theme("light")
    light = theme.lut("cividis")[0].sum()
    theme.set_theme("dark")
    assert theme.lut("cividis")[0].sum() > light


def test_colour_table_ends_with_a_transparent_and_a_ghost_entry(qapp):
    theme.set_theme("light")
    table = theme.colour_table("viridis")
    assert len(table) == 256
    assert table[0] == 0xFF440154
    assert table[253] == 0xFFFDE725
    assert table[254] == 0
    assert table[255] == theme.theme().ghost.rgba()


def test_unknown_colour_map_is_refused(qapp):
    with pytest.raises(ValueError, match="no colour map 'jet'"):
        theme.lut("jet")
