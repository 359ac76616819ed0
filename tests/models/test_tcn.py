from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations

from seqviz.core.batch import Batch, Field
from seqviz.core.interface import Interface, Space
from seqviz.models.base import Context
from seqviz.models.tcn import TCN
from tests.models.convolution_oracles import TIGHT, build, equals_reference, series, support_is_the_receptive_field


@pytest.mark.parametrize("kernel_size", [2, 3])
def test_features_and_gradients_equal_conv1d_padded_on_both_sides_and_cut(kernel_size: int) -> None:
    model = build(TCN, kernel_size=kernel_size, n_levels=3)

    def reference(x: Tensor) -> Tensor:
        for level, block in enumerate(model.stack):
            around = 2**level * (kernel_size - 1)
            added = x
            for conv in block.convolutions():
                weight, bias = conv.conv.weight, conv.conv.bias
                padded = F.conv1d(added, weight, bias, padding=around, dilation=2**level)
                added = F.relu(padded[:, :, :-around])
            skip = block.around(x) if block.around is not None else x
            x = F.relu(added + skip)
        return x

    equals_reference(model, reference)


def test_normalised_weights_are_those_of_torchs_weight_norm() -> None:
    conv = build(TCN).stack[0].convolutions()[0]
    reference = parametrizations.weight_norm(nn.Conv1d(5, 4, 3).double())
    reference.load_state_dict(conv.conv.state_dict())
    torch.testing.assert_close(conv.longhand_weight(), reference.weight, **TIGHT)


@pytest.mark.parametrize(("kernel_size", "n_levels"), [(1, 3), (2, 1), (2, 4), (3, 3), (7, 2), (8, 4)])
def test_gradient_support_is_1_plus_2_k_minus_1_times_2_to_the_n_minus_1(kernel_size: int, n_levels: int) -> None:
    model = build(TCN, kernel_size=kernel_size, n_levels=n_levels, channels=16)
    with torch.no_grad():  # units that are dead for one input would hide how far back a net can see
        for conv in model.every_convolution():
            conv.conv.parametrizations.weight.original1.abs_()
            conv.conv.bias.fill_(10.0)
    support_is_the_receptive_field(model, 1 + 2 * (kernel_size - 1) * (2**n_levels - 1))


def test_the_cone_names_two_convolutions_a_level_with_doubling_dilation() -> None:
    levels = build(TCN, n_levels=3).cone()
    assert [level.dilation for level in levels] == [1, 1, 2, 2, 4, 4]
    assert [level.array for level in levels[:2]] == ["conv.0.hidden", "conv.0.output"]


def test_reach_of_a_level_is_the_band_that_the_convolutions_above_it_look_back() -> None:
    model, batch = build(TCN, kernel_size=2, n_levels=3), series(20)
    for site, back in (("embedding", 14), ("conv.0.output", 12), ("conv.1.hidden", 10), ("conv.2.output", 0)):
        t, s = torch.meshgrid(torch.arange(20), torch.arange(20), indexing="ij")
        assert torch.equal(model.reach(batch, site), (s <= t) & (t - s <= back))


def test_identity_start_sets_the_weights_that_act() -> None:
    model = build(TCN, initialization="orthogonal", channels=12, d_embedding=12, kernel_size=1)
    weight = model.stack[0].convolutions()[0].conv.weight[:, :, 0]
    torch.testing.assert_close(weight @ weight.T, torch.eye(12, dtype=torch.float64), rtol=0, atol=1e-6)


def test_dropout_silences_whole_channels_and_follows_the_live_knob() -> None:
    model = build(TCN, dropout=0.0, channels=64)
    model.set_dropout(0.5)
    model.train()
    block = model.stack[0]
    with torch.no_grad():
        for conv in block.convolutions():
            conv.conv.bias.fill_(50.0)
    kept: list[Tensor] = []
    block.convolutions()[1].register_forward_pre_hook(lambda _module, inputs: kept.append(inputs[0]))
    model.forward(series(), Context())
    silent = kept[0] == 0  # (B, C, T)
    assert torch.equal(silent.all(dim=2), silent.any(dim=2))
    assert 0.3 < silent[:, :, 0].double().mean().item() < 0.7


def test_a_rolling_buffer_writes_the_same_long_after_the_receptive_field_is_full() -> None:
    torch.manual_seed(0)
    interface = Interface(Space("tokens", 7), Space("tokens", 7), "softmax", 8)
    model = TCN(TCN.Config(d_embedding=5, channels=4, kernel_size=2, n_levels=2), interface).double().eval()
    tokens = torch.randint(7, (2, 40), generator=torch.Generator().manual_seed(1))
    field = Field(tokens, ("batch", "t"))
    whole = model.forward(Batch({"tokens": field}, {"tokens": field}), Context()).predictive.log_probs()
    state = model.initial_state(2)
    for t in range(40):
        said, state = model.step(tokens[:, t], state)
        torch.testing.assert_close(said, whole[:, t], **TIGHT)
    assert sum(buffer.shape[1] for block in state for buffer in block) == model.receptive_field() - 1


def test_the_default_start_is_quiet_in_the_output_layer_and_the_1_x_1_convolution_alone() -> None:
    model = build(TCN, channels=64)
    for weight in (model.stack[0].around.weight, model.head.linear.weight):
        assert 0.008 < weight.std().item() < 0.012
    assert model.stack[1].convolutions()[0].conv.weight.std().item() > 0.03
    assert build(TCN, channels=64, initialization="xavier").head.linear.weight.std().item() > 0.05
