"""What goes over the wire comes back as it was, and nothing else does."""

from __future__ import annotations

import io
import math
import subprocess
import sys

import numpy as np
import pytest

from seqviz.core import events as ev
from seqviz.core.batch import Ruler
from seqviz.core.commands import Step, Watch
from seqviz.core.lab_commands import BreakpointSetting, SetBreakpoints
from seqviz.core.wire import decode, encode, framed, messages

FRAME = ev.Frame(
    3,
    "run",
    {"a.pattern": np.arange(6, dtype=np.float32).reshape(1, 2, 3), "b": np.array([np.nan, 1.0]), "c": np.empty((0, 4))},
    {"a.pattern": ("head", "query_pos", "key_pos"), "b": ("t",), "c": ("t", "unit")},
    {"t": Ruler(("x", "é"), "character")},
    {"a.pattern": 3, "b": 2, "c": 3},
)


def test_a_frame_comes_back_with_the_same_arrays_read_only():
    back = decode(encode(FRAME))
    assert (back.step, back.axes, back.rulers, back.made_at) == (3, FRAME.axes, FRAME.rulers, FRAME.made_at)
    for name, array in FRAME.arrays.items():
        np.testing.assert_array_equal(back.arrays[name], array)
        assert back.arrays[name].dtype == array.dtype
        assert not back.arrays[name].flags.writeable


@pytest.mark.parametrize(
    "thing",
    [
        Watch(frozenset({"a", "b"}), "probe", 0.1),
        Step(4),
        SetBreakpoints((BreakpointSetting("gradient_norm", 10.0), BreakpointSetting("nan", 0.0, 3))),
        ev.Notice("warning", "text", "details"),
        ev.RunFinished(7, "over", {"loss": 1.5, "steps": 7}),
    ],
)
def test_events_and_commands_come_back_equal(thing):
    assert decode(encode(thing)) == thing


def test_numbers_that_are_none_come_back():
    back = decode(encode(ev.StepMetrics(1, 2, 0.5, math.nan, math.inf, 1.0, 1e-3)))
    assert math.isnan(back.loss)
    assert back.grad_norm == math.inf


@pytest.mark.parametrize("thing", [object(), np.array([object()]), ev.Notice("info", object()), print])
def test_what_is_not_plain_data_does_not_travel(thing):
    with pytest.raises(TypeError, match="do(es)? not travel"):
        encode(thing)


@pytest.mark.parametrize("cut", [0, 4, 12, 40, -1])
def test_damaged_bytes_are_refused(cut):
    with pytest.raises(ValueError, match="damaged message"):
        decode(encode(FRAME)[:cut])


def test_a_class_that_is_no_event_is_refused():
    content = b'{"c":"Popen","f":[]}'
    with pytest.raises(ValueError, match="damaged message"):
        decode(len(content).to_bytes(8, "little") + content)


def test_a_stream_gives_its_messages_and_ends_at_half_a_one():
    one, two = encode(Step(1)), encode(Step(2))
    stream = io.BytesIO(framed(one) + framed(two) + framed(one)[:11])
    assert list(messages(lambda n: stream.read(min(n, 3)))) == [one, two]


def test_a_script_that_sends_events_does_not_wait_for_pydantic():
    code = "import sys, seqviz, seqviz.core.wire; sys.exit(any(m in sys.modules for m in ('pydantic', 'torch')))"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
