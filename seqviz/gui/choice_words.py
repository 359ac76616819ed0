"""Choices of a knob as people write them: `kneser_ney` is Kneser-Ney. Pure."""

from __future__ import annotations

_NAMES = {
    "add_delta": "add delta",
    "alibi": "ALiBi",
    "cbow": "CBOW",
    "gelu": "GELU",
    "katz": "Katz",
    "kneser_ney": "Kneser-Ney",
    "maximum_likelihood": "none (MLE)",
    "one_hot": "one-hot",
    "relu": "ReLU",
    "rope": "RoPE",
    "skip_gram": "skip-gram",
    "stupid_backoff": "stupid back-off",
}


def choice_words(choice: str) -> str:
    """The name in the field's words; where there is no special one, words without underscores."""
    return _NAMES.get(choice, choice.replace("_", " "))
