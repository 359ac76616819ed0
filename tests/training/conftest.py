from __future__ import annotations

import numpy as np
import pytest

from seqviz.core.config import RunConfig, parse_config
from seqviz.models.base import architectures

TINY = {"d_hidden": 12, "d_embedding": 8, "d_model": 16, "n_heads": 2, "channels": 12, "n_levels": 2, "order": 3}
WORDS = ["the", "cat", "dog", "saw", "a", "red", "ball", "and", "ran", "home"]


@pytest.fixture
def text() -> str:
    rng = np.random.default_rng(0)
    return " ".join(rng.choice(WORDS, size=1200))


@pytest.fixture
def make_config(text):
    """A tiny run on words; keyword arguments are dotted keys with __ for the dot."""

    def make(model: str = "lstm", **changes: object) -> RunConfig:
        fields = architectures.get(model).Config.model_fields
        knobs = {key: value for key, value in TINY.items() if key in fields}
        if "d_model" in fields:
            knobs["n_layers"] = 2
        tree = {
            "corpus": {"name": "text", "text": text},
            "task": {"name": "next_token"},
            "model": {"name": model, **knobs},
            "training": {"steps": 12, "batch_size": 4, "context_length": 16, "threads": 1, "valid_every": 5,
                         "valid_batches": 2},
            "sampling": {"prompt": "the", "length": 8},
            "probe": "the cat saw a red dog",
        }  # fmt: skip
        config = parse_config(tree)
        return config.replaced({k.replace("__", "."): v for k, v in changes.items()})

    return make
