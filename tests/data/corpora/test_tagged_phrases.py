from __future__ import annotations

from collections import defaultdict

from seqviz.data.corpora.tagged_phrases import TaggedPhrases, TaggedPhrasesConfig


def read(**knobs: object):
    return TaggedPhrases(TaggedPhrasesConfig(**knobs)).read()


def test_every_word_has_a_tag_and_every_sentence_ends():
    content = read(samples=200)
    for words, tags in content.train + content.valid:
        assert len(words) == len(tags)
        assert (words[-1], tags[-1]) == (".", "PUNCT")
        assert words[0][0].isupper()
    assert (len(content.train), len(content.valid)) == (200, 20)


def test_words_alone_do_not_decide():
    kinds = defaultdict(set)
    for words, tags in read(samples=2000).train:
        for word, tag in zip(words, tags, strict=True):
            kinds[word].add(tag)
    assert {"AUX", "NOUN"} <= kinds["can"]
    assert {"NOUN", "VERB"} <= kinds["fish"]
    assert sum(len(found) > 1 for found in kinds.values()) >= 10


def test_made_up_names_are_as_rare_as_asked_for():
    def names(rare: float) -> set[str]:
        pairs = (zip(words, tags, strict=True) for words, tags in read(samples=500, rare=rare).train)
        return {word for sentence in pairs for word, tag in sentence if tag == "PROPN"}

    assert len(names(0.0)) == 7
    assert len(names(1.0)) > 100


def test_the_same_seed_writes_the_same_sentences():
    assert read(samples=50).sha256 == read(samples=50).sha256 != read(samples=50, seed=2).sha256


def test_validation_does_not_depend_on_how_much_is_learned_from():
    assert read(samples=50).valid == read(samples=90).valid[:5]
