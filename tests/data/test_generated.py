from __future__ import annotations

import numpy as np

from seqviz.data.generated import GeneratedConfig, arrays_sha256


def test_splits_draw_different_numbers_and_each_draws_the_same_again():
    config = GeneratedConfig(seed=5)
    train, again, valid = (config.generator(s).random(4) for s in ("train", "train", "valid"))
    assert np.array_equal(train, again)
    assert not np.any(train == valid)


def test_the_hash_sees_values_shape_and_type():
    a = np.arange(6)
    hashes = {arrays_sha256(x) for x in (a, a + 1, a.reshape(2, 3), a.astype(np.int32))}
    assert len(hashes) == 4
    assert arrays_sha256(a) == arrays_sha256(a.copy())
