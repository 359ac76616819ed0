"""The probe told with the truth and without it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from seqviz.analysis import Subject, analyses
from seqviz.analysis.generation import generate
from seqviz.analysis.passes import given
from seqviz.core.batch import Batch, Field
from seqviz.core.interface import Interface, Space
from seqviz.models.base import Model, architectures

SPACE = Space("tokens", 7)
ALL = frozenset({"*"})


def model_of(name: str, **knobs: Any) -> Model:
    torch.manual_seed(0)
    cls: Any = architectures.get(name)
    return cls(cls.Config(**knobs), Interface(SPACE, SPACE, "softmax", 16)).double()


def text() -> Batch:
    ids = torch.randint(7, (1, 13), generator=torch.Generator().manual_seed(1))
    mask = torch.ones(1, 12, dtype=torch.bool)
    mask[0, -1] = False
    return Batch({"tokens": Field(ids[:, :-1], ("batch", "t"))}, {"tokens": Field(ids[:, 1:], ("batch", "t"), mask)})


def told(model: Model, batch: Batch) -> dict[str, np.ndarray]:
    found = analyses.get("passes")().compute(Subject(model, batch), ALL)
    return {name: traced.values[0].numpy() for name, traced in found.items()}


@pytest.mark.parametrize("name", ["lstm", "transformer", "output_to_hidden"])
def test_given_the_truth_the_surprisal_is_that_of_the_surprisal_panel(name: str) -> None:
    model, batch = model_of(name), text()
    expected = analyses.get("surprisal")().compute(Subject(model, batch), ALL)["surprisal"].values[0].numpy()
    found = told(model, batch)
    np.testing.assert_allclose(found["passes.truth.surprisal"], expected)
    assert found["passes.truth.guess"][0] == -1
    assert math.isnan(found["passes.truth.surprisal"][0])


@pytest.mark.parametrize("name", ["lstm", "transformer", "output_to_hidden"])
def test_left_to_itself_it_writes_what_generation_writes(name: str) -> None:
    model, batch = model_of(name, dropout=0.5), text()
    model.train()  # type: ignore[attr-defined]
    found = told(model, batch)
    start = given(12)
    prompt = batch.inputs["tokens"].values[0, :start]
    written = [token for token, _ in generate(model, prompt, 12 - start, 0.0, 0, 1.0, torch.Generator())]
    assert found["passes.own_words.guess"][start:].tolist() == written
    assert model.training  # type: ignore[attr-defined]
    for what in ("guess", "surprisal"):
        np.testing.assert_array_equal(found[f"passes.own_words.{what}"][:start], found[f"passes.truth.{what}"][:start])


def test_the_own_output_pass_is_that_of_a_net_run_free() -> None:
    forced, batch = model_of("output_to_hidden"), text()
    free = model_of("output_to_hidden", train_by="free_running")
    free.load_arrays(forced.state_arrays())
    own = told(forced, batch)["passes.own_output.surprisal"]
    expected = analyses.get("surprisal")().compute(Subject(free, batch), ALL)["surprisal"].values[0].numpy()
    np.testing.assert_allclose(own, expected)
    assert not np.allclose(own[1:], told(forced, batch)["passes.truth.surprisal"][1:])


def test_only_nets_that_read_their_output_have_that_pass_and_only_writers_any() -> None:
    passes = analyses.get("passes")()
    assert "passes.own_output.*" not in passes.names(model_of("lstm"))
    assert "passes.own_output.*" in passes.names(model_of("output_to_hidden"))
    assert passes.names(model_of("bilstm")) == ()
