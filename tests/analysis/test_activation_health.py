"""Saturation, dead units, state norms, layer norms and attention entropy against slow loops over the trace."""

from __future__ import annotations

import math

import pytest
import torch

from seqviz.analysis import Subject
from seqviz.analysis.attention_entropy import AttentionEntropy, relative_entropy
from seqviz.analysis.dead_units import DeadUnits, share_active
from seqviz.analysis.layer_norms import LayerNorms
from seqviz.analysis.saturation import Saturation, stuck
from seqviz.analysis.state_norms import StateNorms
from seqviz.analysis.windows import WindowMean
from tests.analysis.small_models import SMALL, build, text_batch

EVERYTHING = frozenset({"*"})


def loud(name: str, factor: float = 6.0, **knobs: object) -> Subject:
    """A model with weights so large that units are stuck."""
    model = build(name, **{**SMALL, **knobs})
    with torch.no_grad():
        for parameter in model.parameters():  # type: ignore[attr-defined]
            parameter.mul_(factor)
    return Subject(model, text_batch(2))


@pytest.mark.parametrize(
    ("name", "array", "ends"),
    [
        ("lstm", "layers.0.output_gate", (0.1, 0.9)),
        ("lstm", "layers.0.cell_candidate", (-0.97, 0.97)),
        ("gru", "layers.0.candidate", (-0.97, 0.97)),
        ("rnn", "layers.1.hidden_state", (-0.97, 0.97)),
        ("birnn", "layers.0.backward.hidden_state", (-0.97, 0.97)),
        ("highway", "layers.0.depth.0.transform_gate", (0.1, 0.9)),
    ],
)
def test_stuck_values_are_those_beyond_the_ends_one_by_one(name, array, ends):
    subject = loud(name)
    found = Saturation().compute(subject, EVERYTHING)[f"health.saturation.{array}"].values
    assert found.dtype == torch.int8
    values = subject.trace.arrays[array].values
    seen = set()
    for place in torch.cartesian_prod(*(torch.arange(n) for n in values.shape)).tolist():
        value = float(values[tuple(place)])
        expected = 1 if value > ends[1] else -1 if value < ends[0] else 0
        assert int(found[tuple(place)]) == expected
        seen.add(expected)
    assert {0} < seen, "the case must have stuck and free values"


def test_of_a_cell_state_the_squashed_value_counts():
    subject = loud("lstm")
    found = Saturation().compute(subject, EVERYTHING)["health.saturation.layers.0.cell_state"].values
    squashed = torch.tanh(subject.trace.arrays["layers.0.cell_state"].values)
    assert torch.equal(found != 0, squashed.abs() > 0.97)
    assert (found != 0).any()


def test_a_normalised_cell_counts_in_place_of_the_cell():
    names = set(Saturation().compute(loud("lstm_layer_norm"), EVERYTHING))
    assert "health.saturation.layers.0.normalised_cell" in names
    assert "health.saturation.layers.0.cell_state" not in names


def test_a_relu_net_has_dead_units_and_nothing_to_saturate():
    rectified, squashed = (build("rnn", **{**SMALL, "activation": kind}) for kind in ("relu", "tanh"))
    assert DeadUnits().serves(rectified)
    assert not Saturation().serves(rectified)
    assert not DeadUnits().serves(squashed)
    assert Saturation().serves(squashed)


def test_what_is_no_number_counts_as_free():
    assert stuck(torch.tensor([math.nan, 0.95, 0.05, 0.5]), "sigmoid").tolist() == [0, 1, -1, 0]


def test_dead_units_are_those_at_zero_at_every_position_of_every_window():
    model = build("rnn", **{**SMALL, "activation": "relu", "n_layers": 1})
    with torch.no_grad():
        model.cells.bias_ih_l0[2] = -50.0  # type: ignore[attr-defined]  # never fires
    mean, values = WindowMean(), []
    for positions in (0, 1, 2):
        batch = text_batch(3)
        one = batch.convert(lambda field, row=positions: field[row : row + 1])
        subject = Subject(model, one)
        mean.add(DeadUnits().compute(subject, EVERYTHING))
        values.append(subject.trace.arrays["layers.0.hidden_state"].values[0])
    found = mean.means()["health.active.layers.0.hidden_state"].values[0]  # (unit,)
    for unit in range(5):
        fired = [float(window[t, unit]) > 0 for window in values for t in range(len(window))]
        assert float(found[unit]) == pytest.approx(sum(fired) / len(fired))
    assert float(found[2]) == 0.0
    assert (found > 0).any()


def test_positions_that_are_no_numbers_do_not_make_a_unit_dead():
    shares = share_active(torch.tensor([[[1.0, math.nan], [0.0, math.nan]]]))
    assert float(shares[0, 0]) == 0.5
    assert math.isnan(float(shares[0, 1]))
    assert float(share_active(torch.tensor([[[2.0], [math.nan]]]))[0, 0]) == 1.0


@pytest.mark.parametrize("name", ["rnn", "lstm", "bilstm", "transformer", "tcn", "gated_conv"])
def test_state_norms_are_roots_of_sums_of_squares(name):
    subject = Subject(build(name, **SMALL, channels=6, n_levels=2), text_batch(2))
    found = StateNorms().compute(subject, EVERYTHING)
    assert found
    for name_, norms in found.items():
        values = subject.trace.arrays[name_.removeprefix("health.norm.")].values
        for b in range(values.shape[0]):
            for t in range(values.shape[1]):
                slow = math.sqrt(sum(float(x) ** 2 for x in values[b, t]))
                assert float(norms.values[b, t]) == pytest.approx(slow)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_what_goes_into_a_transformers_layer_norms_is_measured_by_hooks(norm):
    """The mean and spread of the very tensors that nn.LayerNorm was called with."""
    subject = Subject(build("transformer", **{**SMALL, "norm": norm}), text_batch(2))
    went_in: dict[str, torch.Tensor] = {}
    modules = dict(subject.model.named_modules())  # type: ignore[attr-defined]
    paths = [path for path, module in modules.items() if isinstance(module, torch.nn.LayerNorm)]
    for path in paths:
        torch.nn.init.normal_(modules[path].weight)  # learned gains differ from unit to unit
    hooks = [
        modules[path].register_forward_hook(lambda _, read, __, path=path: went_in.__setitem__(path, read[0]))
        for path in paths
    ]
    found = LayerNorms().compute(subject, EVERYTHING)
    for hook in hooks:
        hook.remove()
    assert len(paths) == len(found) / 3 > 3
    for path in paths:
        x = went_in[path].detach()
        for t in range(x.shape[1]):
            numbers = [float(v) for v in x[0, t]]
            mean = sum(numbers) / len(numbers)
            spread = math.sqrt(sum((v - mean) ** 2 for v in numbers) / len(numbers))
            assert float(found[f"health.layer_norm.{path}.mean"].values[0, t]) == pytest.approx(mean, abs=1e-12)
            assert float(found[f"health.layer_norm.{path}.spread"].values[0, t]) == pytest.approx(spread)
        gain = modules[path].weight.detach()
        assert float(found[f"health.layer_norm.{path}.gain"].values[0]) == pytest.approx(float((gain**2).mean() ** 0.5))


def test_what_goes_into_the_layer_norms_of_an_lstm_is_measured():
    subject = Subject(build("lstm_layer_norm", **{**SMALL, "n_layers": 1}), text_batch(2))
    found = LayerNorms().compute(subject, EVERYTHING)
    arrays, cell = subject.trace.arrays, subject.model.layers[0]  # type: ignore[attr-defined]
    hidden = arrays["layers.0.hidden_state"].values
    before = torch.cat([torch.zeros_like(hidden[:, :1]), hidden[:, :-1]], dim=1)
    expected = {
        "norm_cell": arrays["layers.0.cell_state"].values,
        "norm_state": before @ cell.weight_hh.T.detach(),
        "norm_input": arrays["embedding"].values @ cell.weight_ih.T.detach(),
    }
    for name, a in expected.items():
        assert torch.allclose(found[f"health.layer_norm.layers.0.{name}.mean"].values, a.mean(dim=2))
        spread = ((a - a.mean(dim=2, keepdim=True)) ** 2).mean(dim=2).sqrt()
        assert torch.allclose(found[f"health.layer_norm.layers.0.{name}.spread"].values, spread)


@pytest.mark.parametrize("name", ["transformer", "transformer_encoder"])
def test_entropy_is_a_share_of_that_of_looking_at_everything_readable(name):
    subject = Subject(build(name, **SMALL), text_batch(2))
    found = AttentionEntropy().compute(subject, EVERYTHING)
    assert set(found) == {"health.attention_entropy.blocks.0.attention", "health.attention_entropy.blocks.1.attention"}
    for path, entropy in found.items():
        pattern = subject.trace.arrays[path.removeprefix("health.attention_entropy.") + ".pattern"].values
        for h in range(2):
            for t in range(8):
                weights = [float(p) for p in pattern[0, h, t]]
                readable = t + 1 if name == "transformer" else 8
                if readable == 1:
                    assert math.isnan(float(entropy.values[0, h, t]))
                    continue
                bits = -sum(p * math.log2(p) for p in weights if p > 0)
                assert float(entropy.values[0, h, t]) == pytest.approx(bits / math.log2(readable))


def test_a_head_on_one_position_has_no_entropy_and_one_on_all_alike_has_all():
    scores = torch.zeros(2, 4)
    pattern = torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]])
    assert relative_entropy(pattern, scores).tolist() == pytest.approx([0.0, 1.0])
