"""What every architecture promises; a new file in seqviz/models is picked up by itself."""

from __future__ import annotations

import copy
import fnmatch
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from seqviz.core.batch import Batch, Field
from seqviz.models.base import Context, Model
from seqviz.models.trace import Trace
from tests.models.sample_batches import Case, all_cases

CASES = all_cases()
TIGHT = {"rtol": 1e-9, "atol": 1e-12}


def some(keep: object = None) -> pytest.MarkDecorator:
    """Every case, or those for which `keep` holds."""
    chosen = [case for case in CASES if keep is None or keep(case)]  # type: ignore[operator]
    return pytest.mark.parametrize("case", chosen, ids=[case.label for case in chosen])


def learned(case: Case) -> bool:
    return case.build().learns_by == "gradient"


def causal_chain(case: Case) -> bool:
    return case.interface.structure == "chain" and case.build().offers.causal


def writes(case: Case) -> bool:
    return case.interface.structure == "chain" and case.interface.inputs.kind == "tokens" and case.build().generates


def said(model: Model, batch: Batch, context: Context | None = None) -> Tensor:
    """Everything the forward pass says, as one tensor."""
    return content(model.forward(batch, context or Context()).predictive)


def content(predictive: object) -> Tensor:
    """A distribution's own numbers."""
    log_probs = getattr(predictive, "log_probs", None)
    return log_probs() if log_probs is not None else predictive.mean  # type: ignore[attr-defined]


def close(actual: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(actual, expected, equal_nan=True, **TIGHT)


def same_arrays(one: Trace, other: Trace) -> None:
    assert set(one.arrays) == set(other.arrays)
    for name, array in one.arrays.items():
        assert array.axes == other.arrays[name].axes, name
        close(array.values, other.arrays[name].values)


@some()
def test_trace_says_the_same_as_forward(case: Case) -> None:
    model, batch = case.build(), case.batch()
    close(content(model.trace(batch).output.predictive), said(model, batch))


@some()
def test_losses_of_a_trace_are_minus_log_probability_and_nan_where_masked(case: Case) -> None:
    model, batch = case.build(), case.batch()
    target = next(iter(batch.targets.values()))
    expected = -model.forward(batch, Context()).predictive.log_prob(target.values)
    losses = model.trace(batch).losses
    if target.mask is not None:
        assert bool(losses[~target.mask].isnan().all())
        losses, expected = losses[target.mask], expected[target.mask]
    close(losses, expected)


@some()
def test_quick_trace_holds_the_same_arrays_as_trace(case: Case) -> None:
    model, batch = case.build(), case.batch()
    quick, slow = model.quick_trace(batch), model.trace(batch)
    same_arrays(quick, slow)
    close(quick.losses, slow.losses)
    close(content(quick.output.predictive), content(slow.output.predictive))


@some()
def test_a_graph_changes_no_traced_number(case: Case) -> None:
    model, batch = case.build(), case.batch()
    same_arrays(model.trace(batch, keep_graph=True), model.trace(batch))


@some(lambda case: "dropout" in type(case.config).model_fields)
def test_trace_in_training_mode_is_as_in_eval_mode(case: Case) -> None:
    model, batch = case.build(dropout=0.5), case.batch()
    assert isinstance(model, nn.Module)
    calm, calm_graph = model.quick_trace(batch), model.trace(batch, keep_graph=True)
    expected = said(model, batch)
    model.train()
    assert not torch.equal(said(model, batch), expected), "dropout must act while training"
    same_arrays(model.quick_trace(batch), calm)
    same_arrays(model.trace(batch, keep_graph=True), calm_graph)


@some()
def test_looking_leaves_weights_mode_and_random_state_alone(case: Case) -> None:
    model, batch = case.build(), case.batch()
    if isinstance(model, nn.Module):
        model.train()
    random, before = torch.get_rng_state(), copy.deepcopy(model.state_arrays())
    model.quick_trace(batch)
    for loss in model.trace(batch, keep_graph=True).losses[:1]:
        if loss.requires_grad:
            loss.nansum()
    assert torch.equal(torch.get_rng_state(), random)
    assert not isinstance(model, nn.Module) or model.training
    for name, value in model.state_arrays().items():
        assert torch.equal(value, before[name]), name


@some(learned)
def test_gradients_of_forward_and_trace_are_equal(case: Case) -> None:
    model, batch = case.build(), case.batch()
    assert isinstance(model, nn.Module)
    target = next(iter(batch.targets.values()))
    fast = -model.forward(batch, Context()).predictive.log_prob(target.values)
    if target.mask is not None:
        fast = fast[target.mask]
    expected = torch.autograd.grad(fast.sum(), list(model.parameters()), allow_unused=True)
    slow = model.trace(batch, keep_graph=True).losses
    actual = torch.autograd.grad(slow.nansum(), list(model.parameters()), allow_unused=True)
    for (name, _), a, b in zip(model.named_parameters(), actual, expected, strict=True):
        assert (a is None) == (b is None), name
        if a is not None:
            torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-11, msg=name)


@some(learned)
def test_losses_depend_on_sites_only_where_reach_allows(case: Case) -> None:
    model, batch = case.build(), case.batch()
    trace = model.trace(batch, keep_graph=True)
    assert trace.sites
    counted = ~trace.losses.isnan().any(dim=0)  # (out_pos,)
    for name, site in trace.sites.items():
        reach = model.reach(batch, name)
        assert reach.shape == (trace.losses.shape[1], site.positions)
        for t in counted.nonzero()[:, 0].tolist():
            found = torch.autograd.grad(trace.losses[:, t].sum(), site.steps, retain_graph=True, allow_unused=True)
            flow = strength(found, site.stacked, site.positions)  # (site_pos,)
            assert bool((flow[~reach[t]] == 0).all()), f"{name} sees past its reach at {t}"
            assert bool((flow[reach[t]] > 0).any()), f"nothing at all reaches {name} at {t}"


def strength(found: tuple[Tensor | None, ...], stacked: bool, positions: int) -> Tensor:
    """Largest gradient by site position."""
    if stacked:
        return torch.zeros(positions) if found[0] is None else found[0].abs().amax(dim=(0, 2))
    return torch.stack([torch.tensor(0.0) if g is None else g.abs().max().float() for g in found])


@some(causal_chain)
def test_later_inputs_leave_earlier_outputs_alone(case: Case) -> None:
    model, batch = case.build(), case.batch()
    field = next(iter(batch.inputs.values()))
    other = next(iter(case.batch(seed=5).inputs.values())).values
    expected = said(model, batch)
    outputs, positions = expected.shape[1], field.values.shape[1]
    changed_something = False
    for t in range(positions - 1):
        values = torch.cat([field.values[:, : t + 1], other[:, t + 1 :]], dim=1)
        changed = replace(batch, inputs={next(iter(batch.inputs)): Field(values, field.axes, field.mask)})
        actual = said(model, changed)
        seen = t + 1 - (positions - outputs)  # outputs that may not have changed
        close(actual[:, : max(seen, 0)], expected[:, : max(seen, 0)])
        changed_something |= not torch.equal(actual, expected)
    assert changed_something


@some(lambda case: causal_chain(case) and learned(case) and hasattr(case.build(), "embedding"))
def test_gradient_of_an_output_by_later_inputs_is_exactly_zero(case: Case) -> None:
    model, batch = case.build(), case.batch()
    kept: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: object, output: Tensor) -> Tensor:
        kept.append(output.detach().requires_grad_())
        return kept[-1]

    with model.embedding.register_forward_hook(keep):  # type: ignore[attr-defined]
        output = said(model, batch)
    for t in range(output.shape[1] - 1):
        gradient = torch.autograd.grad(output[:, t].square().sum(), kept[0], retain_graph=True)[0]
        assert bool((gradient[:, t + 1 :] == 0).all())
        assert bool((gradient[:, t] != 0).any())


@some(writes)
def test_cached_generation_equals_the_uncached_pass(case: Case) -> None:
    model = case.build()
    tokens = torch.cat([next(iter(case.batch(seed).inputs.values())).values for seed in (1, 2, 3)], dim=1)
    state = model.initial_state(tokens.shape[0])
    for t in range(tokens.shape[1]):
        log_probs, state = model.step(tokens[:, t], state)
        seen = tokens[:, t + 1 - model.remembers(t + 1) : t + 1]
        field = {"tokens": Field(seen, ("batch", "t"))}
        close(log_probs, said(model, Batch(field, field))[:, -1])
        close(log_probs.exp().sum(dim=1), torch.ones(len(tokens), dtype=log_probs.dtype))


@some(writes)
def test_generation_leaves_an_earlier_state_usable(case: Case) -> None:
    model, batch = case.build(), case.batch()
    tokens = next(iter(batch.inputs.values())).values
    _, before = model.step(tokens[:, 0], model.initial_state(len(tokens)))
    first, _ = model.step(tokens[:, 1], before)
    model.step(tokens[:, 2], before)
    again, _ = model.step(tokens[:, 1], before)
    assert torch.equal(first, again)


@some(causal_chain)
def test_a_carried_state_continues_where_the_window_ended(case: Case) -> None:
    model, batch = case.build(), case.batch()
    name, field = next(iter(batch.inputs.items()))
    whole = said(model, batch)
    half = field.values.shape[1] // 2
    parts = [
        replace(batch, inputs={name: Field(values, field.axes)}, fresh=fresh)
        for values, fresh in ((field.values[:, :half], True), (field.values[:, half:], False))
    ]
    state = model.forward(parts[0], Context()).state
    if state is None:
        return  # nothing is carried
    actual = said(model, parts[1], Context(state=state))
    close(actual, whole[:, -actual.shape[1] :])


@some()
def test_arrays_saved_by_one_model_make_another_say_the_same(case: Case) -> None:
    model, batch = case.build(seed=0), case.batch()
    arrays = {name: value.clone() for name, value in model.state_arrays().items()}
    other = case.build(seed=1)
    other.load_arrays(arrays)
    close(said(other, batch), said(model, batch))
    assert all(value.is_contiguous() for value in model.state_arrays().values())


@some()
def test_no_two_saved_arrays_share_memory(case: Case) -> None:
    places = [value.data_ptr() for value in case.build().state_arrays().values() if value.numel()]
    assert len(places) == len(set(places))


@some()
def test_provides_covers_exactly_what_is_traced(case: Case) -> None:
    model, batch = case.build(), case.batch()
    names = set(model.trace(batch).arrays)
    for name in names:
        assert any(fnmatch.fnmatchcase(name, wild) for wild in model.provides), name
    for wild in model.provides:
        assert any(fnmatch.fnmatchcase(name, wild) for name in names), wild


@some(lambda case: isinstance(case.build(), nn.Module))
def test_groups_add_up_to_all_parameters(case: Case) -> None:
    model = case.build()
    assert isinstance(model, nn.Module)
    groups = list(model.groups())
    assert sum(count for _, count in groups) == sum(p.numel() for p in model.parameters())
    assert len({name for name, _ in groups}) == len(groups)


@some()
def test_every_architecture_introduces_itself(case: Case) -> None:
    architecture = type(case.build())
    assert architecture.title
    assert architecture.__doc__
    families = {"recurrent", "lstm", "gru", "attention", "convolution", "counting", "state", "trees"}
    assert architecture.family in families
