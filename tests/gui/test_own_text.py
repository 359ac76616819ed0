from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData

from seqviz.core import commands as cm
from seqviz.core.events import Rejected
from seqviz.gui.own_text import LONGEST_IN_CONFIG


@pytest.fixture
def page(opened):
    opened.window.show_own_text()
    return opened.window.own_text


def ask(opened, page, qtbot):
    qtbot.waitUntil(lambda: bool(opened.worker.of(cm.PreviewTokens)))
    opened.pump()


def test_pasted_words_are_split_as_one_types(opened, page, qtbot):
    page.paste.setPlainText("the cat sat")
    ask(opened, page, qtbot)
    assert page.tiles.lines == (tuple("the cat sat"),)
    page.choose_kind("word")
    qtbot.waitUntil(lambda: len(opened.worker.of(cm.PreviewTokens)) == 2)
    opened.pump()
    assert page.tiles.lines == (("the", "cat", "sat"),)


def test_training_on_a_paste_prepares_a_run_of_it(opened, page, qtbot):
    page.paste.setPlainText("the cat sat on the mat. " * 20)
    page.choose_kind("word")
    page.train.click()
    opened.pump()
    config = opened.worker.of(cm.Prepare)[-1].config
    assert config.corpus.name == "text"
    assert config.corpus.knobs["text"].startswith("the cat sat")
    assert config.task.knobs == {"tokens": "word", "vocab_size": 2000}
    assert config.model.name == "lstm"
    assert opened.window.centre.currentIndex() == 0


def test_a_long_paste_becomes_a_file_of_the_programs_own(opened, page, own_home):
    text = "all work and no play. " * (LONGEST_IN_CONFIG // 20)
    page.paste.setPlainText(text)
    page.train.click()
    path = opened.worker.of(cm.Prepare)[-1].config.corpus.knobs["path"]
    assert path.startswith(str(own_home))
    assert Path(path).read_text(encoding="utf-8") == text


def test_a_file_is_trained_on_by_its_path(opened, page, tmp_path):
    path = tmp_path / "book.txt"
    path.write_text("a book " * 100)
    page.take_file(path)
    page.train.click()
    assert opened.worker.of(cm.Prepare)[-1].config.corpus.knobs["path"] == str(path)


def test_nothing_can_be_trained_on_nothing(page):
    assert not page.train.isEnabled()


def test_what_is_wrong_with_a_text_is_said_on_the_page(opened, page):
    opened.worker.obedient = False
    page.paste.setPlainText("x")
    opened.worker.mailbox.post(Rejected("corpus: one symbol repeated leaves nothing to predict"))
    opened.pump()
    assert "one symbol repeated" in page.summary.text()


def test_leaving_changes_nothing(opened, page):
    before = len(opened.worker.of(cm.Prepare))
    page.paste.setPlainText("something")
    page.back.click()
    assert len(opened.worker.of(cm.Prepare)) == before
    assert opened.window.centre.currentIndex() == 0


def test_a_text_that_is_refused_keeps_the_page_and_says_why_once(opened, page):
    opened.worker.obedient = False
    page.paste.setPlainText("abc")
    page.train.click()
    opened.worker.mailbox.post(Rejected("corpus: 3 characters are too few to train on and to judge by"))
    opened.pump()
    assert opened.window.centre.currentWidget() is page
    assert "too few to train on" in page.summary.text()
    assert not opened.window.notices.lines
    assert not page.train.isEnabled()
    page.paste.setPlainText("abcdef")
    assert page.train.isEnabled()


def test_a_refused_knob_is_no_word_about_the_text(opened, page):
    page.paste.setPlainText("abc")
    opened.worker.mailbox.post(Rejected("optimizer.learning_rate: 1e9 is above 1000"))
    opened.pump()
    assert page.train.isEnabled()
    assert "above 1000" in opened.window.notices.kept[-1].text


def test_a_long_paste_is_kept_as_a_file_before_the_field_lays_it_out(opened, page, own_home):
    text = "A" * (LONGEST_IN_CONFIG + 1)
    data = QMimeData()
    data.setText(text)
    page.paste.insertFromMimeData(data)
    assert page.paste.toPlainText() == ""
    assert Path(page.path_field.text()).read_text(encoding="utf-8") == text
    assert page.path_field.text().startswith(str(own_home))
    data.setText("short")
    page.path_field.clear()
    page.paste.insertFromMimeData(data)
    assert page.paste.toPlainText() == "short"


@pytest.mark.parametrize(("typed", "then"), [("", ""), ("Never", "Never")])
def test_own_text_brings_its_prompt_unless_the_user_typed_one(typed, then, opened):
    opened.session.rebuild_with({"sampling.prompt": "Once"})
    opened.pump()
    if typed:
        opened.session.set_knob("sampling.prompt", typed)
        opened.pump()
    opened.window.show_own_text()
    page = opened.window.own_text
    page.paste.setPlainText("the cat sat on the mat. " * 20)
    page.train.click()
    assert opened.worker.of(cm.Prepare)[-1].config.sampling.prompt == then


def test_a_prompt_of_ones_own_text_stays_with_it(opened, page):
    page.paste.setPlainText("the cat sat on the mat. " * 20)
    page.train.click()
    opened.pump()
    opened.session.rebuild_with({"sampling.prompt": "the"})
    opened.pump()
    opened.window.show_own_text()
    opened.window.own_text.choose_kind("word")
    opened.window.own_text.train.click()
    assert opened.worker.of(cm.Prepare)[-1].config.sampling.prompt == "the"


def test_what_is_wrong_with_a_text_names_no_key_of_the_command_line(opened, page):
    opened.worker.obedient = False
    page.paste.setPlainText("abc")
    opened.worker.mailbox.post(Rejected("corpus.text: pasted text is empty"))
    opened.pump()
    assert page.summary.text() == "Pasted text: pasted text is empty"
