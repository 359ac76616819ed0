from __future__ import annotations

from itertools import pairwise

from seqviz.gui import theme
from seqviz.gui.race.styles import styles_of
from seqviz.gui.widgets.curve_labels import colour_of


def test_members_of_one_family_differ_in_shade_dash_and_marker():
    styles = styles_of([("lstm", "lstm"), ("lstm", "lstm_peephole"), ("lstm", "lstm")])
    for one, other in (*pairwise(styles), (styles[0], styles[2])):
        assert one.colour != other.colour
        assert one.dash != other.dash
        assert one.marker != other.marker


def test_the_first_of_a_family_has_the_familys_own_hue():
    assert styles_of([("transformer", "transformer")])[0].colour == "family:transformer"


def test_shades_stay_readable_in_both_themes(qapp):
    styles = styles_of([("lstm", "lstm"), ("lstm", "lstm"), ("lstm", "lstm")])
    for name in ("light", "dark"):
        theme.set_theme(name)
        for style in styles:
            assert theme.contrast(colour_of(style.colour, text=True), theme.theme().sheet) > 4.4


def test_unknown_families_are_told_apart_too():
    one, other = styles_of([("", "mine"), ("", "mine")])
    assert one != other


def test_hues_that_look_alike_differ_in_dash_and_marker():
    hmm, tcn = styles_of([("state", "hmm"), ("convolution", "tcn")])
    assert hmm.colour != tcn.colour
    assert hmm.dash != tcn.dash
    assert hmm.marker != tcn.marker


def test_a_family_near_another_starts_with_its_own_full_colour():
    _, gru = styles_of([("lstm", "lstm"), ("gru", "gru")])
    assert "@" not in gru.colour
