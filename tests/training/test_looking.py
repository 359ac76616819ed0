"""Frames of what is watched: dear means over sequences come to an end while the model learns."""

from __future__ import annotations

import time

import pytest

from seqviz.core.commands import Watch
from seqviz.core.events import Frame
from seqviz.training.builder import build
from seqviz.training.looking import Looker
from seqviz.training.ports import NoStore
from seqviz.training.trainer import Trainer

DEAR = ("gradient.itemised.layers.0.hidden_state", "gradient.decay.layers.0.hidden_state")


@pytest.mark.parametrize("source", ["batch", "windows"])
def test_two_means_over_sequences_both_come_to_an_end_while_training(source, make_config):
    frames: list[Frame] = []
    trainer = Trainer(build(make_config(training__steps=0, sampling__every=10_000)), NoStore(), lambda event: None)
    looker = Looker(trainer, lambda event: frames.append(event) if isinstance(event, Frame) else None)
    looker.set_watch(Watch(frozenset(DEAR), source, budget=0.5))
    missing, end = set(DEAR), time.monotonic() + 20
    for _ in trainer.turns():
        looker.look(paused=False)
        missing -= {name for frame in frames for name in frame.arrays}
        if not missing or time.monotonic() > end:
            break
    assert not missing


def test_another_source_starts_the_means_afresh(make_config):
    trainer = Trainer(build(make_config()), NoStore(), lambda event: None)
    looker = Looker(trainer, lambda event: None)
    looker.set_watch(Watch(frozenset(DEAR), "windows"))
    while not looker.awaiting.endswith(" 2 done"):
        assert looker.look(paused=True)
    looker.set_watch(Watch(frozenset(DEAR[:1]), "probe"))
    while looker.look(paused=True):
        pass
    looker.set_watch(Watch(frozenset(DEAR), "windows"))
    while not looker.awaiting:
        looker.look(paused=True)
    assert looker.awaiting.endswith(" 1 done")
