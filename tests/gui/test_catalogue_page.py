from __future__ import annotations

from dataclasses import replace

import pytest

from seqviz.core import commands as cm
from seqviz.core import events as ev
from seqviz.core.paths import catalogue_root
from seqviz.gui.catalogue_page import CataloguePage, catalogue_entries


@pytest.fixture
def page(opened):
    opened.window.show_catalogue()
    return opened.window.catalogue


def test_tiny_shakespeare_comes_first_with_source_and_licence():
    first = catalogue_entries()[0]
    assert first.title == "Tiny Shakespeare"
    assert first.source.startswith("https://")
    assert first.licence


def test_a_broken_entry_is_left_out(tmp_path):
    (tmp_path / "bad.toml").write_text("kind = 5")
    assert catalogue_entries(tmp_path) == []


def test_nothing_is_downloaded_before_it_is_asked_for(opened, page):
    assert opened.worker.of(cm.FetchCorpus) == []
    page.rows["Tiny Shakespeare"].download.click()
    assert opened.worker.of(cm.FetchCorpus) == [cm.FetchCorpus("tiny_shakespeare")]


def test_progress_is_shown_and_can_be_cancelled(opened, page):
    row = page.rows["Tiny Shakespeare"]
    row.download.click()
    opened.worker.mailbox.post(ev.Progress("fetching Tiny Shakespeare", 0.42))
    opened.pump()
    assert row.state.text() == "42 %"
    page.cancel.click()
    assert opened.worker.of(cm.CancelFetch)


def test_a_failed_download_says_why_on_its_row(opened, page):
    row = page.rows["Tiny Shakespeare"]
    row.download.click()
    opened.worker.mailbox.post(ev.Rejected("the server says 404"))
    opened.pump()
    assert row.state.text() == "the server says 404"
    assert row.download.isEnabled()


def test_a_fetched_text_can_be_trained_on(opened, qtbot):
    entry = replace(catalogue_entries()[0], size=4)
    catalogue_root().mkdir(parents=True)
    (catalogue_root() / entry.file_name).write_text("text")
    part = ev.PartDescription("corpus", "catalogue_text", "From the catalogue", "", (), "", ("next_token",))
    opened.session.parts = replace(opened.session.parts, parts=(*opened.session.parts.parts, part))
    page = CataloguePage(opened.session, [entry], opened.window)
    assert page.rows[entry.title].use.isVisibleTo(page)
    page.rows[entry.title].use.click()
    config = opened.worker.of(cm.Prepare)[-1].config
    assert config.corpus.name == "catalogue_text"
    assert config.corpus.knobs == {"entry": "tiny_shakespeare"}
    assert config.title == "LSTM on Tiny Shakespeare"
