"""The terms of dL/dW by position against autograd's gradient of the same loss, in float64."""

from __future__ import annotations

import pytest
import torch
from torch.nn.utils import parametrize

from seqviz.analysis import Subject
from seqviz.analysis.gradient_norms import mean_losses
from seqviz.analysis.weight_gradients import WeightGradients, weight_parts
from seqviz.analysis.weight_parts import Part, Terms, gradient_of, shares, shares_of_terms
from seqviz.core.interface import Interface, Space
from seqviz.models.base import Context, NeuralModel, position_losses
from seqviz.models.output import Output
from tests.analysis.small_models import OTHERS, RECURRENT, SMALL, build, text_batch, vector_batch

SERVED = [*RECURRENT, *(n for n in OTHERS if WeightGradients().serves(build(n, **SMALL)))]
EVERYTHING = frozenset({"*"})


def used_parameters(model: NeuralModel) -> dict[str, torch.Tensor]:
    """Names and tensors, a normalised convolution's weight as it is used."""
    found = {name: p for name, p in model.named_parameters() if ".parametrizations." not in name}
    for path, module in model.named_modules():
        if parametrize.is_parametrized(module, "weight"):
            found[f"{path}.weight"] = module.weight
    return found


def summed(terms: list[Part] | Terms) -> torch.Tensor:
    return gradient_of(terms) if isinstance(terms, list) else terms.each.sum(dim=0)


def expected_gradients(subject: Subject) -> dict[str, torch.Tensor]:
    model = subject.model
    assert isinstance(model, NeuralModel)
    with parametrize.cached():  # so that the weight that is used is the one differentiated by
        parameters = used_parameters(model)
        loss = mean_losses(position_losses(model.forward(subject.batch, Context()), subject.batch))
        gradients = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
    return {n: g for n, g in zip(parameters, gradients, strict=True) if g is not None}


def test_the_recurrent_nets_a_transformer_and_a_tcn_are_served():
    assert {"rnn", "lstm", "gru", "lstm_peephole", "transformer", "tcn"} <= set(SERVED)


@pytest.mark.parametrize("name", SERVED)
def test_the_terms_of_all_positions_add_up_to_the_gradient(name):
    subject = Subject(build(name, **SMALL), text_batch())
    expected = expected_gradients(subject)
    found = weight_parts(subject)
    missing = {n for n in expected if n not in found}
    assert missing <= {"position.table.weight", "from_output.weight"}  # read by no module: rows added as they stand
    for parameter, parts in found.items():
        whole = summed(parts)
        assert torch.allclose(whole, expected[parameter].reshape(whole.shape), rtol=1e-9, atol=1e-13), parameter


@pytest.mark.parametrize("name", RECURRENT)
@pytest.mark.parametrize("encoding", ["embedding", "one_hot"])
def test_the_terms_add_up_for_one_hot_inputs_too(name, encoding):
    subject = Subject(build(name, input_encoding=encoding, **SMALL), text_batch())
    expected = expected_gradients(subject)
    found = weight_parts(subject)
    assert set(found) == set(expected)
    for parameter, parts in found.items():
        whole = summed(parts)
        assert torch.allclose(whole, expected[parameter].reshape(whole.shape), rtol=1e-9, atol=1e-13), parameter


def test_the_terms_add_up_for_one_loss_at_the_end_of_a_series():
    interface = Interface(Space("vectors", 2), Space("vectors", 1), "last_gaussian", 6)
    subject = Subject(build("lstm", interface, **SMALL), vector_batch(1))
    expected = expected_gradients(subject)
    for parameter, parts in weight_parts(subject).items():
        whole = summed(parts)
        assert torch.allclose(whole, expected[parameter].reshape(whole.shape), rtol=1e-9, atol=1e-13), parameter


def test_one_positions_term_is_the_gradient_by_a_copy_of_the_matrix_used_there_alone():
    """Slow and plain: an LSTM unrolled with a W_hh of its own for every position."""
    model = build("lstm", **{**SMALL, "n_layers": 1})
    batch = text_batch()
    subject = Subject(model, batch)
    weights = model.weights(0)
    copies = [weights.w_hh.detach().clone().requires_grad_() for _ in range(8)]
    state, outputs = model.zero_state(1, weights.w_ih), []
    for x, copy in zip(model.embed(batch).unbind(1), copies, strict=True):
        state = model.cell_step(x, state, type(weights)(weights.w_ih, copy, weights.b_ih, weights.b_hh))
        state = {name: state[name] for name in model.states}
        outputs.append(state["hidden_state"])
    loss = mean_losses(position_losses(Output(model.head(torch.stack(outputs, 1), batch)), batch))
    terms = torch.autograd.grad(loss, copies)
    whole = sum(terms)
    arrays = WeightGradients().compute(subject, EVERYTHING)
    norms = arrays["weight_gradient.cells.weight_hh_l0.by_position"]
    aligned = arrays["weight_gradient.cells.weight_hh_l0.aligned"]
    kept = arrays["weight_gradient.cells.weight_hh_l0.cancellation"]
    assert (norms.axes, aligned.axes, kept.axes) == (("batch", "t"), ("batch", "t"), ("batch", "value"))
    assert norms.values[0].tolist() == pytest.approx([float(t.norm()) for t in terms], rel=1e-9)
    assert aligned.values[0].tolist() == pytest.approx(
        [float((t * whole).sum() / whole.square().sum()) for t in terms], rel=1e-7, abs=1e-12
    )
    assert float(kept.values[0, 0]) == pytest.approx(float(whole.norm() / sum(t.norm() for t in terms)))


def plain_term(model: NeuralModel, subject: Subject, module: torch.nn.Module, t: int) -> dict[str, torch.Tensor]:
    """A backward pass in which this module hears of its output at t alone: its parameters' gradients."""
    along = 2 if isinstance(module, torch.nn.Conv1d) else 1

    def deafen(module: torch.nn.Module, read: object, said: torch.Tensor) -> None:
        kept = torch.zeros_like(said)
        kept.select(along, t).fill_(1.0)
        said.register_hook(lambda gradient: gradient * kept)

    handle = module.register_forward_hook(deafen)
    loss = mean_losses(position_losses(model.forward(subject.batch, Context()), subject.batch))
    handle.remove()
    own = {name: p for name, p in module.named_parameters(recurse=False) if p.requires_grad}
    return dict(zip(own, torch.autograd.grad(loss, list(own.values())), strict=True))


@pytest.mark.parametrize("name", [n for n in ("transformer", "tcn", "gated_conv", "fixed_window") if n in SERVED])
def test_each_positions_term_is_what_a_module_gets_that_hears_of_that_position_alone(name):
    model = build(name, **SMALL, channels=6, n_levels=2)
    subject = Subject(model, text_batch())
    arrays = WeightGradients().compute(subject, EVERYTHING)
    kinds = (torch.nn.Linear, torch.nn.Conv1d, torch.nn.Embedding, torch.nn.LayerNorm)
    looked_at = 0
    for path, module in model.named_modules():
        known = isinstance(module, kinds) and not parametrize.is_parametrized(module)
        known = known and sum(module.weight is getattr(other, "weight", None) for other in model.modules()) == 1
        if not known or f"weight_gradient.{path}.weight.by_position" not in arrays:
            continue
        norms: dict[str, list[float]] = {}
        for t in range(8):
            for key, term in plain_term(model, subject, module, t).items():
                norms.setdefault(key, []).append(float(term.square().sum().sqrt()))
        for key, expected in norms.items():
            found = arrays[f"weight_gradient.{path}.{key}.by_position"].values[0]
            assert found.tolist() == pytest.approx(expected, rel=1e-8, abs=1e-14), (path, key)
            looked_at += 1
    assert looked_at >= 3


@pytest.mark.parametrize("name", SERVED)
def test_shares_of_all_positions_add_up_to_one_and_no_sum_is_longer_than_its_terms(name):
    found = WeightGradients().compute(Subject(build(name, **SMALL), text_batch()), EVERYTHING)
    for key, traced in found.items():
        if key.endswith(".aligned") and not torch.isnan(traced.values).any():
            assert float(traced.values.sum()) == pytest.approx(1.0, rel=1e-7), key
        if key.endswith(".cancellation") and not torch.isnan(traced.values).any():
            assert 0 <= float(traced.values) <= 1 + 1e-12, key


@pytest.mark.parametrize("name", ["rnn", "deep_rnn", "transformer"])
def test_the_shares_of_a_gradient_whose_square_is_no_number_are_those_of_any_other(name):
    model = build(name, **SMALL)
    with torch.no_grad():  # all gradients below the head shrink with it
        model.head.linear.weight = torch.nn.Parameter(model.head.linear.weight * 1e-24)
    tiny = WeightGradients().compute(Subject(model.float(), text_batch()), EVERYTHING)
    above = ("weight_gradient.head", "weight_gradient.embed")
    below = [key for key in tiny if ".aligned" in key and not key.startswith(above)]
    assert below
    for key in below:
        assert float(tiny[key].values.sum()) == pytest.approx(1.0, rel=1e-3), key
        kept = float(tiny[key.replace("aligned", "cancellation")].values)
        assert 0 < kept <= 1 + 1e-5
        assert float(tiny[key.replace("aligned", "by_position")].values.max()) > 0


def test_signed_shares_add_up_to_one():
    subject = Subject(build("transformer", **SMALL), text_batch())
    found = WeightGradients().compute(subject, frozenset({"weight_gradient.*.aligned"}))
    assert len(found) > 5
    for traced in found.values():
        assert float(traced.values.sum()) == pytest.approx(1.0)


def test_a_matrix_that_two_modules_share_hears_both_at_a_position():
    e = torch.eye(3, dtype=torch.float64)
    one, other = Part(e[[0, 1]], e[[0, 1]]), Part(2 * e[[0, 1]], e[[0, 2]])
    found = shares([one, other])
    assert found["by_position"].tolist() == pytest.approx([3.0, 5**0.5])  # |e00 + 2 e00|, |e11 + 2 e12|
    assert float(found["aligned"].sum()) == pytest.approx(1.0)


def test_terms_as_vectors_and_as_matrices_say_the_same():
    generator = torch.Generator().manual_seed(0)
    left, right = (torch.randn(6, n, generator=generator, dtype=torch.float64) for n in (3, 5))
    short, long = shares([Part(left, right)]), shares_of_terms(Terms(left.unsqueeze(2) * right.unsqueeze(1)))
    for figure, values in short.items():
        assert torch.allclose(values, long[figure]), figure


def test_terms_that_pull_apart_cancel():
    left = torch.tensor([[1.0], [-1.0], [1.0]], dtype=torch.float64)
    found = shares([Part(left, torch.ones(3, 1, dtype=torch.float64))])
    assert found["aligned"].tolist() == pytest.approx([1.0, -1.0, 1.0])
    assert float(found["cancellation"]) == pytest.approx(1 / 3)


@pytest.mark.parametrize("name", ["transformer", "lstm_peephole"])
def test_looking_leaves_random_state_gradients_mode_and_methods_alone(name):
    model = build(name, **SMALL).train()
    known = [set(vars(module)) for module in model.modules()]
    before = torch.get_rng_state()
    WeightGradients().compute(Subject(model, text_batch()), EVERYTHING)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(p.grad is None for p in model.parameters())
    assert model.training
    assert not any(module._forward_hooks for module in model.modules())
    assert [set(vars(module)) for module in model.modules()] == known


def test_only_what_is_wanted_is_given():
    model = build("rnn", **SMALL)
    found = WeightGradients().compute(
        Subject(model, text_batch()), frozenset({"weight_gradient.*.weight_hh_l1.aligned"})
    )
    assert list(found) == ["weight_gradient.cells.weight_hh_l1.aligned"]
    assert WeightGradients().compute(Subject(model, text_batch()), frozenset()) == {}
