from __future__ import annotations

import numpy as np
import pytest

from seqviz.gui.panels.embedding_planes import MOMENTS, Planes

VECTORS = np.random.default_rng(0).normal(size=(30, 6)) * [3, 2, 1, 1, 1, 1]


def test_vectors_that_rest_rest_on_the_map_though_their_components_turn():
    planes, turn = Planes(), np.linalg.qr(np.random.default_rng(1).normal(size=(6, 6)))[0]
    planes.take(0, VECTORS)
    planes.take(10, VECTORS @ turn)
    planes.take(20, -VECTORS)
    first, second, third = planes.trails()
    np.testing.assert_allclose(second, first, atol=1e-8)
    np.testing.assert_allclose(third, first, atol=1e-8)


def test_shares_are_those_of_the_coordinates_shown():
    planes = Planes()
    planes.take(0, VECTORS)
    centred = VECTORS - VECTORS.mean(axis=0)
    sizes = np.linalg.svd(centred)[1] ** 2
    assert planes.now is not None
    assert planes.now.shares == pytest.approx((sizes / sizes.sum())[:2].tolist())


def test_trails_go_back_so_many_moments_and_no_further():
    planes = Planes()
    for step in range(MOMENTS + 5):
        planes.take(step, VECTORS + step)
    assert planes.trails().shape == (MOMENTS, 30, 2)


def test_looking_back_forgets_what_came_later():
    planes = Planes()
    for step in (0, 10, 20, 30):
        planes.take(step, VECTORS)
    planes.take(10, VECTORS)
    assert planes.now is not None
    assert planes.now.step == 10
    assert len(planes.trails()) == 2


def test_another_vocabulary_begins_anew():
    planes = Planes()
    planes.take(0, VECTORS)
    planes.take(1, VECTORS[:20])
    assert planes.trails().shape == (1, 20, 2)
