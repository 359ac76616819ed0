"""Canned beliefs of a small hidden Markov model and of a tagger."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from seqviz.core.events import RunStarted
from tests.gui.panels.sheet_frames import TEXT, N, run_of

VOCABULARY = tuple(sorted(set(TEXT)))  # " ,acdeghot"
TAGS = ("ADJ", "NOUN", "VERB")
TRANSITION = np.array([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2], [0.25, 0.25, 0.5]], dtype=np.float32)


def emission() -> np.ndarray:
    """State 0 emits vowels, state 1 consonants, state 2 the space."""
    groups = ("aeo", "tcdgh", " ")
    values = np.array([[1.0 if c in group else 0.01 for c in VOCABULARY] for group in groups])
    values[0, VOCABULARY.index("e")] = 4.0
    return (values / values.sum(axis=1, keepdims=True)).astype(np.float32)


def arrays(told: bool = False) -> dict[str, np.ndarray]:
    """At position t the path is in state t mod 3, believed in at 0.8; `told`: states are tags with names."""
    path = np.arange(N) % 3
    belief = np.full((N, 3), 0.1, dtype=np.float32)
    belief[np.arange(N), path] = 0.8
    found = {
        "belief.filtered": belief,
        "belief.smoothed": np.roll(belief, 1, axis=1),
        "belief.predicted": belief[::-1].copy(),
        "viterbi.state": path,
        "viterbi.score": -np.cumsum(belief, axis=0),
        "viterbi.back": np.roll(belief, 1, axis=0).argmax(axis=1)[:, None].repeat(3, axis=1),
        "hmm.transition": TRANSITION,
        "hmm.start": np.full(3, 1 / 3, dtype=np.float32),
    }
    return found if told else found | {"hmm.emission": emission(), "hmm.likelihood": np.array([-3.0, -2.5])}


def run(told: bool = False) -> RunStarted:
    return replace(run_of("state", tuple(arrays(told))), vocabulary=TAGS if told else VOCABULARY)
