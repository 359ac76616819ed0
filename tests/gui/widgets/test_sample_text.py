"""One sample as wrapped text."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from seqviz.core.events import Sample
from seqviz.gui.widgets.sample_text import SampleLook, SampleText, plain_text, shown_text


def sample(step: int, text: str = "some words") -> Sample:
    return Sample(step, "Once ", tuple(text), np.ones(len(text)), {}, None)


def test_text_longer_than_its_lines_is_cut(qtbot: QtBot) -> None:
    long = sample(1, "word " * 60)
    short = SampleText(long, SampleLook(width=120.0, most_lines=3))
    whole = SampleText(long, SampleLook(width=120.0, most_lines=400))
    assert short.is_cut
    assert not whole.is_cut
    assert short.height == pytest.approx(3 * short.line_height)
    assert whole.height > short.height


def test_line_ends_are_kept_only_when_asked(qtbot: QtBot) -> None:
    one = sample(1, "a\nb\nc")
    marked = SampleText(one, SampleLook(width=300.0, most_lines=9))
    kept = SampleText(one, SampleLook(width=300.0, most_lines=9, breaks=True))
    assert marked.height == pytest.approx(marked.line_height)
    assert kept.height == pytest.approx(3 * kept.line_height)


def test_a_word_without_spaces_is_broken_anywhere(qtbot: QtBot) -> None:
    text = SampleText(sample(1, "x" * 100), SampleLook(width=100.0, most_lines=50))
    assert not text.is_cut
    assert text.height > 5 * text.line_height


def test_controls_are_visible_and_markup_stays_text() -> None:
    assert shown_text("a\tb\x07<i>", breaks=False) == "a    b␇<i>"
    assert plain_text(Sample(1, "<b>", ("\n",), np.ones(1), {}, None)) == "<b>\n"
