"""Fill-in: what is hidden, what is read in its place, and what the loss counts."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from seqviz.core.interface import reason_against
from seqviz.data.corpora import corpora
from seqviz.data.corpora.stories import StoriesConfig
from seqviz.data.tasks.fill_in import FillInConfig, FillInTask
from seqviz.models.lstm import LSTM
from seqviz.models.output import Categorical, Output


@pytest.fixture(scope="module")
def stories():
    return corpora.get("stories")(StoriesConfig(characters=20_000, gap=1)).read()


@pytest.fixture(scope="module")
def task(stories):
    return FillInTask(FillInConfig(), stories, 32)


def training_batch(task, seed=0, rows=200):
    return task.feeder(False).next(rows, np.random.default_rng(seed))


def test_the_mark_is_a_symbol_of_the_input_alphabet_alone(task):
    assert task.interface.inputs.size == task.interface.outputs.size + 1 == task.mark + 1
    assert task.mark not in task.train_ids


def test_what_is_read_differs_from_the_text_only_where_the_loss_counts(task):
    batch = training_batch(task)
    read, target = batch.inputs["tokens"].values, batch.targets["fill_in"]
    assert np.array_equal(read == task.mark, target.mask)
    assert np.array_equal(read[~target.mask], target.values[~target.mask])
    assert target.mask.mean() == pytest.approx(0.15, abs=0.015)


def test_berts_way_leaves_a_tenth_and_swaps_a_tenth(stories):
    task = FillInTask(FillInConfig(hidden_as="bert"), stories, 32)
    batch = training_batch(task, rows=1000)
    read, target = batch.inputs["tokens"].values, batch.targets["fill_in"]
    there = read[target.mask]
    kept = there == target.values[target.mask]
    assert (there == task.mark).mean() == pytest.approx(0.8, abs=0.02)
    assert kept.mean() == pytest.approx(0.1, abs=0.02)
    assert np.array_equal(read[~target.mask], target.values[~target.mask])


def test_the_same_random_numbers_hide_the_same_tokens(task):
    one, same, other = (training_batch(task, seed).inputs["tokens"].values for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_batch_without_luck_still_hides_one_token(stories):
    task = FillInTask(FillInConfig(hidden_share=0.01), stories, 2)
    for seed in range(30):
        assert training_batch(task, seed, rows=1).targets["fill_in"].mask.any()


@pytest.mark.parametrize("batch_size", [1, 5])
def test_validation_reads_the_whole_split_and_always_hides_the_same(task, batch_size):
    batches = list(task.evaluation_batches(batch_size))
    ids = np.concatenate([b.targets["fill_in"].values.ravel() for b in batches])
    hidden = np.concatenate([b.targets["fill_in"].mask.ravel() for b in batches])
    assert np.array_equal(ids, task.valid_ids[: len(ids)])
    assert np.array_equal(hidden, task.valid_hidden[: len(ids)])
    assert len(ids) > len(task.valid_ids) - task.context_length
    assert hidden.sum() == task.valid_hidden.sum()


def test_objective_and_accuracy_count_hidden_tokens_only(task):
    batch = next(task.evaluation_batches(4)).convert(torch.from_numpy)
    target = batch.targets["fill_in"]
    logits = torch.zeros(*target.values.shape, task.mark, dtype=torch.float64)
    logits[~target.mask] = 100.0 * torch.nn.functional.one_hot(target.values[~target.mask] * 0, task.mark).double()
    total, count = task.objective(Output(Categorical(logits)), batch)
    assert int(count) == int(target.mask.sum())
    assert float(total / count) == pytest.approx(math.log(task.mark))
    assert task.metrics(Output(Categorical(logits)), batch)["accuracy"][1] == int(target.mask.sum())


def test_bits_are_those_of_hidden_characters_whatever_the_text_is_cut_into(stories):
    for tokens in ("char", "word"):
        task = FillInTask(FillInConfig(tokens=tokens), stories, 32)
        hidden = task.valid_ids[task.valid_hidden]
        per_token = task.tokenizer.characters_in(hidden) / len(hidden)
        assert task.unit.convert(math.log(2)) == pytest.approx(1 / per_token)
        assert task.unit.name == "bits/hidden"


# the probe -----------------------------------------------------------------------------------------------------------


def test_a_plain_probe_hides_the_same_places_always_and_says_so(task):
    batch, notice = task.probe("I grew up in France, so I speak French.")
    again, _ = task.probe("I grew up in France, so I speak French. The cat")
    hidden = batch.rulers["t"].hidden
    assert hidden == again.rulers["t"].hidden[: len(hidden)]
    assert f"{len(hidden)} of 39 characters hidden" in notice
    assert "".join(batch.rulers["t"].labels) == "I grew up in France, so I speak French."
    assert np.array_equal(np.flatnonzero(batch.targets["fill_in"].mask[0]), hidden)
    assert (batch.inputs["tokens"].values[0, list(hidden)] == task.mark).all()


def test_braces_hide_what_stands_in_them_and_know_it(task):
    batch, notice = task.probe("I speak {French}.")
    assert notice == ""
    assert batch.rulers["t"].hidden == tuple(range(8, 14))
    assert "".join(batch.rulers["t"].labels) == "I speak French."
    assert batch.targets["fill_in"].mask.sum() == 6


def test_a_blank_hides_what_nobody_knows(task):
    batch, _ = task.probe("I sp_ak")
    assert batch.rulers["t"].hidden == (4,)
    assert batch.rulers["t"].labels[4] == "_"
    assert batch.inputs["tokens"].values[0, 4] == task.mark
    assert not batch.targets["fill_in"].mask.any()


def test_words_in_braces_and_blanks_take_the_space_before_them(stories):
    task = FillInTask(FillInConfig(tokens="word"), stories, 32)
    known, _ = task.probe("She grew up in {France}, so she speaks _.")
    labels = known.rulers["t"].labels
    assert [labels[i].strip() for i in known.rulers["t"].hidden] == ["France", "_"]
    assert known.targets["fill_in"].mask.sum() == 1
    assert " " not in labels


@pytest.mark.parametrize(("text", "says"), [("", "two characters"), ("a", "two tokens")])
def test_too_short_a_probe_is_refused_with_a_sentence(task, text, says):
    with pytest.raises(ValueError, match=says):
        task.probe(text)


# what counting pays --------------------------------------------------------------------------------------------------


def test_neighbours_on_both_sides_tell_more_than_those_before_and_these_more_than_frequencies(task):
    nats = {line.name: line.nats for line in task.baselines()}
    assert nats["neighbours"] < nats["left to right"] < nats["unigram"] < nats["uniform"]


def test_counted_shares_of_all_tokens_add_up_to_one(task):
    at = np.full(task.mark, 50)
    valid = task.valid_ids.copy()
    totals = dict.fromkeys(("unigram", "left to right", "neighbours"), 0.0)
    for token in range(task.mark):
        task.valid_ids = valid.copy()
        task.valid_ids[50] = token
        for name, shares in task._counted(at[:1]).items():
            totals[name] += float(shares[0])
    task.valid_ids = valid
    assert totals == {name: pytest.approx(1.0) for name in totals}


def test_state_cannot_be_carried(task):
    with pytest.raises(ValueError, match="carry_state"):
        task.feeder(True)


def test_a_causal_model_may_try_but_what_needs_causality_is_not_asked_for():
    assert reason_against(LSTM.offers, FillInTask.needs) is None


def test_a_stored_run_reads_its_probe_without_its_corpus(task):
    again = FillInTask.from_saved(FillInConfig(), task.saved_arrays(), 32)
    batch, _ = again.probe("I speak {French}.")
    assert np.array_equal(batch.inputs["tokens"].values, task.probe("I speak {French}.")[0].inputs["tokens"].values)
