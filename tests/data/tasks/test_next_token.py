"""Next-token prediction: what is marked in a text is found again in its tokens, whatever the text is cut into."""

from __future__ import annotations

import numpy as np
import pytest

from seqviz.data.corpora import corpora
from seqviz.data.corpora.stories import StoriesConfig
from seqviz.data.tasks.next_token import NextTokenConfig, NextTokenTask


@pytest.fixture(scope="module")
def stories():
    return corpora.get("stories")(StoriesConfig(characters=20_000, gap=1)).read()


@pytest.mark.parametrize("tokens", ["char", "word", "bpe"])
def test_the_tokens_of_each_marked_word_spell_it(stories, tokens):
    task = NextTokenTask(NextTokenConfig(tokens=tokens, vocab_size=400), stories, 32)
    numbers = task._span_numbers()
    for number, (start, end) in enumerate(stories.marked_spans, 1):
        inside = task.valid_ids[numbers == number]
        assert task.tokenizer.decode(inside).strip() == stories.valid[start:end]
    spans = len(stories.marked_spans)
    assert set(numbers) == set(range(spans + 1))


def test_a_batch_marks_the_targets_of_the_word_not_its_inputs(stories):
    task = NextTokenTask(NextTokenConfig(tokens="word"), stories, 64)
    batch = next(task.evaluation_batches(2))
    marked = batch.targets["tokens"].values[batch.targets["span"].values > 0]
    words = [task.tokenizer.decode([i]).strip() for i in marked]
    assert words
    assert all(word in {stories.valid[a:b] for a, b in stories.marked_spans} for word in words)


def test_every_token_but_the_first_is_a_target_once(stories):
    task = NextTokenTask(NextTokenConfig(), stories, 50)
    targets = [b.targets["tokens"].values.ravel() for b in task.evaluation_batches(3)]
    assert np.array_equal(np.concatenate(targets), task.valid_ids[1:])


@pytest.mark.parametrize("batch_size", [1, 3, 7])
def test_a_marked_word_is_judged_whole_and_once_or_not_at_all(stories, batch_size):
    task = NextTokenTask(NextTokenConfig(), stories, 13)
    spans = stories.marked_spans
    judged: list[int] = []
    for batch in task.evaluation_batches(batch_size):
        found, sizes = np.unique(batch.targets["span"].values, return_counts=True)
        whole = {n: stop - start for n, (start, stop) in enumerate(spans, 1)}
        assert all(size == whole[n] for n, size in zip(found, sizes, strict=True) if n)
        judged += [n for n in found if n]
    assert len(judged) == len(set(judged))
    assert len(judged) > len(spans) * (1 - 10 / (13 * batch_size)) - 2


def test_the_rule_says_how_many_tokens_are_unknown_words(stories):
    assert "unknown" not in NextTokenTask(NextTokenConfig(tokens="word"), stories, 16).rule
    few = NextTokenTask(
        NextTokenConfig(tokens="word", vocab_size=256).model_copy(update={"vocab_size": 40}), stories, 16
    )
    share = np.mean(few.valid_ids == few.tokenizer.unknown_id)
    assert few.rule.endswith(f"{share:.1%} of the tokens unknown words")


@pytest.mark.parametrize(("tokens", "told"), [("char", ""), ("word", "words"), ("bpe", "tokens")])
def test_the_corpus_is_counted_in_what_is_told_of_it(stories, tokens, told):
    task = NextTokenTask(NextTokenConfig(tokens=tokens, vocab_size=400), stories, 32)
    summary = task.corpus_summary().removeprefix(stories.summary)
    count = len(task.train_ids) + len(task.valid_ids)
    assert summary == (f"; {count} {told}, {task.tokenizer.vocab_size} different" if told else "")
