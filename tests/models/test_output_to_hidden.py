from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from seqviz.core.batch import Batch, Field
from seqviz.core.interface import Interface, Needs, Space, reason_against
from seqviz.models.base import Context
from seqviz.models.output_to_hidden import OutputToHidden

TIGHT = {"rtol": 1e-9, "atol": 1e-12}
MODES = ("teacher_forcing", "free_running")
PASSES = {"teacher_forcing": "teacher_forced", "free_running": "free_running"}


def build(**knobs: Any) -> OutputToHidden:
    torch.manual_seed(0)
    interface = Interface(Space("tokens", 6), Space("tokens", 6), "softmax", 8)
    config = OutputToHidden.Config(**{"d_embedding": 5, "d_hidden": 4, **knobs})
    model = OutputToHidden(config, interface).double().eval()  # type: ignore[arg-type]
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(3)  # far from linear, so that what is recalled matters
    return model


def text(rows: int = 2, length: int = 7, seed: int = 3) -> Batch:
    ids = torch.randint(6, (rows, length + 1), generator=torch.Generator().manual_seed(seed))
    return Batch({"tokens": Field(ids[:, :-1], ("batch", "t"))}, {"tokens": Field(ids[:, 1:], ("batch", "t"))})


def by_hand(model: OutputToHidden, batch: Batch, forced: bool) -> Tensor:
    """The equations with nothing but matrices: log probabilities (B, T, V)."""
    u, w = model.from_input, model.from_output.weight
    tokens, said, found = batch.inputs["tokens"].values, torch.zeros(2, 6, dtype=torch.float64), []
    for t in range(tokens.shape[1]):
        before = torch.eye(6, dtype=torch.float64)[tokens[:, t]] if forced else said
        h = torch.tanh(model.embedding(tokens[:, t]) @ u.weight.T + u.bias + before @ w.T)
        logits = h @ model.head.linear.weight.T + model.head.linear.bias
        said = torch.softmax(logits, dim=-1)
        found.append(said.log())
    return torch.stack(found, dim=1)


@pytest.mark.parametrize("mode", MODES)
def test_forward_and_both_traced_passes_follow_the_equations(mode: Any) -> None:
    model, batch = build(train_by=mode), text()
    expected = {name: by_hand(model, batch, name == "teacher_forced") for name in PASSES.values()}
    said = model.forward(batch, Context()).predictive.log_probs()
    torch.testing.assert_close(said, expected[PASSES[mode]], **TIGHT)
    arrays, target = model.trace(batch).arrays, batch.targets["tokens"].values
    for name, log_probs in expected.items():
        torch.testing.assert_close(arrays[f"output.{name}"].values, log_probs.exp(), **TIGHT)
        losses = -log_probs.gather(-1, target.unsqueeze(-1)).squeeze(-1)
        torch.testing.assert_close(arrays[f"output.{name}_loss"].values, losses, **TIGHT)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("site", ["layers.0.hidden_state", "embedding"])
def test_reach_is_exactly_where_the_gradient_flows(mode: Any, site: str) -> None:
    model, batch = build(train_by=mode), text()
    trace = model.trace(batch, keep_graph=True)
    flow = torch.zeros(7, 7, dtype=torch.bool)
    for t in range(7):
        found = torch.autograd.grad(
            trace.losses[:, t].sum(), trace.sites[site].steps, retain_graph=True, allow_unused=True
        )
        for s in range(7):
            gradient = found[0][:, s] if trace.sites[site].stacked else found[s]
            flow[t, s] = gradient is not None and bool((gradient != 0).any())
    assert torch.equal(flow, model.reach(batch, site))


def test_with_teacher_forcing_a_language_model_is_a_bigram_model() -> None:
    model, batch = build(), text()
    other = batch.convert(lambda ids: torch.cat([(ids[:, :-1] + 1) % 6, ids[:, -1:]], dim=1))  # another past
    last, same = (model.forward(b, Context()).predictive.log_probs()[:, -1] for b in (batch, other))
    assert torch.equal(last, same)
    assert model.receptive_field() == 1


def test_running_free_what_was_said_is_a_memory_of_the_past() -> None:
    model, batch = build(train_by="free_running"), text()
    other = batch.convert(lambda ids: torch.cat([(ids[:, :1] + 1) % 6, ids[:, 1:]], dim=1))
    last, changed = (model.forward(b, Context()).predictive.log_probs()[:, -1] for b in (batch, other))
    assert not torch.equal(last, changed)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("reads", ["probabilities", "logits"])
def test_both_kinds_of_own_output_are_carried_from_window_to_window_and_token_to_token(mode: Any, reads: Any) -> None:
    model, batch = build(train_by=mode, reads=reads), text()
    whole = model.forward(batch, Context()).predictive.log_probs()
    first, second = (batch.convert(lambda ids, part=part: ids[:, part]) for part in (slice(0, 3), slice(3, 7)))
    carried = model.forward(first, Context()).state
    rest = model.forward(second, Context(carried)).predictive.log_probs()
    torch.testing.assert_close(rest, whole[:, 3:], **TIGHT)
    state = model.initial_state(2)
    for t in range(7):
        log_probs, state = model.step(batch.inputs["tokens"].values[:, t], state)
        torch.testing.assert_close(log_probs, whole[:, t], **TIGHT)


def test_it_serves_next_token_alone_and_says_why() -> None:
    reason = reason_against(OutputToHidden.offers, Needs("chain", "tokens", "softmax", causal=False))
    assert reason is not None
    assert "next token" in reason
