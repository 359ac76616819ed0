"""What was recorded of a script comes back, bounded, and damaged files are named."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seqviz.core.batch import Ruler
from seqviz.core.commands import OpenRun
from seqviz.core.events import Frame, Rejected, RunFinished, RunStarted, StepMetrics
from seqviz.runs.folders import open_run
from seqviz.runs.listing import recent_runs, run_line
from seqviz.runs.watched import MOST, WatchedRun, is_watched
from seqviz.training.reopening import reopen
from seqviz.watching.describing import describe


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQVIZ_HOME", str(tmp_path))
    started = describe(torch.nn.LSTM(2, 3), "LSTM", "watched 1", ("gradient.total.x", "parameters.*"), "token")
    run = WatchedRun.create(started)
    for step in range(1, 201):
        run.record(StepMetrics(step, step, 0.1 * step, 1.0 / step, 1.0, float("nan"), 1e-3, np.ones(1)))
        values = {"gradient.total.x": np.full(3, float(step))}
        ruler = {"t": Ruler(("a", "b", "c"))}
        run.record(Frame(step, "watched 1", values, {"gradient.total.x": ("t",)}, ruler, {"gradient.total.x": step}))
    run.record(RunFinished(200, "the script has ended", {}))
    run.close()
    return run.folder


def test_everything_comes_back_with_the_last_frame(folder):
    stored = open_run(folder)
    assert stored.watched
    started = stored.events[0]
    assert isinstance(started, RunStarted)
    assert (started.step, started.outside, started.folder) == (200, True, str(folder))
    assert started.config["training"]["steps"] == 0
    assert [e.step for e in stored.events if isinstance(e, StepMetrics)] == list(range(1, 201))
    frames = [e for e in stored.events if isinstance(e, Frame)]
    assert len(frames) == 1
    assert frames[0].arrays["gradient.total.x"].tolist() == [200.0] * 3
    assert isinstance(stored.events[-2], RunFinished)


def test_frames_on_disk_are_bounded_and_spread_over_the_run(folder):
    steps = sorted(int(path.stem.split("-")[1]) for path in (folder / "seen").glob("frame-*.wire"))
    assert len(steps) <= MOST
    assert steps[0] == 1
    assert steps[-1] == 200
    assert max(np.diff(steps)) < 40


def test_it_stands_in_the_list_of_runs(folder):
    assert recent_runs(folder.parent) == [folder]
    assert run_line(folder).title == "LSTM"


def test_a_damaged_file_is_named(folder):
    last = sorted((folder / "seen").glob("frame-*.wire"))[-1]
    last.write_bytes(last.read_bytes()[:20])
    with pytest.raises(ValueError, match=rf"{last.name}: a damaged message"):
        open_run(folder)


def test_it_has_no_weights_to_train_on_with(folder):
    with pytest.raises(ValueError, match="recorded from a script of its own, without weights"):
        reopen(open_run(folder), print)


def test_the_training_thread_tells_it_again_and_trains_nothing(folder):
    from seqviz.core.commands import Play
    from seqviz.runs.folders import RunFolders
    from seqviz.training.control import Control

    heard = []
    control = Control(heard.append, lambda: None, RunFolders(folder.parent))
    control.obey(OpenRun(folder))
    assert is_watched(folder)
    assert [type(e) for e in heard if isinstance(e, RunStarted | Frame | RunFinished)] == [
        RunStarted,
        Frame,
        RunFinished,
    ]
    control.obey(Play())
    assert isinstance(heard[-1], Rejected)
    control.close()
