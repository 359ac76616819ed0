from __future__ import annotations

import hashlib

from seqviz.data.corpora import CorpusConfig, corpora


def test_the_prose_is_long_plain_and_hashed_as_it_is_read():
    content = corpora.get("reference_prose")(CorpusConfig()).read()
    text = content.train + content.valid
    assert len(text) > 300_000
    assert set(text) <= {"\n", *map(chr, range(32, 127))}
    assert content.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert set(content.probe) <= set(content.train)


def test_validation_is_the_last_tenth():
    content = corpora.get("reference_prose")(CorpusConfig()).read()
    assert abs(len(content.valid) / len(content.train + content.valid) - 0.1) < 1e-4
