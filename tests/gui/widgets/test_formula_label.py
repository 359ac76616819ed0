"""Typeset formulas."""

from __future__ import annotations

import pytest

from seqviz.gui import theme
from seqviz.gui.widgets import formula_label
from seqviz.gui.widgets.formula_label import FormulaLabel, formula_pixmap, load_typesetter

GRADIENT = r"G_{t,s} = \left\| \frac{\partial \ell_t}{\partial h_s} \right\|_2"


@pytest.fixture
def label(qtbot):
    theme.set_theme("light")
    widget = FormulaLabel()
    qtbot.addWidget(widget)
    widget.resize(240, 70)
    return widget


def dark_pixels(image):
    return sum(
        image.pixelColor(x, y).alpha() > 128 and image.pixelColor(x, y).lightness() < 110
        for x in range(image.width())
        for y in range(image.height())
    )


def test_a_formula_is_set_in_the_asked_colour_and_at_the_screen_s_resolution(qapp):
    load_typesetter()
    single = formula_pixmap(GRADIENT, 16.0, "#17202b", 1.0)
    double = formula_pixmap(GRADIENT, 16.0, "#17202b", 2.0)
    assert dark_pixels(single.toImage()) > 100
    assert double.width() == pytest.approx(2 * single.width(), abs=2)
    assert formula_pixmap(GRADIENT, 16.0, "#17202b", 1.0) is single


def test_the_first_paint_does_not_wait_for_the_typesetter(label, qtbot, monkeypatch):
    monkeypatch.setattr(formula_label, "_loaded", {})
    label.set_formula(GRADIENT)
    label.show()
    assert dark_pixels(label.grab().toImage()) == 0
    qtbot.waitUntil(formula_label.is_typesetter_loaded, timeout=5000)
    qtbot.waitUntil(lambda: dark_pixels(label.grab().toImage()) > 100, timeout=5000)


@pytest.mark.parametrize("latex", [r"\nonsense{", r"\frac{1}"])
def test_what_cannot_be_set_is_shown_as_its_source(label, latex, caplog):
    load_typesetter()
    label.set_formula(latex)
    assert formula_pixmap(latex, 16.0, "#17202b", 1.0) is None
    assert dark_pixels(label.grab().toImage()) > 10


def test_the_formula_follows_the_theme(label):
    load_typesetter()
    label.set_formula(r"h_t = \tanh(W x_t)")
    light = label.grab().toImage()
    theme.set_theme("dark")
    assert label.grab().toImage() != light
    theme.set_theme("light")


@pytest.mark.parametrize(
    "latex",
    [
        r"\mathrm{softmax}\left(\frac{q_t \cdot k_s}{\sqrt{d_{head}}}\right)",
        r"\frac{\partial c_t}{\partial c_s} \approx \prod_{k=s+1}^{t} f_k",
        r"PE_{p,2i} = \sin\left(\frac{p}{10000^{2i/d}}\right)",
        r"f(x) = \begin{cases} x & x > 0 \\ 0 & \text{else} \end{cases}",
        r"\begin{bmatrix} a & b \\ c & d \end{bmatrix}",
    ],
)
def test_the_formulas_of_the_window_can_all_be_set(qapp, latex):
    load_typesetter()
    assert dark_pixels(formula_pixmap(latex, 17.0, "#000000", 1.0).toImage()) > 60


def test_an_accessible_name_carries_the_source(label):
    label.set_formula("a^2")
    assert label.accessibleName() == "a^2"
