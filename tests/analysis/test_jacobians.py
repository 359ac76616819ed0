from __future__ import annotations

import numpy as np
import pytest
import torch

from seqviz.analysis import Subject, analyses
from seqviz.analysis.jacobians import (
    Jacobians,
    affordable,
    has_steps,
    joint_jacobians,
    largest_singular_value,
    layer_jacobians,
    singular_values,
    spread,
)
from seqviz.models.base import architectures
from seqviz.models.recurrent import RecurrentModel
from tests.analysis.small_models import SMALL, build, text_batch


def stepwise() -> list[tuple[str, dict[str, object]]]:
    """Every architecture with steps, once by activation it offers."""
    found = []
    for name, architecture in architectures.items():
        if not (architecture.learns_by == "gradient" and has_steps(build(name, **SMALL))):
            continue
        field = architecture.Config.model_fields.get("activation")
        offered = getattr(field.annotation, "__args__", (None,)) if field is not None else (None,)
        found += [(name, {} if choice is None else {"activation": choice}) for choice in offered]
    return found


CELLS = stepwise()
EVERY_CELL = pytest.mark.parametrize(("name", "knobs"), CELLS, ids=[f"{n}-{'-'.join(k.values())}" for n, k in CELLS])


def plain_step(subject: Subject, layer: int, sequence: int, t: int, joint: torch.Tensor) -> torch.Tensor:
    """States (S,) after position t from those before it, through the model's longhand step."""
    model, arrays = subject.model, subject.trace.arrays
    below = [arrays[f"layers.{k}.hidden_state"].values[sequence, t].unsqueeze(0) for k in range(layer)]
    x = arrays["embedding"].values[sequence, t].unsqueeze(0)
    before = dict(zip(model.states, joint.unsqueeze(0).chunk(len(model.states), dim=1), strict=True))
    if isinstance(model, RecurrentModel):
        after = model.cell_step(below[-1] if below else x, before, model.weights(layer))
    else:
        after = model.cell(layer).equations(model.reads(x, below), before)
    return torch.cat([after[name][0] for name in model.states])


def states_before(subject: Subject, layer: int, sequence: int, t: int) -> torch.Tensor:
    arrays = [subject.trace.arrays[f"layers.{layer}.{name}"].values[sequence] for name in subject.model.states]
    return torch.cat([a[t - 1] if t else torch.zeros_like(a[0]) for a in arrays]).detach()


@EVERY_CELL
def test_each_step_equals_the_jacobian_that_torch_takes_of_the_longhand_step(name, knobs):
    subject = Subject(build(name, **SMALL, **knobs), text_batch(2, positions=5))
    for layer in (0, 1):
        found = joint_jacobians(subject, layer)
        assert found.dtype == torch.float64
        assert not found.requires_grad
        for sequence in (0, 1):
            for t in range(5):
                plain = torch.autograd.functional.jacobian(
                    lambda joint, place=(layer, sequence, t): plain_step(subject, *place, joint),
                    states_before(subject, layer, sequence, t),
                )
                assert torch.allclose(found[sequence, t], plain, rtol=1e-9, atol=1e-13), (layer, sequence, t)


def test_the_models_looked_at_are_all_recurrent_ones_that_run_one_way():
    assert {"rnn", "lstm", "gru", "lstm_peephole", "lstm_coupled", "lstm_layer_norm", "highway", "deep_rnn"} <= {
        name for name, _ in CELLS
    }
    assert not has_steps(build("transformer", **SMALL))
    assert not has_steps(build("birnn", **SMALL))


def test_the_cell_of_an_lstm_is_multiplied_by_its_forget_gate_alone_when_h_is_held():
    subject = Subject(build("lstm", **SMALL), text_batch())
    forget = subject.trace.arrays["layers.1.forget_gate"].values
    assert torch.allclose(layer_jacobians(subject, 1, "cell_state"), torch.diag_embed(forget), rtol=1e-12, atol=0)


def test_the_parts_of_a_layer_are_blocks_of_the_whole():
    subject = Subject(build("lstm", **SMALL), text_batch())
    whole = layer_jacobians(subject, 0, "state")
    assert whole.shape == (1, 8, 10, 10)
    assert torch.equal(layer_jacobians(subject, 0, "hidden_state"), whole[..., :5, :5])
    assert torch.equal(layer_jacobians(subject, 0, "cell_state"), whole[..., 5:, 5:])


def test_singular_values_equal_those_of_numpy_and_the_first_position_has_none():
    subject = Subject(build("gru", **SMALL), text_batch(2))
    found = Jacobians().compute(subject, frozenset({"jacobian.*"}))
    assert set(found) == {f"jacobian.layers.{k}.hidden_state.singular_values" for k in (0, 1)}
    for layer in (0, 1):
        array = found[f"jacobian.layers.{layer}.hidden_state.singular_values"]
        assert array.axes == ("batch", "t", "rank")
        assert torch.isnan(array.values[:, 0]).all()
        matrices = layer_jacobians(subject, layer, "hidden_state").numpy()[:, 1:]
        plain = np.linalg.svd(matrices, compute_uv=False)
        assert np.allclose(array.values[:, 1:].numpy(), plain, rtol=1e-10, atol=1e-14)


def test_only_what_is_wanted_is_computed():
    subject = Subject(build("lstm", **SMALL), text_batch())
    found = Jacobians().compute(subject, frozenset({"jacobian.layers.1.cell_state.singular_values"}))
    assert set(found) == {"jacobian.layers.1.cell_state.singular_values"}
    assert "jacobians.0" not in subject.shared


def test_broken_weights_give_nan_instead_of_an_error():
    model = build("lstm", **SMALL)
    with torch.no_grad():
        model.weights(0).w_hh[0, 0] = torch.nan
    found = Jacobians().compute(Subject(model, text_batch()), frozenset({"*hidden_state.singular_values"}))
    assert torch.isnan(found["jacobian.layers.0.hidden_state.singular_values"].values).all()
    one_broken = torch.stack([torch.eye(3), torch.full((3, 3), torch.inf)])
    assert singular_values(one_broken)[0].tolist() == [1.0, 1.0, 1.0]
    assert torch.isnan(singular_values(one_broken)[1]).all()


def test_a_step_into_a_state_that_is_no_number_has_no_jacobian_and_the_steps_before_keep_theirs():
    model = build("rnn", activation="relu", **{**SMALL, "n_layers": 1})
    with torch.no_grad():
        model.weights(0).w_hh.copy_(1e200 * torch.eye(5, dtype=torch.float64))
        model.weights(0).b_ih.fill_(1.0)
    subject = Subject(model, text_batch())
    finite = torch.isfinite(subject.trace.arrays["layers.0.hidden_state"].values).all(dim=-1)[0]
    assert finite[0]
    assert not finite[-1]
    known = torch.isfinite(layer_jacobians(subject, 0)).flatten(2).all(dim=-1)[0]
    assert torch.equal(known, finite)


def test_a_direction_that_is_cut_off_has_singular_value_zero():
    dead = torch.eye(4)
    dead[2] = 0
    turned = torch.linalg.qr(torch.randn(4, 4, generator=torch.Generator().manual_seed(1)))[0] @ dead
    assert singular_values(turned).tolist() == pytest.approx([1.0, 1.0, 1.0, 0.0])
    assert singular_values(turned)[-1] == 0


def test_matrices_that_lapack_gives_up_on_in_single_precision_are_tried_in_double(monkeypatch):
    plain = torch.linalg.svdvals

    def gives_up(matrix):
        if matrix.dtype == torch.float32:
            raise torch.linalg.LinAlgError("failed to converge")
        return plain(matrix)

    matrices = torch.randn(3, 4, 4, generator=torch.Generator().manual_seed(1))
    expected = plain(matrices)
    monkeypatch.setattr(torch.linalg, "svdvals", gives_up)
    monkeypatch.setattr(torch.linalg, "eigvalsh", gives_up)
    assert torch.allclose(singular_values(matrices), expected, rtol=1e-5)
    assert torch.allclose(largest_singular_value(matrices), expected[:, 0], rtol=1e-5)


def test_a_wide_layer_is_looked_at_in_fewer_places_that_span_the_whole_probe():
    assert affordable(47, 128) == 47
    assert affordable(47, 256) == 8
    assert affordable(3, 4096) == 3
    assert spread(1, 47, 8) == [1, 8, 14, 21, 27, 34, 40, 47]
    assert spread(1, 3, 8) == [1, 2, 3]
    assert spread(1, 0, 8) == []


def test_a_probe_of_one_position_has_no_step_to_look_at():
    found = Jacobians().compute(Subject(build("rnn", **SMALL), text_batch(positions=1)), frozenset({"*"}))
    assert all(torch.isnan(array.values).all() for array in found.values())


def test_it_stands_among_the_analyses_within_the_budget():
    assert analyses.get("jacobians").cost == "budget"
