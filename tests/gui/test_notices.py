from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget

from seqviz.core.events import Notice
from seqviz.gui import theme
from seqviz.gui.notices import MOST, NoticeStack


@pytest.fixture
def stack(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    made = NoticeStack(parent)
    yield made
    made.clear()


def test_the_same_text_is_shown_once_and_kept_twice(stack):
    stack.add(Notice("warning", "slow"))
    stack.add(Notice("warning", "slow"))
    assert len(stack.lines) == 1
    assert len(stack.kept) == 2


def test_errors_outlast_information_when_there_is_no_room(stack):
    stack.add(Notice("error", "broken"))
    for number in range(MOST + 2):
        stack.add(Notice("info", f"note {number}"))
    assert len(stack.lines) == MOST
    assert stack.lines[0].notice.text == "broken"


def test_details_open_and_close(stack):
    stack.add(Notice("error", "broken", "Traceback\nline 2"))
    line = stack.lines[0]
    line.details.click()
    assert line._report.toPlainText() == "Traceback\nline 2"
    line.details.click()
    assert line._report.isHidden()


def test_a_short_notice_is_a_short_box(stack):
    stack.add(Notice("info", "cut to its first 128 tokens"))
    stack.fit(620)
    assert stack.height() <= 60


def test_a_long_notice_gets_the_lines_it_needs(stack):
    stack.add(Notice("info", "many words " * 40))
    stack.fit(620)
    assert stack.height() >= 80


def test_a_notice_without_details_offers_none(stack):
    stack.add(Notice("info", "fine"))
    assert stack.lines[0].details.isHidden()


def test_markup_in_a_notice_stays_text(stack):
    stack.add(Notice("info", "<b>bold</b>"))
    assert stack.lines[0].text.text() == "<b>bold</b>"
    assert stack.lines[0].text.textFormat().name == "PlainText"


def test_notices_grow_with_the_type_of_the_presentation(opened):
    opened.worker.mailbox.post(Notice("error", "RuntimeError: " + "a long line about what went wrong " * 4, "Trace"))
    opened.pump()
    before = opened.window.notices.height()
    theme.set_presentation(True)
    opened.pump()
    line = opened.window.notices.lines[0]
    assert opened.window.notices.height() > before
    assert line.text.height() >= line.text.heightForWidth(line.text.width())
    theme.set_presentation(False)
