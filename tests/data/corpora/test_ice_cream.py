from __future__ import annotations

import numpy as np
import pytest

from seqviz.data.corpora.ice_cream import EATEN, IceCream, IceCreamConfig, write_diary


def test_the_diary_follows_the_weather_it_was_written_by():
    diary, weather = write_diary(50_000, 0.8, 3)
    eaten = np.array([int(c) - 1 for c in diary])
    for kind in (0, 1):
        shares = np.bincount(eaten[weather == kind], minlength=3) / (weather == kind).sum()
        np.testing.assert_allclose(shares, EATEN[kind], atol=0.01)
    assert float((weather[1:] == weather[:-1]).mean()) == pytest.approx(0.8, abs=0.01)


def test_weather_that_always_stays_never_changes():
    assert len(set(write_diary(1000, 1.0, 0)[1].tolist())) == 1


def test_the_last_tenth_is_kept_apart():
    content = IceCream(IceCreamConfig(days=2000)).read()
    assert (len(content.train), len(content.valid)) == (1800, 200)
    assert set(content.train) == {"1", "2", "3"}
    assert IceCream(IceCreamConfig(days=2000, seed=1)).read().sha256 != content.sha256
