"""Every view of the laboratory on models of every kind, healthy and broken: nothing raises, warns or hangs."""

from __future__ import annotations

import warnings

import pytest
import torch

from seqviz.core.commands import Prepare, SetProbe, Step, Watch
from seqviz.core.events import Event, Frame, Notice, Rejected, RunDiverged, RunFailed
from seqviz.core.lab_commands import Ask, BreakpointSetting, SetBreakpoints
from seqviz.core.lab_events import Diagnosed
from seqviz.core.presets import find_preset, read_preset
from seqviz.models.base import architectures
from seqviz.training.breakpoints import breakpoints
from seqviz.training.control import Control
from seqviz.training.ports import NoStores

EVERYTHING = Watch(frozenset({"*"}), "probe", 1.0)
SMALL = {"d_hidden": 8, "d_embedding": 6, "d_model": 8, "n_heads": 2, "channels": 8}
CASES = {
    "one unit": ("recall-rnn", {"model.d_hidden": 1, "training.batch_size": 1}),
    "four layers": ("lstm-stories", {"model.n_layers": 4, "training.batch_size": 1}),
    "rectified": ("recall-irnn", {}),
    "transformer": ("transformer-text", {"model.n_layers": 1}),
    "convolution": ("tcn-stories", {}),
    "pairs": ("seq2seq-dates", {}),
    "labels": ("tagging-lstm", {"training.valid_batches": 1}),
    "trees": ("tree-lstm-arithmetic", {}),
    "bags": ("word2vec-world", {}),
    "both ways": ("elmo-few-labels", {}),
    "series": ("adding-irnn", {}),
    "filter": ("kalman-tracks", {}),
    "counts": ("ngram-stories", {}),
}


@pytest.fixture(params=CASES)
def desk(request):
    preset, own = CASES[request.param]
    config = read_preset(find_preset(preset))
    fields = architectures.get(config.model.name).Config.model_fields
    sizes = {f"model.{key}": value for key, value in SMALL.items() if key in fields}
    length = {} if "delay" in config.corpus.knobs else {"training.context_length": 12}
    rest = {"training.threads": 1, "training.valid_every": 1000, "training.batch_size": 2, "training.steps": 6}
    made = Desk(config.replaced({**sizes, **length, **rest, **own}))
    yield made
    made.control.close()


class Desk:
    """A control with everything watched and armed, and what it said."""

    def __init__(self, config) -> None:
        self.said: list[Event] = []
        self.control = Control(self.said.append, lambda: None, NoStores())
        self.control.obey(Watch(EVERYTHING.wants, "probe", 1.0))
        self.control.obey(Prepare(config))
        assert self.control.trainer is not None, self.said
        self.run, self.looker = self.control.trainer, self.control.looker

    def settle(self, most: int = 3000) -> None:
        """Work until nothing is left to do; warnings are faults."""
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for _ in range(most):
                if not self.control.busy:
                    break
                self.control.work()
        assert not self.control.busy, f"still at work: {self.looker.awaiting}"
        faults = [e for e in self.said if isinstance(e, Notice) and e.level == "error"]
        assert not faults, f"{faults[0].text}\n{faults[0].details}"
        assert not [e for e in self.said if isinstance(e, RunFailed)]

    def fill(self, value: float) -> None:
        with torch.no_grad():
            for parameter in self.run.model.parameters():
                parameter.fill_(value)
        self.control.obey(Watch(frozenset(), "probe", 1.0))
        self.control.obey(EVERYTHING)  # everything is due again

    def heard(self, kind) -> list:
        return [event for event in self.said if isinstance(event, kind)]


def test_every_view_of_a_healthy_run_is_given_from_each_source_and_through_the_shortest_probe(desk):
    desk.settle()
    if desk.run.learns:
        desk.control.obey(Step(2))
        desk.settle()
        desk.control.obey(Watch(EVERYTHING.wants, "batch", 1.0))
        desk.settle()
        desk.control.obey(Ask(frozenset({"curvature.slice.*", "curvature.line.*"})))
        desk.settle()
        assert desk.heard(Diagnosed)
    text = desk.looker.probe_text
    for short in (text[:1], text.split()[0]):
        desk.control.obey(SetProbe(short))  # some tasks refuse it, with a sentence
        desk.settle()
    assert desk.heard(Frame)


def test_weights_that_are_no_sensible_numbers_break_no_view(desk):
    if not desk.run.learns:
        pytest.skip("it has no weights that could break")
    desk.control.obey(Step(1))
    limits = {name: -1e30 if kind.below else 1e30 for name, kind in breakpoints.items() if name != "nan"}
    settings = [BreakpointSetting(n, limit, breakpoints.get(n).distance and 2) for n, limit in limits.items()]
    desk.control.obey(SetBreakpoints(tuple(settings)))
    for value in (0.0, 1e30, float("nan")):
        desk.fill(value)
        desk.settle()
    desk.control.obey(Ask(frozenset({"curvature.slice.*", "curvature.line.*"})))
    desk.control.obey(Step(1))
    desk.settle()
    assert desk.heard(RunDiverged)
    assert all("\n" not in event.text for event in desk.heard(Rejected))
