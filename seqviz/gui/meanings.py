"""What each hue means: a fixed table (after Okabe and Ito), and the dash and marker of each member.

A family sets the hue, the member sets dash and marker, and every curve carries its name: nothing is told by
colour alone. Values are colours or names of theme tokens.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass


@dataclass(frozen=True)
class MemberStyle:
    """How a member of a family is drawn: `dash` in pen widths (empty: solid), `marker` at the line's end."""

    dash: tuple[float, ...]
    marker: str


# line light, text light, line dark, text dark; "ink": the name is written in ink beside a dot
_FAMILIES = {
    "rnn": ("#D55E00", "#A84800", "#F0803C", "#F59358"),
    "lstm": ("#0072B2", "#005E94", "#4FA8E0", "#6BB9EC"),
    "gru": ("#3A9BD6", "ink", "#8CCBF2", "#8CCBF2"),
    "transformer": ("#B8578C", "#96406F", "#DB92BC", "#E3A3C8"),
    "ngram": ("#6B7480", "ink3", "#98A2AE", "ink3"),
    "hmm": ("#8C7A00", "ink", "#D6C545", "#D6C545"),
    "convolution": ("#7A8B00", "ink", "#B5C639", "#B5C639"),
    "tree": ("#7B5BB0", "ink", "#B39DDB", "#B39DDB"),
}
# Words that place a family or an architecture; the first that occurs in its name wins.
_WORDS = (
    ("tree", "tree"),
    ("lstm", "lstm"),
    ("gru", "gru"),
    ("minimal gated", "gru"),
    ("transformer", "transformer"),
    ("attention", "transformer"),
    ("gpt", "transformer"),
    ("seq2seq", "transformer"),
    ("elmo", "lstm"),
    ("conv", "convolution"),
    ("tcn", "convolution"),
    ("window", "convolution"),
    ("bag of words", "convolution"),
    ("word2vec", "convolution"),
    ("ngram", "ngram"),
    ("n-gram", "ngram"),
    ("gram", "ngram"),
    ("count", "ngram"),
    ("baseline", "ngram"),
    ("hmm", "hmm"),
    ("kalman", "hmm"),
    ("state", "hmm"),  # the family of models that estimate a hidden state
    ("filter", "hmm"),
    ("rnn", "rnn"),
    ("elman", "rnn"),
    ("recurrent", "rnn"),
    ("highway", "rnn"),
    ("to hidden", "rnn"),
)
_GATES = {
    "forget": ("#009E73", "#00734F", "#22BD91", "#35C99E"),
    "input": ("#C77800", "#8A5600", "#F0AE33", "#F0AE33"),
    "output": ("#48535F", "ink2", "#C3CBD4", "#C3CBD4"),
}
_GATE_KIN = {"update": "forget", "carry": "forget", "reset": "input", "transform": "input"}
_MEMBERS = {
    "rnn": MemberStyle((), "disc"),
    "lstm": MemberStyle((), "disc"),
    "gru": MemberStyle((5.0, 2.5), "diamond"),
    "transformer": MemberStyle((), "disc"),
    "ngram": MemberStyle((4.0, 3.0), "square"),
    "train": MemberStyle((), "none"),
    "valid": MemberStyle((), "disc"),
}
_SPARE = (
    MemberStyle((7.0, 3.0), "triangle"),
    MemberStyle((2.5, 2.0), "square"),
    MemberStyle((7.0, 2.5, 2.0, 2.5), "diamond"),
    MemberStyle((3.5, 1.5, 1.5, 1.5, 1.5, 1.5), "ring"),
)


def family_of(name: str) -> str:
    """The row of the colour table for a family or architecture name; "" when none fits."""
    low = name.lower().replace("_", " ")
    return next((family for word, family in _WORDS if word in low), "")


def family_value(name: str, dark: bool, text: bool) -> str:
    values = _FAMILIES.get(family_of(name), ("ink2", "ink2", "ink2", "ink2"))
    return values[2 * dark + text]


def gate_value(name: str, dark: bool, text: bool) -> str:
    word = name.rsplit(".", 1)[-1].lower().removesuffix("_gate").removesuffix(" gate")
    values = _GATES.get(_GATE_KIN.get(word, word), ("ink2", "ink2", "ink2", "ink2"))
    return values[2 * dark + text]


def member_style(name: str) -> MemberStyle:
    """Dash and marker of a member: fixed for the common ones, else chosen by its name, always the same."""
    known = _MEMBERS.get(name.lower().replace("-", "").replace("_", ""))
    return known or _SPARE[zlib.crc32(name.lower().encode()) % len(_SPARE)]
