"""Frames of what is watched: dear means over sequences come to an end while the model learns."""

from __future__ import annotations

import time

import numpy as np
import pytest

from seqviz.core.commands import Play, Prepare, Watch
from seqviz.core.events import Frame
from seqviz.training.builder import build
from seqviz.training.control import Control
from seqviz.training.looking import Looker
from seqviz.training.ports import NoStore, NoStores
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


PIECES = frozenset({"jacobian.*.product", "jacobian.*.singular_values", "backprop.*"})


def test_a_picture_made_in_pieces_is_the_one_made_at_once(make_config):
    trainer = Trainer(build(make_config()), NoStore(), lambda event: None)
    shown = []
    for by_pieces in (False, True):
        frames: list[Frame] = []
        looker = Looker(trainer, lambda e, to=frames: to.append(e) if isinstance(e, Frame) else None,
                        by_pieces=by_pieces)  # fmt: skip
        looker.set_watch(Watch(PIECES))
        halfway = 0
        while looker.look(paused=True):
            halfway += looker.midway
        assert bool(halfway) == by_pieces
        shown.append({name: array for frame in frames for name, array in frame.arrays.items()})
    assert shown[0].keys() == shown[1].keys()
    assert "jacobian.layers.0.hidden_state.product" in shown[0]
    for name, array in shown[0].items():
        np.testing.assert_array_equal(array, shown[1][name])


def test_the_weights_stand_still_while_a_picture_is_made_in_pieces(make_config):
    frames: list[Frame] = []
    control = Control(lambda e: frames.append(e) if isinstance(e, Frame) else None, lambda: None, NoStores())
    control.obey(Prepare(make_config(training__steps=0, sampling__every=10_000)))
    control.obey(Watch(PIECES, budget=0.9))
    control.obey(Play())
    halfway, end = 0, time.monotonic() + 20
    name = "jacobian.layers.0.hidden_state.product"
    while time.monotonic() < end and sum(name in frame.arrays for frame in frames) < 2:
        midway, before = control.looker.midway, control.trainer.step
        control.work()
        if midway:
            halfway += 1
            assert control.trainer.step == before
    assert halfway > 5
    assert len({frame.step for frame in frames if name in frame.arrays}) == 2
    control.close()


def test_another_probe_leaves_a_picture_that_was_begun(make_config):
    trainer = Trainer(build(make_config()), NoStore(), lambda event: None)
    frames: list[Frame] = []
    looker = Looker(trainer, lambda e: frames.append(e) if isinstance(e, Frame) else None, by_pieces=True)
    looker.set_watch(Watch(frozenset({"jacobian.*.product"})))
    while not looker.midway:
        looker.look(paused=True)
    other = "the dog saw a ball"
    looker.set_probe(other)
    assert not looker.midway
    while looker.look(paused=True):
        pass
    name = "jacobian.layers.0.hidden_state.product"
    products = [frame.arrays[name] for frame in frames if name in frame.arrays]
    assert [len(array) for array in products] == [len(other)]
