from __future__ import annotations

from collections import Counter, defaultdict

from seqviz.data.corpora import corpora
from seqviz.data.corpora.polarity_pairs import BAD, GOOD, PolarityPairsConfig
from seqviz.data.tokenizers import train_tokenizer
from seqviz.data.word_tokenizer import split_words


def read(**knobs):
    return corpora.get("polarity_pairs")(PolarityPairsConfig(**{"samples": 3000, **knobs})).read()


def test_each_line_has_the_verdict_that_its_last_adjective_tells():
    for line in read().train.splitlines():
        said, verdict = line.rsplit(": ", 1)
        assert verdict == ("praise" if said.rsplit(" ", 1)[1] in GOOD else "blame")
        assert (said.rsplit(" ", 1)[1] in BAD) == (verdict == "blame")


def test_the_words_alone_leave_an_ordered_verdict_open():
    found = defaultdict(Counter)
    for line in read(order_share=1.0, samples=20_000).train.splitlines():
        said, verdict = line.rsplit(": ", 1)
        found[frozenset(split_words(said))][verdict] += 1
    shares = [count["praise"] / count.total() for count in found.values()]
    assert len(found) == 512
    assert abs(sum(shares) / len(shares) - 0.5) < 0.02
    assert max(shares) < 0.9


def test_marks_are_the_verdicts_that_order_decides_and_all_where_it_decides_none():
    content = read()
    lines = content.valid.splitlines()
    marked = [content.valid[start:end] for start, end in content.marked_spans]
    assert marked == [line.rsplit(" ", 1)[1] for line in lines if " not " in line]
    assert 0.35 < len(marked) / len(lines) < 0.65
    assert len(read(order_share=0.0).marked_spans) == 300
    assert content.marked_name == "verdict"


def test_every_line_has_eleven_tokens_and_its_verdict_stands_at_the_tenth():
    content = read()
    tokenizer = train_tokenizer("word", content.train, 2000)
    for line in content.valid.splitlines(keepends=True)[:50]:
        labels = [tokenizer.labels[i] for i in tokenizer.encode(line)]
        assert len(labels) == 11
        assert labels[9].strip() in ("praise", "blame")


def test_the_probe_is_in_known_words_and_its_lines_have_the_same_ones():
    content = read()
    assert set(split_words(content.probe)) <= set(split_words(content.train))
    one, other = (line.rsplit(":", 1)[0] for line in content.probe.splitlines())
    assert sorted(split_words(one)) == sorted(split_words(other))


def test_the_same_knobs_give_the_same_text_and_others_another():
    assert read().sha256 == read().sha256
    assert len({read().sha256, read(seed=2).sha256, read(order_share=0.1).sha256}) == 3
