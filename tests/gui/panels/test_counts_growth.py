from __future__ import annotations

import numpy as np

from seqviz.core.events import CountsGrown, Evaluated
from seqviz.gui.history import History
from seqviz.gui.panels.base import Cursor, Snapshot
from seqviz.gui.panels.counts_growth import CountsGrowthPanel, bytes_text
from tests.gui.panels.sheet_frames import run_of


def grown(until: int = 5) -> History:
    history = History()
    for step in range(1, until + 1):
        share = 1 / step
        figures = {"ngrams_1": 10.0, "ngrams_2": 100.0 * step, "ngrams_3": 1000.0 * step, "bytes": 20_000.0 * step}
        unseen = {"unseen_contexts_2": share / 2, "unseen_contexts_3": share}
        history.apply(Evaluated(step, 1.0, False, unseen))
        history.apply(CountsGrown(step, 400 * step, figures))
    return history


def shown(qtbot, history: History, width: int = 600) -> CountsGrowthPanel:
    panel = CountsGrowthPanel()
    qtbot.addWidget(panel)
    panel.resize(width, 260)
    panel.show()
    panel.present(Snapshot(run=RUN, history=history))
    return panel


RUN = run_of("counting", ("counts.next_symbol",))


def test_curves_run_over_the_tokens_read(qtbot):
    panel = shown(qtbot, grown())
    assert set(panel.grams.keys()) == {"1", "2", "3"}
    assert panel.grams.pyramid("3").xs.tolist() == [400, 800, 1200, 1600, 2000]
    assert panel.grams.pyramid("3").ys.tolist() == [1000, 2000, 3000, 4000, 5000]
    assert set(panel.unseen.keys()) == {"2", "3"}
    assert panel.unseen.pyramid("3").ys[-1] == np.float32(0.2)


def test_the_reading_tells_entries_memory_and_what_is_still_new(qtbot):
    assert shown(qtbot, grown(), 900).reading() == (
        "**5\u2009000** different 3-grams (100 kB in all); still **20 %** of contexts new"
    )
    assert shown(qtbot, grown(), 300).reading() == "**5.0k** 3-grams, **20 %** of contexts new"


def test_it_follows_while_the_text_is_read(qtbot):
    history = grown(2)
    panel = shown(qtbot, history)
    history.apply(CountsGrown(3, 1200, {"ngrams_3": 9000.0}))
    panel.present(Snapshot(run=RUN, history=history))
    assert panel.grams.pyramid("3").xs.tolist() == [400, 800, 1200]


def test_the_card_has_a_line_for_each_order_and_bytes_for_each_token(qtbot):
    told = shown(qtbot, grown()).explain(Cursor())
    assert [q.name for q in told.quantities][-1] == "memory of all tables"
    assert told.quantities[2].value == "5\u2009000, 20 % of contexts new"
    assert told.key_number == "50"


def test_another_run_starts_afresh(qtbot):
    panel = shown(qtbot, grown())
    panel.present(Snapshot(run=run_of("counting"), history=History()))
    assert panel.grams.keys() == []
    assert panel.reading() == ""


def test_it_says_what_it_will_show_before_anything_was_counted(qtbot):
    panel = shown(qtbot, History())
    assert not panel.grams.isVisibleTo(panel)
    assert panel.reading() == ""
    panel.grab()


def test_export_gives_every_figure_by_tokens(qtbot):
    arrays = shown(qtbot, grown()).export()
    assert arrays["tokens"].tolist() == [400, 800, 1200, 1600, 2000]
    assert set(arrays) == {"step", "tokens", "ngrams_1", "ngrams_2", "ngrams_3", "bytes"}


def test_it_paints_in_a_small_place(qtbot):
    panel = shown(qtbot, grown(), 200)
    panel.resize(200, 90)
    assert not panel.grab().isNull()
    assert bytes_text(3_400_000) == "3.4 MB"
