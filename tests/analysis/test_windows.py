from __future__ import annotations

import math

import torch

from seqviz.analysis.windows import WindowMean
from seqviz.models.trace import TracedArray


def window(*values: float) -> dict[str, TracedArray]:
    return {"losses": TracedArray(torch.tensor([values]), ("batch", "t"))}


def test_the_mean_counts_each_window_once_and_keeps_the_axes():
    mean = WindowMean()
    mean.add(window(1.0, 2.0))
    mean.add(window(3.0, 6.0))
    assert mean.count == 2
    found = mean.means()["losses"]
    assert found.values.tolist() == [[2.0, 4.0]]
    assert found.axes == ("batch", "t")


def test_a_position_without_a_number_does_not_count_in_its_window():
    mean = WindowMean()
    mean.add(window(1.0, math.nan, math.nan))
    mean.add(window(3.0, 6.0, math.nan))
    first, second, third = mean.means()["losses"].values[0].tolist()
    assert (first, second) == (2.0, 6.0)
    assert math.isnan(third)


def test_adding_leaves_the_windows_own_array_alone():
    mean, first = WindowMean(), window(1.0)
    mean.add(first)
    mean.add(window(5.0))
    assert first["losses"].values.tolist() == [[1.0]]
