from __future__ import annotations

from seqviz.data.plain_text import plain_ascii


def test_accents_quotes_and_dashes_become_their_plain_relatives():
    assert plain_ascii("déjà “vu” – it’s\u00a0so") == 'deja "vu" - it\'s so'


def test_line_ends_become_one_kind_and_tabs_spaces():
    assert plain_ascii("a\r\n\tb") == "a\n b"


def test_what_has_no_plain_relative_is_dropped():
    assert plain_ascii("x→y\x00z漢") == "xyz"
