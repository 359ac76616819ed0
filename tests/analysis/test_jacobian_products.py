from __future__ import annotations

import pytest
import torch

from seqviz.analysis import Subject
from seqviz.analysis.backward_scan import one_later
from seqviz.analysis.jacobian_products import (
    JacobianProducts,
    mean_and_band,
    plan,
    powers_of,
    product_norms,
    steepest_steps,
)
from seqviz.analysis.jacobians import joint_jacobians, largest_singular_value, part
from seqviz.models.recurrent import RecurrentModel
from tests.analysis.small_models import SMALL, build, text_batch
from tests.analysis.test_jacobians import EVERY_CELL

T = 7


def unrolled_jacobian(subject: Subject, layer: int, t: int, k: int) -> torch.Tensor:
    """d (all states at t) / d (all states at k), through the unrolled longhand map, by torch: (S, S)."""
    model, arrays = subject.model, subject.trace.arrays
    below = [arrays[f"layers.{n}.hidden_state"].values for n in range(layer)]
    x = arrays["embedding"].values

    def run(joint: torch.Tensor) -> torch.Tensor:
        state = dict(zip(model.states, joint.unsqueeze(0).chunk(len(model.states), dim=1), strict=True))
        for position in range(k + 1, t + 1):
            lower = [values[:1, position] for values in below]
            if isinstance(model, RecurrentModel):
                state = model.cell_step((lower or [x[:1, position]])[-1], state, model.weights(layer))
            else:
                state = model.cell(layer).equations(model.reads(x[:1, position], lower), state)
        return torch.cat([state[name][0] for name in model.states])

    start = torch.cat([arrays[f"layers.{layer}.{name}"].values[0, k] for name in model.states]).detach()
    return torch.autograd.functional.jacobian(run, start)


@EVERY_CELL
def test_norms_over_distance_equal_those_of_the_unrolled_map(name, knobs):
    subject = Subject(build(name, **SMALL, **knobs), text_batch(positions=T))
    for layer in (0, 1):
        for which in subject.model.states:
            plain = torch.full((T - 1, T), torch.nan, dtype=torch.float64)
            for t in range(1, T):
                for k in range(t + 1):
                    jacobian = unrolled_jacobian(subject, layer, t, k)
                    rows = part(subject.model, which, jacobian.shape[0])
                    plain[t - 1, t - k] = torch.linalg.matrix_norm(jacobian[rows, rows], 2)
            joint = joint_jacobians(subject, layer)[0]
            found = product_norms(joint, part(subject.model, which, joint.shape[-1]), list(range(1, T)), list(range(T)))
            assert torch.allclose(found, plain, rtol=1e-8, atol=1e-14, equal_nan=True), (layer, which)
            shown = JacobianProducts().compute(subject, frozenset({f"jacobian.layers.{layer}.{which}.product"}))
            (curve,) = shown.values()
            assert curve.axes == ("batch", "distance", "figure")
            assert torch.allclose(curve.values[0, :, 0], plain.nanmean(dim=0), rtol=1e-8)
            for place, share in ((1, 0.1), (2, 0.9)):
                band = torch.nanquantile(plain, share, dim=0)
                assert torch.allclose(curve.values[0, :, place], band, rtol=1e-8)


@EVERY_CELL
@pytest.mark.parametrize("scale", [1.0, 4.0])
def test_no_product_is_larger_than_its_bounds(name, knobs, scale):
    model = build(name, **SMALL, **knobs)
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if "weight_hh" in key:
                parameter *= scale
    subject = Subject(model, text_batch(2, positions=T))
    found = JacobianProducts().compute(subject, frozenset({"*"}))
    bounds = {key: array.values[0] for key, array in found.items() if ".bound" in key}
    assert bounds
    for key, bound in bounds.items():
        layer, which = key.split(".")[2:4]
        joint = joint_jacobians(subject, int(layer))
        rows = part(model, which, joint.shape[-1])
        for one in joint:
            norms = product_norms(one, rows, list(range(1, T)), list(range(T)))
            assert (norms.nan_to_num(0.0) <= bound * (1 + 1e-9)).all(), key


def test_a_plain_rnn_has_the_bounds_of_bengio_and_pascanu():
    model = build("rnn", **SMALL)
    subject = Subject(model, text_batch(positions=T))
    found = JacobianProducts().compute(subject, frozenset({"jacobian.layers.0.*"}))
    norm = torch.linalg.matrix_norm(model.weights(0).w_hh.detach(), 2)
    steepest = (1 - subject.trace.arrays["layers.0.hidden_state"].values ** 2).max()
    distance = torch.arange(T)
    assert torch.allclose(found["jacobian.layers.0.hidden_state.bound"].values[0], norm**distance)
    assert torch.allclose(found["jacobian.layers.0.hidden_state.bound_seen"].values[0], (norm * steepest) ** distance)
    assert not any("steepest" in name for name in found)


def test_a_gated_cell_has_only_the_bound_of_its_steepest_step():
    subject = Subject(build("gru", **SMALL), text_batch(positions=T))
    found = JacobianProducts().compute(subject, frozenset({"jacobian.layers.0.*"}))
    assert set(found) == {f"jacobian.layers.0.hidden_state.{what}" for what in ("product", "bound_steepest")}
    worst = torch.linalg.matrix_norm(joint_jacobians(subject, 0)[0, 1:], 2).max()
    assert torch.allclose(
        found["jacobian.layers.0.hidden_state.bound_steepest"].values[0], worst ** torch.arange(T)
    )  # fmt: skip


def test_a_thousand_steps_neither_overflow_nor_vanish_on_the_way():
    grows = torch.eye(2).expand(40, 2, 2) * torch.where(torch.arange(40) < 20, 1e-4, 1e4)[:, None, None]
    norms = product_norms(grows, slice(0, 2), [39], list(range(40)))
    assert norms[0, 9] == pytest.approx(1e36, rel=1e-3)
    assert torch.isinf(norms[0, 20])
    assert norms[0, 39] == pytest.approx(1e4, rel=1e-3)  # 20 steps up, 19 down


def test_a_state_that_is_cut_off_has_norm_zero_and_a_broken_one_none():
    cut = torch.zeros(4, 2, 2)
    assert product_norms(cut, slice(0, 2), [3], [0, 1, 2, 3]).tolist() == [[1.0, 0.0, 0.0, 0.0]]
    broken = torch.full((4, 2, 2), torch.nan)
    norms = product_norms(broken, slice(0, 2), [3], [0, 1, 2, 3])
    assert norms[0, 0] == 1.0
    assert torch.isnan(norms[0, 1:]).all()
    assert torch.isnan(mean_and_band(norms)[1:]).all()


def test_the_largest_singular_value_equals_the_first_of_all():
    matrices = torch.randn(5, 4, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) * 1e-200
    assert torch.allclose(largest_singular_value(matrices), torch.linalg.svdvals(matrices)[:, 0], rtol=1e-10, atol=0)


def test_wide_layers_are_looked_at_at_fewer_distances_but_always_the_longest():
    ends, distances = plan(48, 128)
    assert len(ends) == 12
    assert distances == list(range(48))
    ends, distances = plan(48, 512)
    assert len(ends) * len(distances) <= 48
    assert {0, 1, 47} <= set(distances)
    assert ends[-1] == 47
    assert plan(1, 16) == ([], [0])


def test_the_cheap_norm_of_wide_layers_is_never_below_the_exact_one(monkeypatch):
    joint = torch.randn(2, 6, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    exact = steepest_steps(joint, 2)
    assert torch.allclose(exact[0, 1], torch.linalg.matrix_norm(joint[:, 1:, :4, 4:], 2).max())
    monkeypatch.setattr("seqviz.analysis.jacobian_products.NORMS", 1)
    assert (steepest_steps(joint, 2) >= exact).all()


def test_powers_of_block_norms_are_plain_matrix_powers():
    base = torch.tensor([[0.5, 2.0], [0.1, 0.9]])
    plain = [float(torch.linalg.matrix_power(base.double(), d)[1, 1]) for d in range(5)]
    assert powers_of(base, 1, 5).tolist() == pytest.approx(plain)


@pytest.mark.parametrize("name", ["rnn", "lstm", "deep_rnn"])
def test_a_probe_of_one_position_has_no_product_and_is_no_error(name):
    found = JacobianProducts().compute(Subject(build(name, **SMALL), text_batch(positions=1)), frozenset({"*"}))
    products = [array.values for key, array in found.items() if key.endswith(".product")]
    assert products
    assert all(values.shape == (1, 1, 3) and torch.isnan(values).all() for values in products)


def test_one_later_puts_zeros_first():
    assert one_later(torch.ones(1, 3, 2))[0, :, 0].tolist() == [0.0, 1.0, 1.0]
