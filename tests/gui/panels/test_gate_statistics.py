from __future__ import annotations

import numpy as np
import pytest

from seqviz.gui.panels.gate_statistics import drops, memory_length, persistence, summarise


def test_the_summary_holds_mean_percentiles_and_saturated_shares():
    gate = np.tile(np.linspace(0.0, 1.0, 11, dtype=np.float32), (3, 1))
    summary = summarise(gate)
    assert summary.mean[0] == pytest.approx(0.5)
    assert summary.low[0] == pytest.approx(0.1)
    assert summary.high[0] == pytest.approx(0.9)
    assert summary.shut[0] == pytest.approx(1 / 11)
    assert summary.open[0] == pytest.approx(1 / 11)


def test_only_clear_dips_are_named_the_deepest_first():
    mean = np.full(20, 0.9)
    mean[4], mean[9], mean[15] = 0.5, 0.3, 0.85
    assert drops(mean) == [9, 4]
    assert drops(np.full(20, 0.5)) == []


def test_the_memory_of_a_gate_that_keeps_a_share_is_minus_one_over_its_logarithm():
    keep = np.full((7, 1), np.exp(-0.1), dtype=np.float32)
    assert memory_length(keep)[0] == pytest.approx(10.0, rel=1e-4)


def test_a_slow_unit_persists_and_an_alternating_one_does_not():
    t = np.arange(60)
    states = np.stack([np.sin(t / 10), (-1.0) ** t, np.zeros(60)], axis=1)
    slow, fast, still = persistence(states)
    assert slow > 0.9
    assert fast < -0.9
    assert still == 1.0
