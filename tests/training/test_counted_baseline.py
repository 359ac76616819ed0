"""The counted line to beat: whose it is, and that it says what counting reaches."""

from __future__ import annotations

from seqviz.core.events import Baseline
from seqviz.data.content import SentenceLines
from seqviz.data.tasks.next_word import NextWordConfig, NextWordTask
from seqviz.training.counted_baseline import count_baseline, counting_model


def test_a_task_of_sentences_has_the_line_of_an_n_gram() -> None:
    text = "the cat sat on the mat\nthe dog sat on the rug\na cat ran\n" * 5
    task = NextWordTask(NextWordConfig(), SentenceLines("", "", text, text), 64)
    model = counting_model(task)
    assert model is not None
    assert type(model).title == "n-gram"
    told: list[Baseline] = []
    for _ in count_baseline(task, told.append):
        pass
    assert [line.name for line in told] == ["5-gram"]
    assert 0 < told[0].nats < 1.0
