"""t-SNE on a thread of its own: told step by step, stopped at once."""

from __future__ import annotations

import threading
import time

import numpy as np

from seqviz.gui.tsne_job import MOST_POINTS, TsneJob


def vectors(count: int = 40) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, 6))


def wait_for(job: TsneJob) -> None:
    end = time.monotonic() + 20
    while job.running and time.monotonic() < end:
        time.sleep(0.005)


def test_it_ends_by_itself_with_a_place_for_each_point():
    job = TsneJob(vectors(), steps=30)
    job.start()
    wait_for(job)
    points, done = job.newest()
    assert done == 1
    assert points is not None
    assert points.shape == (40, 2)
    assert np.isfinite(points).all()


def test_it_is_told_while_it_goes_on_and_stops_when_told():
    job = TsneJob(vectors(), steps=10**7)
    job.start()
    end = time.monotonic() + 20
    while job.newest()[0] is None and time.monotonic() < end:
        time.sleep(0.005)
    job.stop()
    assert not job.running
    assert job.newest()[0] is not None
    assert not [thread for thread in threading.enumerate() if thread.name == "t-sne"]


def test_too_few_points_are_said_in_words():
    job = TsneJob(vectors(3))
    job.start()
    wait_for(job)
    assert "at least four" in job.error
    assert job.newest()[0] is None


def test_of_many_words_the_first_are_placed():
    job = TsneJob(vectors(MOST_POINTS + 50), steps=1)
    job.start()
    wait_for(job)
    points, _ = job.newest()
    assert points is not None
    assert len(points) == MOST_POINTS
