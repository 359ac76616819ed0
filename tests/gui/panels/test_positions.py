from __future__ import annotations

import numpy as np
import pytest

from seqviz.gui.colour_maps import MASKED
from seqviz.gui.panels import position_views as views
from seqviz.gui.panels.base import Cursor, Snapshot
from seqviz.gui.panels.positions import PositionsPanel
from tests.gui.panels.sheet_frames import N, lay_out, picture, run_of, snapshot_of

DISTANCE = "blocks.0.attention.score_by_distance"


def sinusoids(dimensions: int = 32) -> np.ndarray:
    angles = np.outer(np.arange(N), 10000.0 ** (-np.arange(0, dimensions, 2) / dimensions))
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(N, dimensions).astype(np.float32)


def bias() -> np.ndarray:
    distance = np.arange(N)[:, None] - np.arange(N)[None, :]
    values = np.stack([-0.5 * distance, -0.25 * distance]).astype(np.float32)
    values[:, distance < 0] = np.nan
    return values


def snapshot(arrays: dict[str, np.ndarray], cursor: Cursor | None = None) -> Snapshot:
    return snapshot_of(arrays, cursor, run_of("transformer", tuple(arrays)))


@pytest.fixture
def panel(qtbot) -> PositionsPanel:
    made = PositionsPanel()
    qtbot.addWidget(made)
    lay_out(made, height=170)
    return made


def test_a_sinusoidal_encoding_is_split_into_sine_over_cosine(panel):
    panel.present(snapshot({"position.encoding": sinusoids()}))
    sine, cosine = panel.bands()
    assert (sine.middle, cosine.middle) == ("sine", "cosine")
    assert sine.indices.shape == (8, N)  # the faster half of 16 frequencies
    assert panel.limit == 1.0
    assert "the faster half of its 32 dimensions" in panel.subtitle()
    picture(panel)


def test_a_learned_encoding_is_one_band_on_a_range_that_stays(panel):
    values = np.random.default_rng(0).normal(0, 0.05, (N, 20)).astype(np.float32)
    first = snapshot({"position.encoding": values})
    panel.present(first)
    assert len(panel.bands()) == 1
    limit = panel.limit
    assert 0.1 <= limit <= 0.2
    panel.present(Snapshot(first.run, snapshot({"position.encoding": 9 * values}).frame))
    assert panel.limit == limit


def test_rotation_is_drawn_as_hands(panel):
    angles = np.outer(np.arange(N), [1.0, 0.1, 0.01, 0.001]).astype(np.float32)
    panel.present(snapshot({"position.rotation_angles": angles}))
    assert panel.view == views.ROTATION
    assert panel.bands()[0].indices.shape == (4, N)
    assert "slowest in **6" in panel.reading()
    picture(panel)


def test_a_bias_matrix_shows_one_head_and_never_the_future(panel):
    panel.present(snapshot({"position.bias": bias()}))
    indices = panel.bands()[0].indices
    assert (indices[np.triu_indices(N, 1)] == MASKED).all()
    assert "loses **0.5**" in panel.reading()
    panel.choose("head", "head 2")
    assert "loses **0.25**" in panel.reading()
    picture(panel)


def test_scores_by_distance_are_laid_out_backwards_from_the_cursor():
    scores = {DISTANCE: np.arange(N, dtype=np.float32)[None, :]}
    band = views.distance_band(scores, 5, N, 20.0)
    row = band.indices[0]
    assert (row[6:] == MASKED).all()
    assert row[0] > row[5]  # distance 5 scores higher than distance 0


def test_another_picture_is_traced_only_when_it_is_chosen(panel, qtbot):
    arrays = {"position.encoding": sinusoids(), DISTANCE: np.zeros((2, N), dtype=np.float32)}
    panel.present(snapshot(arrays))
    assert panel.current_wants() == frozenset({"position.encoding"})
    with qtbot.waitSignal(panel.wants_changed):
        panel.choose("picture", views.DISTANCE)
    assert panel.current_wants() == frozenset({"blocks.*.attention.score_by_distance"})
    picture(panel)


def test_similarity_shows_all_positions_against_all(panel):
    arrays = {"position.encoding": sinusoids(), "position.similarity": np.eye(N, dtype=np.float32)}
    panel.present(snapshot(arrays))
    panel.choose("picture", views.SIMILARITY)
    assert panel.bands()[0].indices.shape == (N, N)
    assert "alike at **0.00**" in panel.reading()
    picture(panel)
