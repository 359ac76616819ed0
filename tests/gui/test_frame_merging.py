"""The newest array of each name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from seqviz.core.batch import Ruler
from seqviz.core.events import Frame
from seqviz.gui.frame_merging import merged, oldest_step


def frame(step: int, names: str, probe: str = "abc", run: str = "one") -> Frame:
    arrays = {name: np.full(3, float(step)) for name in names.split()}
    axes = dict.fromkeys(arrays, ("t",))
    return Frame(step, run, arrays, axes, {"t": Ruler(tuple(probe))}, dict.fromkeys(arrays, step))


def test_a_light_frame_keeps_the_dear_array_of_the_one_before():
    both = merged(frame(1, "gates map"), frame(5, "gates"))
    assert both.arrays["gates"][0] == 5
    assert both.arrays["map"][0] == 1
    assert both.made_at == {"gates": 5, "map": 1}
    assert both.step == 5


def test_another_probe_drops_arrays_of_the_former_one():
    assert set(merged(frame(1, "gates map"), frame(5, "gates", probe="xyz")).arrays) == {"gates"}


def test_what_no_probe_has_a_part_in_outlasts_it():
    old = frame(1, "map gradient.decay.h")
    old = replace(old, axes={"map": ("t", "s"), "gradient.decay.h": ("distance",)})
    both = merged(old, frame(5, "gates", probe="xyz"))
    assert set(both.arrays) == {"gates", "gradient.decay.h"}
    assert both.made_at["gradient.decay.h"] == 1
    assert both.rulers["t"].labels == tuple("xyz")


def test_another_run_drops_arrays_of_the_former_one():
    assert set(merged(frame(1, "gates map"), frame(0, "gates", run="two")).arrays) == {"gates"}


def test_the_first_frame_is_taken_as_it_is():
    first = frame(3, "gates")
    assert merged(None, first) is first


def test_the_age_of_a_view_is_that_of_its_oldest_array():
    both = merged(frame(1, "gates map"), frame(5, "gates"))
    assert oldest_step(both) == 1
    assert oldest_step(both, frozenset({"gates"})) == 5
