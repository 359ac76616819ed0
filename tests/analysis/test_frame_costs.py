"""What is computed for every frame is cheap: nothing dear hides as a frame."""

from __future__ import annotations

import time
from statistics import median

import pytest
import torch

from seqviz.analysis import Analysis, Subject, analyses
from seqviz.core.config import parse_config
from seqviz.training.builder import Experiment, build

MOST = 5.0  # milliseconds; measured on a quiet machine they take below 1
TOKENS = 48
EVERYTHING = frozenset({"*"})
WIDE = {
    "lstm": {"d_hidden": 128, "d_embedding": 128},
    "rnn": {"d_hidden": 128, "d_embedding": 128},
    "transformer": {"d_model": 128, "n_layers": 2, "n_heads": 4},
}
TEXT = "the cat saw a red dog and a ball near the old house. " * 40


@pytest.fixture(scope="module", params=sorted(WIDE))
def wide(request):
    """A model of the size that the figure is stated for."""
    experiment = build(
        parse_config(
            {
                "corpus": {"name": "text", "text": TEXT},
                "task": {"name": "next_token"},
                "model": {"name": request.param, **WIDE[request.param]},
                "training": {"steps": 1, "batch_size": 2, "context_length": 64, "threads": 1},
            }
        )
    )
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield experiment
    torch.set_num_threads(threads)


def test_an_analysis_of_every_frame_takes_a_few_milliseconds_at_most(wide):
    dear = {name: ms for name, analysis in frames_of(wide) if (ms := milliseconds(analysis, wide)) > MOST}
    assert not dear, f'these are to declare cost = "budget": {dear}'


def test_an_analysis_that_is_dear_is_told_from_a_cheap_one(wide):
    class Dear(Analysis):
        provides = ("dear",)

        def serves(self, model):
            return True

        def compute(self, subject, wants):
            _ = subject.graph  # the longhand pass with its graph: never for every frame
            end = time.process_time() + 0.006
            while time.process_time() < end:
                pass
            return {}

    assert milliseconds(Dear(), wide) > MOST


def frames_of(experiment: Experiment) -> list[tuple[str, Analysis]]:
    found = [(name, kind()) for name, kind in analyses.items() if kind.cost == "frame"]
    served = [(name, analysis) for name, analysis in found if analysis.serves(experiment.model)]
    assert served
    return served


def milliseconds(analysis: Analysis, experiment: Experiment) -> float:
    """Median of five, of the processor's own time; the light trace is there already, as in every frame."""
    batch, _ = experiment.task.probe(TEXT[:TOKENS])
    tensors = batch.convert(torch.from_numpy)
    times = []
    for _ in range(6):
        subject = Subject(experiment.model, tensors)
        assert subject.trace.arrays
        began = time.process_time()
        analysis.compute(subject, EVERYTHING)
        times.append(1e3 * (time.process_time() - began))
    return median(times[1:])
