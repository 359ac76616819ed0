from __future__ import annotations

import pytest
import torch

from seqviz.analysis import Subject
from seqviz.analysis.cone import Cone
from seqviz.core.interface import Interface, Space
from seqviz.models.base import NeuralModel
from seqviz.models.fixed_window import FixedWindow
from seqviz.models.gated_conv import GatedConv
from seqviz.models.lstm import LSTM
from seqviz.models.tcn import TCN
from tests.models.convolution_oracles import build, series
from tests.models.recurrent_oracles import build as build_recurrent

ALL = frozenset({"cone.*"})


def test_every_convolution_has_a_kernel_size_and_a_dilation() -> None:
    found = Cone().compute(Subject(build(TCN, kernel_size=3, n_levels=2), series()), ALL)
    assert found["cone.kernel"].values.tolist() == [3, 3, 3, 3]
    assert found["cone.dilation"].values.tolist() == [1, 1, 2, 2]


def test_levels_are_numbered_from_the_input_up_and_named_after_the_array_that_leaves_them() -> None:
    found = Cone().compute(Subject(build(GatedConv, n_layers=2), series()), frozenset({"cone.activation.*"}))
    assert list(found) == [f"cone.activation.{name}" for name in ("0.embedding", "1.conv.0.output", "2.conv.1.output")]


def test_activation_is_the_root_mean_square_of_the_units() -> None:
    subject = Subject(build(TCN), series())
    found = Cone().compute(subject, ALL)["cone.activation.1.conv.0.hidden"]
    hidden = subject.trace.arrays["conv.0.hidden"].values
    torch.testing.assert_close(found.values, (hidden.norm(dim=-1) / hidden.shape[-1] ** 0.5))
    assert found.axes == ("batch", "t")


@pytest.mark.parametrize("architecture", [TCN, GatedConv, FixedWindow])
def test_a_cone_is_as_wide_as_the_receptive_field(architecture: type[NeuralModel]) -> None:
    torch.manual_seed(0)
    interface = Interface(Space("vectors", 3), Space("vectors", 3), "gaussian", 12)
    model = architecture(architecture.Config(), interface).double()  # type: ignore[arg-type]
    found = Cone().compute(Subject(model, series()), ALL)
    back = found["cone.dilation"].values * (found["cone.kernel"].values - 1)
    assert 1 + int(back.sum()) == model.receptive_field()
    assert len([name for name in found if "activation" in name]) == len(back) + 1


def test_a_recurrent_net_has_no_cone() -> None:
    assert not Cone().serves(build_recurrent(LSTM))
