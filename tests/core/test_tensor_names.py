"""What layers and tensors are called: counted from 1, and no two of a model alike."""

from __future__ import annotations

import pytest

from seqviz.core.tensor_names import layer_title, tensor_title


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("cells.weight_hh_l0", "Wₕₕ, layer 1"),
        ("cells.bias_ih_l2_reverse", "bᵢₕ, layer 3 ←"),
        ("encoder.weight_hh_l0", "Wₕₕ, encoder 1"),
        ("forward_stack.1.weight_ih_l0", "Wᵢₕ, forward 2"),
        ("layers.1.weight_hh", "Wₕₕ, layer 2"),
        ("layers.0.deeper.0.bias", "b deeper 1, layer 1"),
        ("blocks.1.attention.query_key_value.weight", "W_qkv, block 2"),
        ("blocks.0.attention.project.weight", "Wₒ, block 1"),
        ("blocks.0.widen.weight", "mlp W₁, block 1"),
        ("blocks.0.norm_mlp.weight", "norm mlp, block 1"),
        ("blocks.3.first.conv.parametrizations.weight.original0", "length first, level 4"),
        ("blocks.0.around.weight", "W around, level 1"),
        ("embedding.weight", "embedding"),
        ("target_embedding.weight", "target embedding"),
        ("norm.weight", "norm"),
        ("head.linear.weight", "W, head"),
        ("head.linear.bias", "b, head"),
        ("from_word.weight", "W, from word"),
        ("model.net.0.weight", "W, model.net.0"),
    ],
)
def test_tensors_are_called_what_papers_call_them(name, title):
    assert tensor_title(name) == title


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("cells.weight_hh_l0_reverse", "layer 1 ←"),
        ("decoder.bias_hh_l0", "decoder 1"),
        ("layers.0.forget_gate", "layer 1"),
        ("blocks.1.attention.pattern", "block 2"),
        ("conv.3.output", "level 4"),
        ("embedding.weight", "embedding"),
        ("head.linear.bias", "head"),
    ],
)
def test_layers_count_from_one(name, title):
    assert layer_title(name) == title
