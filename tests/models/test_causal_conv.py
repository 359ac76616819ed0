from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from seqviz.models.causal_conv import CausalConv

TIGHT = {"rtol": 1e-9, "atol": 1e-12}


@pytest.fixture(params=[(1, 1), (3, 1), (3, 4)], ids=lambda p: f"kernel {p[0]}, dilation {p[1]}")
def conv(request: pytest.FixtureRequest) -> CausalConv:
    torch.manual_seed(0)
    return CausalConv(5, 4, *request.param).double()


def test_longhand_equals_torch_conv1d_over_left_padded_input(conv: CausalConv) -> None:
    x = torch.randn(2, 5, 11, dtype=torch.float64)
    padded = F.pad(x, (conv.past, 0))
    expected = F.conv1d(padded, conv.conv.weight, conv.conv.bias, dilation=conv.dilation)
    torch.testing.assert_close(conv(x), expected, **TIGHT)
    torch.testing.assert_close(conv.longhand(x.transpose(1, 2)).transpose(1, 2), expected, **TIGHT)


def test_normalising_changes_nothing_said_and_is_written_out_as_g_v_over_its_length(conv: CausalConv) -> None:
    x = torch.randn(2, 11, 5, dtype=torch.float64)
    before, plain = conv.longhand(x), conv.conv.weight.detach().clone()
    conv.normalise()
    torch.testing.assert_close(conv.conv.weight, plain, **TIGHT)
    torch.testing.assert_close(conv.longhand(x), before, **TIGHT)
    with torch.no_grad():
        conv.conv.parametrizations.weight.original0.mul_(2.0)
        conv.conv.parametrizations.weight.original1.mul_(5.0)  # a direction has no length
    torch.testing.assert_close(conv.longhand_weight(), 2 * plain, **TIGHT)
    torch.testing.assert_close(conv.conv.weight, 2 * plain, **TIGHT)


def test_one_position_at_a_time_equals_all_at_once(conv: CausalConv) -> None:
    x = torch.randn(2, 11, 5, dtype=torch.float64)
    buffer, found = conv.first_buffer(2), []
    for position in x.unbind(dim=1):
        y, buffer = conv.extend(position, buffer)
        found.append(y)
    torch.testing.assert_close(torch.stack(found, dim=1), conv.longhand(x), **TIGHT)
    assert buffer.shape == (2, conv.past, 5)
