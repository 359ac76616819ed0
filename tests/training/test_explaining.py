"""An explanation in slices: the truth first, every witness judged against it, and the run untouched."""

from __future__ import annotations

import math

import pytest
import torch

from seqviz.core.events import Explained
from seqviz.training.builder import build
from seqviz.training.explaining import explain_slices
from seqviz.training.looking import Looker
from seqviz.training.ports import NoStore
from seqviz.training.trainer import Trainer


def looker(config) -> Looker:
    trainer = Trainer(build(config), NoStore(), lambda event: None)
    turns = trainer.turns()
    while trainer.step < 5:
        next(turns)
    return Looker(trainer, lambda event: None)


def explained(looking: Looker, position: int) -> Explained:
    told: list[Explained] = []
    for _ in explain_slices(looking, position, told.append):
        pass
    (answer,) = told
    return answer


@pytest.mark.parametrize(
    ("model", "heard"),
    [("lstm", ["replacing", "gradient"]), ("ngram", ["replacing", "sight", "counts"]),
     ("transformer", ["replacing", "sight", "gradient", "attention"])],
)  # fmt: skip
def test_every_witness_that_can_be_heard_is_heard_after_the_truth(make_config, model, heard):
    answer = explained(looker(make_config(model, probe="the cat saw a re")), 8)
    assert [item.witness for item in answer.evidence] == heard
    assert answer.evidence[0].unit == "bits"
    assert math.isnan(answer.evidence[0].agreement)
    assert all(len(item.weights) == 8 for item in answer.evidence)
    assert all(-1 <= item.agreement <= 1 for item in answer.evidence[1:] if not math.isnan(item.agreement))
    assert answer.bits > 0


def test_the_bits_are_those_of_the_token_itself(make_config):
    looking = looker(make_config("lstm"))
    answer = explained(looking, 6)
    assert answer.bits == pytest.approx(float(looking.subject().trace.losses[0, 5]) / math.log(2))
    assert answer.step == 5


def test_explaining_touches_neither_weights_nor_random_numbers(make_config):
    looking = looker(make_config("lstm"))
    model = looking.trainer.model
    before = {name: value.clone() for name, value in model.state_arrays().items()}
    random = torch.get_rng_state()
    explained(looking, 10)
    assert torch.equal(torch.get_rng_state(), random)
    assert all(torch.equal(value, before[name]) for name, value in model.state_arrays().items())


@pytest.mark.parametrize("position", [0, -1, 500])
def test_a_token_that_nothing_stands_before_is_refused(make_config, position):
    with pytest.raises(ValueError, match="token of the probe"):
        explained(looker(make_config("lstm")), position)


def test_a_task_whose_targets_are_not_the_next_token_is_refused(make_config):
    tagging = {"corpus": {"name": "tagged_phrases", "samples": 40}, "task": {"name": "tagging"}}
    with pytest.raises(ValueError, match="tagging foretells no next token"):
        explained(looker(make_config("lstm", probe="They can fish .", **tagging)), 2)
