from __future__ import annotations

import numpy as np
import pytest

from seqviz.gui.panels.base import Cursor
from seqviz.gui.panels.recurrent_spectrum import RecurrentSpectrumPanel, block_title
from tests.gui.panels.sheet_frames import run_of, snapshot_of

GATES = ("input_gate", "forget_gate", "cell_candidate", "output_gate")


def arrays(radius: float, block: str = "recurrent", layer: int = 0) -> dict[str, np.ndarray]:
    angles = np.linspace(0.0, 2 * np.pi, 9)[:-1]
    sizes = np.linspace(1.0, 0.2, 8) * radius
    prefix = f"spectrum.layers.{layer}.{block}."
    return {
        prefix + "eigenvalues": np.stack([sizes * np.cos(angles), sizes * np.sin(angles)], axis=1),
        prefix + "radius": np.asarray(radius),
        prefix + "norm": np.asarray(2 * radius),
    }


def provides(*blocks: str) -> tuple[str, ...]:
    return tuple(f"spectrum.layers.*.{block}.eigenvalues" for block in blocks)


@pytest.fixture
def panel(qtbot) -> RecurrentSpectrumPanel:
    made = RecurrentSpectrumPanel()
    qtbot.addWidget(made)
    made.resize(400, 400)
    return made


def test_the_reading_compares_the_radius_with_the_start(panel):
    run = run_of("rnn", provides("recurrent"))
    panel.present(snapshot_of(arrays(0.58), run=run, step=0))
    assert panel.reading() == "spectral radius **0.58**"
    panel.present(snapshot_of(arrays(1.04), run=run, step=300))
    assert panel.reading() == "spectral radius **1.04**, it was 0.58 at the start"
    assert panel.trail == {0: 0.58, 300: 1.04}


def test_a_look_back_takes_its_place_in_the_trail_and_a_new_run_starts_one(panel):
    run = run_of("rnn", provides("recurrent"))
    for step, radius in ((10, 0.6), (300, 1.0), (100, 0.8)):
        panel.present(snapshot_of(arrays(radius), run=run, step=step))
    assert list(panel.export()["step"]) == [10, 100, 300]
    assert list(panel.export()["radius"]) == [0.6, 0.8, 1.0]
    assert panel.reading() == "spectral radius **0.80**, it was 0.60 at step 10"
    panel.present(snapshot_of(arrays(0.5), run=run_of("rnn", provides("recurrent")), step=1))
    assert panel.trail == {1: 0.5}


def test_the_card_counts_what_lies_outside_the_circle(panel):
    panel.present(snapshot_of(arrays(1.5), run=run_of("rnn", provides("recurrent"))))
    told = panel.explain(Cursor(0))
    said = {quantity.name: quantity.value for quantity in told.quantities}
    assert said["outside the circle"] == "3 of 8"
    assert said["norm ‖W‖, largest singular value"] == "3.000"
    assert said["after 10 steps, ρ¹⁰"] == "57.7"
    assert told.key_number == "1.50"


def test_one_scale_serves_both_parts_so_that_the_circle_is_round(panel):
    panel.present(snapshot_of(arrays(3.0), run=run_of("rnn", provides("recurrent"))))
    for size in ((400, 400), (700, 300), (300, 260), (280, 560)):
        panel.resize(*size)
        right, up, middle = panel.pixel(1.0, 0.0), panel.pixel(0.0, 1.0), panel.pixel(0.0, 0.0)
        assert right.x() - middle.x() == pytest.approx(middle.y() - up.y())
        assert panel.plane().contains(panel.pixel(3.0, 0.0))
        assert not panel.grab().toImage().isNull()


def test_one_chooses_the_block_of_a_gate_and_only_that_is_asked_for(panel, qtbot):
    run = run_of("lstm", provides(*GATES))
    panel.present(snapshot_of(arrays(0.5, "cell_candidate"), run=run))
    assert panel.block == "cell_candidate"
    assert panel.menu_choices()[0][1] == ("input gate", "forget gate", "cell candidate", "output gate")
    assert "gates decide" in panel.explain(Cursor(0)).sentence
    with qtbot.waitSignal(panel.wants_changed):
        panel.choose("block", "forget gate")
    assert panel.current_wants() == {
        f"spectrum.layers.*.forget_gate.{what}" for what in ("eigenvalues", "radius", "norm")
    }
    assert not panel.ready()
    panel.present(snapshot_of(arrays(0.7, "forget_gate"), run=run))
    assert panel.reading() == "spectral radius **0.70**"


def test_one_chooses_among_layers_and_the_top_one_comes_first(panel):
    both = {**arrays(0.5, layer=0), **arrays(0.9, layer=1)}
    panel.present(snapshot_of(both, run=run_of("rnn", provides("recurrent"))))
    assert panel.reading() == "spectral radius **0.90**"
    panel.choose("layer", "layer 1")
    assert panel.reading() == "spectral radius **0.50**"


def test_a_broken_matrix_is_a_ghost_and_leaves_the_trail_alone(panel):
    run = run_of("rnn", provides("recurrent"))
    panel.present(snapshot_of(arrays(0.5), run=run, step=1))
    panel.present(snapshot_of(arrays(np.nan), run=run, step=2))
    assert not panel.ready()
    assert panel.reading() == ""
    assert panel.trail == {1: 0.5}
    assert not panel.grab().toImage().isNull()


def test_blocks_have_titles_in_words():
    assert block_title("deeper.0.transform_gate") == "transform gate, depth 2"
    assert block_title("shortcut.recurrent") == "shortcut"
    assert block_title("recurrent") == "recurrent"
