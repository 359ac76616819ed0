from __future__ import annotations

import itertools
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqviz.data import byte_pair
from seqviz.data.tokenizers import (
    BPETokenizer,
    CharTokenizer,
    Tokenizer,
    WordTokenizer,
    preview,
    tokenizer_from_json,
    train_tokenizer,
)

STORY = (
    "I grew up in France, so I speak fluent French.\n"
    "Anna's dog didn't bark — the well-fed dog slept!\n\n"
    "  Two  spaces,\ttabs, naïve café, हिन्दी and 🙂.\n"
) * 3
KINDS = {"char": 0, "word": 200, "bpe": 300}
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@pytest.fixture(params=KINDS)
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return train_tokenizer(request.param, STORY, KINDS[request.param])


@pytest.fixture(scope="module")
def bpe() -> BPETokenizer:
    return BPETokenizer.train(STORY, 300)


def test_the_training_text_comes_back_exactly(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode(STORY)
    assert ids.dtype == np.int64
    assert tokenizer.decode(ids) == STORY
    assert 0 <= ids.min() <= ids.max() < tokenizer.vocab_size == len(tokenizer.labels)


def test_json_gives_back_a_tokenizer_with_the_same_ids_labels_and_text(tokenizer: Tokenizer) -> None:
    again = tokenizer_from_json(tokenizer.to_json())
    assert type(again) is type(tokenizer)
    assert again.labels == tokenizer.labels
    assert again.unknown_id == tokenizer.unknown_id
    assert np.array_equal(again.encode(STORY), tokenizer.encode(STORY))
    assert again.to_json() == tokenizer.to_json()


def test_training_twice_gives_the_same_tokenizer(tokenizer: Tokenizer) -> None:
    again = train_tokenizer(tokenizer.kind, STORY, KINDS[tokenizer.kind])
    assert again.to_json() == tokenizer.to_json()


def test_the_characters_of_ids_add_up_to_the_length_of_the_text(tokenizer: Tokenizer) -> None:
    ids = tokenizer.encode(STORY)
    assert tokenizer.characters_in(ids) == len(STORY)
    assert tokenizer.character_lengths.shape == (tokenizer.vocab_size,)


def test_offsets_cut_the_text_into_the_tokens(tokenizer: Tokenizer) -> None:
    offsets = tokenizer.offsets(STORY)
    pieces = [STORY[a:b] for a, b in itertools.pairwise(offsets)]
    assert "".join(pieces) == STORY
    ids = tokenizer.encode(STORY)
    assert len(pieces) == len(ids)
    whole = [(piece, i) for piece, i in zip(pieces, ids, strict=True) if "\ufffd" not in tokenizer.decode([i])]
    assert [tokenizer.decode([i]) for _, i in whole] == [piece for piece, _ in whole]
    assert len(whole) > 0.7 * len(pieces)


def test_nothing_is_encoded_to_nothing(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("").shape == (0,)
    assert tokenizer.encode("").dtype == np.int64
    assert tokenizer.decode([]) == ""
    assert tokenizer.encode_lossy("") == (pytest.approx([]), ())


def test_a_label_is_the_text_of_its_token(tokenizer: Tokenizer) -> None:
    for i, label in enumerate(tokenizer.labels):
        if i != tokenizer.unknown_id and not label.startswith("\\x") and label != "\ufffd":
            assert label == tokenizer.decode([i])


def test_direction_marks_and_long_words_cannot_upset_a_label() -> None:
    assert CharTokenizer.train("a\u202eb\x07").labels == ("\ufffd", "a", "b", "\ufffd")
    assert WordTokenizer.train("x " + "y" * 100).labels[0] == " " + "y" * 22 + "…"


@given(text=ANY_TEXT)
@settings(max_examples=200, deadline=None)
def test_any_text_at_all_can_be_encoded_lossily(text: str) -> None:
    for kind, size in KINDS.items():
        tokenizer = TRAINED.setdefault(kind, train_tokenizer(kind, STORY, size))
        ids, unseen = tokenizer.encode_lossy(text)
        assert ((ids >= 0) & (ids < tokenizer.vocab_size)).all()
        if not unseen:
            assert tokenizer.decode(ids) == text
            assert np.array_equal(ids, tokenizer.encode(text))
        assert len(tokenizer.offsets(text)) == len(ids) + 1


TRAINED: dict[str, Tokenizer] = {}


# characters


def test_characters_get_ids_in_code_point_order() -> None:
    tokenizer = CharTokenizer.train("banana\n")
    assert tokenizer.labels == ("\n", "a", "b", "n")
    assert tokenizer.encode("ban\n").tolist() == [2, 1, 3, 0]
    assert tokenizer.unknown_id is None


def test_an_unseen_character_is_refused_by_name() -> None:
    tokenizer = CharTokenizer.train("plain text")
    with pytest.raises(ValueError, match=r"not among the characters .*: 'é', U\+202E$"):
        tokenizer.encode("té\u202eé")


def test_many_unseen_characters_stay_one_short_line() -> None:
    with pytest.raises(ValueError, match="and 18 more") as refusal:
        CharTokenizer.train("01").encode("abcdefghijklmnopqrstuvwxyz")
    assert len(str(refusal.value)) < 150


@pytest.mark.parametrize(
    ("text", "shown", "unseen"),
    [
        ("café", "cafe", "é"),
        ("HERE", "here", "HER"),
        ("É", "e", "É"),
        ("a–b", "a-b", "–"),
        ("‘a’", "'a'", "‘’"),
        ("a\tb", "a b", "\t"),
        ("a\rb", "a b", "\r"),
        ("a\u2028b", "a\nb", "\u2028"),
        ("a🙂b", "a b", "🙂"),
        ("жаж", "   ", "жа"),
        ("\ud800a", " a", "\ud800"),
    ],
)
def test_an_unseen_character_becomes_the_nearest_seen_one(text: str, shown: str, unseen: str) -> None:
    tokenizer = CharTokenizer.train("abcdefghijklmnopqrstuvwxyz -'\n")
    ids, replaced = tokenizer.encode_lossy(text)
    assert tokenizer.decode(ids) == shown
    assert replaced == tuple(unseen)


def test_without_any_space_an_unseen_character_becomes_the_first_one() -> None:
    assert CharTokenizer.train("xyz").encode_lossy("q")[0].tolist() == [0]


def test_an_unknown_id_is_reserved_only_when_asked_for() -> None:
    tokenizer = CharTokenizer.train("abc", with_unknown=True)
    assert tokenizer.vocab_size == 4
    assert tokenizer.unknown_id == 3
    assert tokenizer.encode("aé").tolist() == [0, 3]
    assert tokenizer.decode([0, 3]) == "a\ufffd"
    assert tokenizer_from_json(tokenizer.to_json()).unknown_id == 3


def test_beyond_the_cap_the_rarest_characters_are_folded_into_one() -> None:
    tokenizer = CharTokenizer.train("aaabbbccd", largest=3)
    assert tokenizer.labels == ("a", "b", "\ufffd")
    assert tokenizer.encode("abcd").tolist() == [0, 1, 2, 2]


def test_text_longer_than_one_block_is_encoded_seamlessly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqviz.data.char_tokenizer._BLOCK", 7)
    tokenizer = CharTokenizer.train(STORY)
    assert tokenizer.decode(tokenizer.encode(STORY)) == STORY
    assert tokenizer.encode(STORY)[20] == tokenizer.encode(STORY[20])[0]


@pytest.mark.parametrize("text", ["", "a", "aaaa"])
def test_a_text_of_one_character_cannot_be_learned(text: str) -> None:
    with pytest.raises(ValueError, match="fewer than 2 different characters"):
        train_tokenizer("char", text, 0)


# words


def test_a_word_takes_the_space_in_front_of_it_along() -> None:
    tokenizer = WordTokenizer.train("the dog, the cat")
    assert [tokenizer.decode([i]) for i in tokenizer.encode("the dog, the cat")] == ["the", " dog", ",", " the", " cat"]
    assert set(tokenizer.labels) == {"the", " the", " dog", ",", " cat", "<unk>"}


def test_apostrophes_and_vowel_signs_stay_inside_words() -> None:
    tokenizer = WordTokenizer.train("don't हिन्दी rock’n’roll cafe\u0301 x-y")
    words = {"don't", " हिन्दी", " rock’n’roll", " cafe\u0301", " x", "-", "y"}
    assert set(tokenizer.labels) == words | {"<unk>"}


def test_ids_of_words_fall_with_frequency() -> None:
    assert WordTokenizer.train(" b b b a a c").labels[:2] == (" b", " a")


def test_the_rarest_words_become_unknown() -> None:
    tokenizer = WordTokenizer.train("x y y y z z z", vocab_size=3)
    assert tokenizer.vocab_size == 3
    assert tokenizer.labels == (" y", " z", "<unk>")
    assert tokenizer.encode("x y q").tolist() == [2, 0, 2]
    assert tokenizer.decode([0, 2, 1]) == " y <unk> z"
    assert tokenizer.unknown_rate("x y q") == pytest.approx(2 / 3)
    assert tokenizer.encode_lossy("x y q") == (pytest.approx([2, 0, 2]), ("x", "q"))


def test_words_below_the_least_count_are_unknown() -> None:
    assert WordTokenizer.train("a b b c c", min_count=2).labels == (" b", " c", "<unk>")


def test_offsets_of_words_hold_where_a_word_is_unknown() -> None:
    tokenizer = WordTokenizer.train("a b a b")
    assert tokenizer.offsets("a Constantinople b").tolist() == [0, 1, 16, 18]


@given(text=ANY_TEXT)
@settings(max_examples=200, deadline=None)
def test_word_pieces_joined_are_the_text(text: str) -> None:
    words = "one two\n" + text
    tokenizer = WordTokenizer.train(words)
    assert tokenizer.decode(tokenizer.encode(words)) == words
    assert tokenizer.unknown_rate(words) == 0


@pytest.mark.parametrize("size", [0, 2, 10**7])
def test_an_impossible_word_vocabulary_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"not {size}$"):
        train_tokenizer("word", STORY, size)


def test_a_text_of_one_word_cannot_be_learned() -> None:
    with pytest.raises(ValueError, match="fewer than 2 different words"):
        train_tokenizer("word", "word", 100)


# byte pairs


@given(text=ANY_TEXT)
@settings(max_examples=300, deadline=None)
def test_bpe_gives_back_any_text_exactly(bpe: BPETokenizer, text: str) -> None:
    ids = bpe.encode(text)
    assert bpe.decode(ids) == text
    assert bpe.characters_in(ids) == len(text)


@given(
    st.lists(st.sampled_from([" ", "\n", "\t", "a", "French", "'s", "7", "é", ".", "\u00a0"]), max_size=60).map("".join)
)
@settings(max_examples=300, deadline=None)
def test_cutting_into_blocks_changes_no_bpe_token(bpe: BPETokenizer, text: str) -> None:
    whole = bpe.encode(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(byte_pair, "_BLOCK", 4)
        assert np.array_equal(bpe.encode(text), whole)


def test_bpe_learns_frequent_words_as_one_token(bpe: BPETokenizer) -> None:
    assert bpe.vocab_size == 300
    assert " dog" in bpe.labels
    assert len(bpe.encode(" dog")) == 1


def test_bytes_that_form_no_character_are_labelled_in_hexadecimal(bpe: BPETokenizer) -> None:
    first, *_ = bpe.encode("Ω")
    assert bpe.labels[first] == "\\xce"
    assert bpe.decode([first]) == "\ufffd"


def test_a_bpe_vocabulary_without_room_for_the_bytes_is_refused() -> None:
    with pytest.raises(ValueError, match="needs 256 to 1000000 tokens, not 255"):
        train_tokenizer("bpe", STORY, 255)


def test_a_lone_surrogate_is_refused_or_replaced(bpe: BPETokenizer) -> None:
    with pytest.raises(ValueError, match="lone surrogates"):
        bpe.encode("a\udc00")
    ids, unseen = bpe.encode_lossy("a\udc00")
    assert bpe.decode(ids) == "a\ufffd"
    assert unseen == ("\udc00",)


def test_the_bpe_library_is_imported_only_when_needed() -> None:
    program = (
        "import sys, os; from seqviz.data.tokenizers import train_tokenizer as t\n"
        "t('char', 'ab', 0); t('word', 'a b', 9); assert 'tokenizers' not in sys.modules\n"
        "t('bpe', 'ab', 256); assert 'tokenizers' in sys.modules\n"
        "assert os.environ['TOKENIZERS_PARALLELISM'] == 'false'"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


# kinds, JSON, preview


def test_an_unknown_kind_is_refused_with_the_kinds_there_are() -> None:
    with pytest.raises(ValueError, match='no "syllable" tokens; choose one of char, word, bpe'):
        train_tokenizer("syllable", STORY, 100)


GOOD_FIELDS = {
    "char": {"characters": "ab", "with_unknown": False},
    "word": {"words": ["a", " b"]},
    "bpe": {"tokens": sorted(byte_pair._byte_symbols()), "merges": []},
}


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("char", {"characters": "ba"}),
        ("char", {"characters": "aa"}),
        ("char", {"characters": ""}),
        ("char", {"characters": 7}),
        ("char", {"with_unknown": 1}),
        ("word", {"words": ["a"]}),
        ("word", {"words": ["a", "a"]}),
        ("word", {"words": ["a", ""]}),
        ("word", {"words": "ab"}),
        ("bpe", {"tokens": ["a", "b"]}),
        ("bpe", {"tokens": None}),
        ("bpe", {"tokens": [*GOOD_FIELDS["bpe"]["tokens"], " "]}),
        ("bpe", {"merges": [["a", "b"]]}),
        ("bpe", {"merges": [["a"]]}),
        ("bpe", {"merges": [[1, 2]]}),
        ("char", {"version": 2}),
        ("char", {"version": "1"}),
        ("char", {"version": True}),
        ("char", {"kind": "rune"}),
        ("char", {"kind": ["char"]}),
    ],
)
def test_json_that_describes_no_tokenizer_is_refused_in_one_line(kind: str, changes: dict[str, object]) -> None:
    good = {"kind": kind, "version": 1, **GOOD_FIELDS[kind]}
    tokenizer_from_json(json.dumps(good))
    with pytest.raises(ValueError, match="tokenizer|vocabulary") as refusal:
        tokenizer_from_json(json.dumps({**good, **changes}))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "3", "[" * 100_000, '{"kind": "char"}'])
def test_text_that_is_no_tokenizer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="the tokenizer"):
        tokenizer_from_json(text)


def test_the_preview_shows_the_first_lines_that_hold_anything() -> None:
    tokenizer = train_tokenizer("word", STORY, 200)
    shown = preview(tokenizer, "\n\nI speak Frisian.\nAnna sings\nthird", lines=2)
    assert shown.lines == (("I", " speak", "<unk>", ".", "\n"), ("<unk>", "<unk>", "\n"))
    assert shown.vocab_size == tokenizer.vocab_size
    assert shown.unknown_rate == pytest.approx(4 / 11)
    assert shown.tokens_per_character == pytest.approx(11 / 35)
    assert shown.unit == "word"


def test_the_preview_counts_unseen_characters() -> None:
    shown = preview(CharTokenizer.train("abc"), "abcd")
    assert shown.unknown_rate == pytest.approx(0.25)
    assert shown.tokens_per_character == 1


def test_the_preview_of_a_huge_line_stays_small() -> None:
    shown = preview(CharTokenizer.train("ab"), "ab" * 100_000)
    assert [len(line) for line in shown.lines] == [160]
