"""Canned events for the panels over training steps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from seqviz.core.batch import Ruler
from seqviz.core.events import Baseline, BaselinesCounted, Evaluated, Frame, RunStarted, Sample, StepMetrics
from seqviz.core.units import Unit, bits_per
from seqviz.gui.history import History

LN2 = float(np.log(2))
VOCABULARY = tuple("abcdefgh·↵")
LAYERS = ("embedding", "layers.0", "output")


@pytest.fixture
def make_run() -> Callable[..., RunStarted]:
    def make(unit: Unit | None = None, steps: int = 1000, clip_norm: float = 1.0, run_id: str = "r") -> RunStarted:
        sampling = {"temperature": 0.8, "top_k": 0, "top_p": 1.0, "seed": 7, "length": 20}
        return RunStarted(
            run_id=run_id,
            folder="",
            config={"training": {"steps": steps, "clip_norm": clip_norm}, "sampling": sampling},
            title="LSTM",
            family="lstm",
            unit=unit or bits_per("character"),
            vocabulary=VOCABULARY,
            parameters=(("embedding", 10),),
            layer_names=LAYERS,
            receptive_field="unbounded",
            memory_bytes=1,
            corpus_summary="",
            provides=("next_token.probabilities",),
            device="cpu",
            threads=1,
        )

    return make


@pytest.fixture
def make_history() -> Callable[..., History]:
    """Losses fall from 3 to 2 bits in a straight line over `steps`; each tenth step is clipped to half."""

    def make(steps: int = 100, samples: tuple[int, ...] = (), valid_every: int = 10) -> History:
        history = History()
        history.apply(BaselinesCounted((Baseline("uniform", "guessing blindly", 3.3 * LN2),)))
        for step in range(1, steps + 1):
            bits = 3.0 - step / steps
            scale = 0.5 if step % 10 == 0 else 1.0
            norms = np.array([0.01, 0.1, 1.0])
            history.apply(StepMetrics(step, 10 * step, step / 10, bits * LN2, 1 / scale, scale, 1e-3, norms))
            if step % valid_every == 0:
                history.apply(Evaluated(step, (bits + 0.1) * LN2, full=False))
            if step in samples:
                tokens, bits_each = tuple("bad cab"), np.full(7, 4.0 / step)
                history.apply(Sample(step, "a", tokens, bits_each, {}, bits * LN2))
        return history

    return make


@pytest.fixture
def make_frame() -> Callable[..., Frame]:
    """Probe `bead·cab`; after every position b has 0.5, c 0.3 and the rest share what is left."""

    def make(text: str = "bead·cab") -> Frame:
        row = np.full(len(VOCABULARY), 0.2 / (len(VOCABULARY) - 2))
        row[1], row[2] = 0.5, 0.3
        rows = np.tile(row, (len(text), 1)).astype(np.float32)
        name = "next_token.probabilities"
        return Frame(1, "r", {name: rows}, {name: ("t", "vocab")}, {"t": Ruler(tuple(text))}, {name: 1})

    return make
