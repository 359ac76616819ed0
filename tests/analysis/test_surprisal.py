from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from seqviz.analysis import Subject
from seqviz.analysis.surprisal import Surprisal
from seqviz.core.batch import Field
from seqviz.core.interface import Interface, Space
from tests.analysis.small_models import build, text_batch, vector_batch

EVERYTHING = frozenset({"*"})


def test_surprisal_of_a_token_is_the_loss_of_the_output_before_it_in_bits():
    subject = Subject(build("lstm"), text_batch(2))
    found = Surprisal().compute(subject, EVERYTHING)
    losses = subject.trace.losses
    surprisal = found["surprisal"].values
    assert found["surprisal"].axes == ("batch", "t")
    assert surprisal[:, 0].isnan().all()
    assert torch.equal(surprisal[:, 1:], losses[:, :-1] / math.log(2))


def test_losses_are_nan_exactly_where_there_is_no_target():
    losses = Surprisal().compute(Subject(build("rnn"), text_batch(2)), EVERYTHING)["losses"].values
    assert losses[:, -1].isnan().all()
    assert losses[:, :-1].isfinite().all()


def test_probabilities_sum_to_one_and_give_the_losses():
    batch = text_batch(1, last_has_target=True)
    found = Surprisal().compute(Subject(build("lstm"), batch), EVERYTHING)
    probabilities = found["next_token.probabilities"].values  # (1, t, vocab)
    assert torch.allclose(probabilities.sum(-1), torch.ones(1, 8, dtype=torch.float64))
    said = probabilities.gather(-1, batch.targets["tokens"].values.unsqueeze(-1)).squeeze(-1)
    assert torch.allclose(-said.log(), found["losses"].values)


def test_only_what_is_wanted_is_given():
    subject = Subject(build("lstm"), text_batch())
    assert set(Surprisal().compute(subject, frozenset({"losses"}))) == {"losses"}


def test_no_surprisal_where_targets_are_not_the_tokens_read_next():
    batch = text_batch()
    shuffled = Field((batch.targets["tokens"].values + 1) % 7, ("batch", "t"))
    copied = type(batch)(batch.inputs, {"tokens": shuffled})
    assert set(Surprisal().compute(Subject(build("lstm"), copied), EVERYTHING)) == {
        "losses",
        "label.probabilities",
        "label.true",
    }


def test_regression_gives_losses_alone():
    model = build("lstm", Interface(Space("vectors", 2), Space("vectors", 1), "last_gaussian", 6))
    found = Surprisal().compute(Subject(model, vector_batch()), EVERYTHING)
    assert set(found) == {"losses"}
    assert found["losses"].axes == ("batch", "out")
    assert Surprisal().names(model) == ("losses",)


@pytest.mark.parametrize("order", [1, 3])
def test_a_counting_model_is_surprised_too(order):
    model = build("ngram", order=order)
    model.observe(text_batch(4))
    found = Surprisal().compute(Subject(model, text_batch(4)), EVERYTHING)
    assert found["surprisal"].values[:, 1:].min() >= 0


def test_where_hidden_tokens_are_filled_in_surprisal_is_that_of_the_token_itself():
    batch = text_batch(1)
    target = next(iter(batch.targets.values()))
    mask = torch.zeros_like(target.values, dtype=torch.bool)
    mask[0, 3] = True
    hidden = replace(batch, targets={"fill_in": Field(target.values, ("batch", "t"), mask)})
    subject = Subject(build("bilstm"), hidden)
    found = Surprisal().compute(subject, EVERYTHING)
    assert torch.equal(found["surprisal"].values[mask], subject.trace.losses[mask] / math.log(2))
    assert bool(found["surprisal"].values[~mask].isnan().all())
    assert "own_place.probabilities" in found
    assert "next_token.probabilities" not in found
