from __future__ import annotations

import numpy as np

from seqviz.training.diagnosis.no_positions import NoPositions
from tests.training.diagnosis.cases import made, silent
from tests.training.diagnosis.patients import faulty, healthy


def arrays(first: float, prediction: float) -> dict[str, np.ndarray]:
    return {"order.first_attention": np.array(first), "order.prediction": np.array(prediction)}


def test_a_bag_of_tokens_is_surer_than_what_the_mask_gives_away():
    bag = NoPositions().judge(made(arrays=arrays(1e-7, 1e-7)))
    mask_only = NoPositions().judge(made(arrays=arrays(1e-7, 0.2)))
    assert bag is not None
    assert mask_only is not None
    assert "bag of tokens" in bag.sentence
    assert "the causal mask gives some order away" in mask_only.sentence
    assert bag.confidence > mask_only.confidence >= 0.5


def test_attention_that_sees_the_order_is_well_and_what_is_no_attention_is_not_judged():
    assert NoPositions().judge(made(arrays=arrays(0.01, 0.01))) is None
    silent(NoPositions(), made(title="Bag of words"), "Bag of words has no blocks of self-attention")


def test_one_block_without_positions_is_a_bag_and_every_encoding_is_far_from_one():
    found = faulty("no positions, one block").finding("no_positions")
    assert found is not None
    assert "bag of tokens" in found.sentence
    for name in ("Transformer, learned positions", "Transformer, RoPE, ReLU", "Transformer, ALiBi"):
        assert healthy(name).case.arrays["order.first_attention"] > 1e-3, name


def test_a_model_that_has_positions_is_told_that_its_attention_looks_away_from_them():
    config = {"model": {"position": "rope"}, "optimizer": {"weight_decay": 0.01}, "training": {}}
    found = NoPositions().judge(made(arrays=arrays(1e-7, 0.002), config=config))
    assert found is not None
    assert "It has positions" in found.sentence
    assert found.suggestions[0].remedy == "weight_decay"
