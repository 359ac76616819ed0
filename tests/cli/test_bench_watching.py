"""The bench of a watched loop: both sides learn the same way. No speed is asserted."""

from __future__ import annotations

import pytest
import torch

from seqviz.cli.bench.watching import cost, loop
from seqviz.watching import opening
from seqviz.watching.recording import Recording


@pytest.mark.parametrize("model", ["lstm", "transformer"])
def test_both_sides_are_the_same_loop(model):
    losses = []
    for _ in range(2):
        step, _ = loop(model)
        torch.manual_seed(3)
        losses.append([step().item() for _ in range(2)])
    assert losses[0] == losses[1]


def test_a_cost_is_taken_and_nothing_is_left_watching(monkeypatch, tmp_path):
    monkeypatch.setenv("SEQVIZ_HOME", str(tmp_path))
    monkeypatch.setattr(opening, "_open", Recording)
    monkeypatch.setattr("seqviz.watching.pace.Pace.due", lambda pace: True)
    share, returned, looks = cost("lstm", stretch=0.1, pairs=2, warm_up=0.2)
    assert share > -1
    assert returned > 0
    assert looks > 0
    assert opening._current[0]._dead
    opening._current.clear()


def test_a_watcher_that_never_looked_gives_no_figure(monkeypatch, tmp_path):
    monkeypatch.setenv("SEQVIZ_HOME", str(tmp_path))
    monkeypatch.setattr(opening, "_open", Recording)
    monkeypatch.setattr("seqviz.watching.pace.Pace.due", lambda pace: False)
    with pytest.raises(RuntimeError, match="nothing was looked at"):
        cost("lstm", stretch=0.1, pairs=1, warm_up=0.2)
    opening._current[0].detach()
    opening._current.clear()
