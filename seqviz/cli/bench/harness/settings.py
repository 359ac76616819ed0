"""The models that are measured, all of one modest size, on generated stories: nothing is downloaded."""

from __future__ import annotations

from typing import Any

from seqviz.core.config import RunConfig, parse_config

LENGTH = 64
RECURRENT: dict[str, Any] = {"d_hidden": 128, "d_embedding": 128, "n_layers": 1}
MODELS: dict[str, dict[str, Any]] = {
    "lstm": RECURRENT,
    "gru": RECURRENT,
    "rnn": RECURRENT,
    "transformer": {"d_model": 128, "n_layers": 4, "n_heads": 4},
}
NEVER = 1_000_000  # steps between validations and samples


def batch_size(model: str) -> int:
    return 12 if model == "transformer" else 32


def bench_config(model: str, threads: int = 1) -> RunConfig:
    """A run that does nothing but train: no validation, samples of one token, no end."""
    return parse_config(
        {
            "title": f"bench {model}",
            "corpus": {"name": "stories", "characters": 200_000},
            "task": {"name": "next_token"},
            "model": {"name": model, **MODELS.get(model, {})},
            "optimizer": {"learning_rate": 1e-3},
            "training": {
                "steps": 0,
                "batch_size": batch_size(model),
                "context_length": LENGTH,
                "threads": threads,
                "valid_every": NEVER,
                "valid_batches": 1,
            },
            "sampling": {"prompt": "O", "length": 1, "every": NEVER},
        }
    )
