from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn

from seqviz.core.batch import Batch, Field
from seqviz.core.interface import Interface, Space
from seqviz.core.knobs import describe_knobs
from seqviz.models.base import Context
from seqviz.models.positional import Position
from seqviz.models.transformer import Block, Transformer, TransformerConfig

TIGHT = {"rtol": 1e-9, "atol": 1e-12}


def interface(symbols: int = 65, context: int = 64) -> Interface:
    return Interface(Space("tokens", symbols), Space("tokens", symbols), "softmax", context)


def parameters(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def test_the_setting_of_nanogpt_on_a_cpu_has_its_number_of_parameters() -> None:
    config = TransformerConfig(d_model=128, n_heads=4, n_layers=4, bias=False, tie_weights=True, position="learned")
    model = Transformer(config, interface())
    assert parameters(model) == 804_096
    assert parameters(model) - parameters(model.position) == 795_904


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_a_block_equals_torchs_encoder_layer_with_a_causal_mask(norm: str, activation: Any) -> None:
    torch.manual_seed(0)
    config = TransformerConfig(d_model=8, n_heads=2, d_feedforward=3, norm=norm, activation=activation, bias=True)
    ours = Block(config).double()
    theirs = nn.TransformerEncoderLayer(
        8, 2, 24, dropout=0.0, activation=activation, batch_first=True, norm_first=norm == "pre"
    ).double()
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    theirs.load_state_dict(mapped(ours))
    x = torch.randn(3, 5, 8, dtype=torch.float64, requires_grad=True)
    mask = nn.Transformer.generate_square_subsequent_mask(5, dtype=torch.float64)
    expected, actual = theirs(x, src_mask=mask), ours(x, Position())
    torch.testing.assert_close(actual, expected, **TIGHT)
    weight = torch.randn_like(expected)
    one, other = (torch.autograd.grad((y * weight).sum(), x)[0] for y in (actual, expected))
    torch.testing.assert_close(one, other, **TIGHT)


def mapped(block: Block) -> dict[str, torch.Tensor]:
    """Our names of a block's weights as torch's encoder layer calls them."""
    names = {
        "self_attn.in_proj_": "attention.query_key_value.", "self_attn.out_proj.": "attention.project.",
        "linear1.": "widen.", "linear2.": "narrow.", "norm1.": "norm_attention.", "norm2.": "norm_mlp.",
    }  # fmt: skip
    arrays = block.state_dict()
    return {their + kind: arrays[our + kind] for their, our in names.items() for kind in ("weight", "bias")}


def test_pre_norm_ends_with_a_norm_and_post_norm_has_none_to_add() -> None:
    pre, post = (Transformer(TransformerConfig(norm=norm), interface()) for norm in ("pre", "post"))
    assert isinstance(pre.norm, nn.LayerNorm)
    assert parameters(pre) - parameters(post) == 128


def test_start_normal_is_that_of_gpt2() -> None:
    torch.manual_seed(0)
    model = Transformer(TransformerConfig(bias=True, n_layers=2), interface())
    block = model.stack[0]
    quiet = 0.02 / math.sqrt(4)
    for weight, std in ((block.widen.weight, 0.02), (block.attention.query_key_value.weight, 0.02),
                        (model.embedding.weight, 0.02), (block.narrow.weight, quiet),
                        (block.attention.project.weight, quiet)):  # fmt: skip
        assert weight.std().item() == pytest.approx(std, rel=0.05)
    assert bool((block.widen.bias == 0).all())


def test_first_loss_is_close_to_guessing_blindly() -> None:
    torch.manual_seed(0)
    model = Transformer(TransformerConfig(), interface())
    inputs, targets = (Field(torch.randint(65, (4, 64)), ("batch", "t")) for _ in range(2))
    batch = Batch({"tokens": inputs}, {"tokens": targets})
    assert model.trace(batch).losses.mean().item() == pytest.approx(math.log(65), abs=0.3)


def test_tied_weights_are_one_matrix_and_stay_one_when_loaded() -> None:
    model = Transformer(TransformerConfig(n_layers=1), interface())
    assert model.embedding.weight is model.head.linear.weight
    assert "embedding.weight" not in model.state_arrays()
    model.load_arrays({name: value + 1 for name, value in model.state_arrays().items()})
    assert model.embedding.weight is model.head.linear.weight
    free = Transformer(TransformerConfig(n_layers=1, tie_weights=False), interface())
    assert parameters(free) - parameters(model) == 65 * 128


def test_weights_are_tied_only_where_symbols_in_and_out_are_the_same() -> None:
    other = Interface(Space("tokens", 65), Space("tokens", 12), "softmax", 64)
    model = Transformer(TransformerConfig(n_layers=1, tie_weights=True), other)
    assert model.tied is False
    tokens = Field(torch.randint(65, (2, 9)), ("batch", "t"))
    assert model.forward(Batch({"tokens": tokens}, {}), Context()).predictive.logits.shape == (2, 9, 12)


def test_biases_off_leaves_no_vector_but_the_scales_of_norms() -> None:
    model = Transformer(TransformerConfig(bias=False), interface())
    vectors = [name for name, p in model.named_parameters() if p.ndim == 1]
    assert vectors
    assert all("norm" in name and name.endswith("weight") for name in vectors)


def test_every_knob_shown_has_a_use_and_the_width_is_shown_once() -> None:
    keys = {knob.key for knob in describe_knobs(TransformerConfig, "model")}
    assert "model.d_model" in keys
    assert "model.d_embedding" not in keys


def test_a_probe_longer_than_the_learned_positions_is_refused_with_a_sentence() -> None:
    model = Transformer(TransformerConfig(n_layers=1), interface(context=8))
    tokens = Field(torch.zeros(1, 9, dtype=torch.int64), ("batch", "t"))
    with pytest.raises(ValueError, match="learned 8 positions"):
        model.trace(Batch({"tokens": tokens}, {"tokens": tokens}))
    assert model.longest_input() == 8
    assert Transformer(TransformerConfig(n_layers=1, position="rope"), interface(context=8)).longest_input() is None


@pytest.mark.parametrize(
    ("position", "names"),
    [
        ("none", set()),
        ("sinusoidal", {"position.encoding"}),
        ("learned", {"position.encoding"}),
        ("rope", {"position.rotation_angles"}),
        ("alibi", {"position.bias"}),
    ],
)
def test_each_scheme_of_positions_shows_its_own_picture(position: Any, names: set[str]) -> None:
    model = Transformer(TransformerConfig(n_layers=1, position=position), interface())
    tokens = Field(torch.zeros(1, 9, dtype=torch.int64), ("batch", "t"))
    arrays = model.trace(Batch({"tokens": tokens}, {"tokens": tokens})).arrays
    assert {name for name in arrays if name.startswith("position.")} == names
    assert set(model.provides) == {"embedding", "blocks.*", "norm.*"} | names
    assert all(arrays[name].values.shape[-2] == 9 or arrays[name].values.shape[0] == 9 for name in names)


@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize("norm", ["pre", "post", "none"])
def test_a_block_without_norms_or_lane_is_what_is_left_of_its_equations(norm: str, residual: bool) -> None:
    torch.manual_seed(0)
    config = TransformerConfig(d_model=8, n_heads=2, d_feedforward=3, norm=norm, residual=residual, bias=True)
    block = Block(config).double().eval()
    x = torch.randn(3, 5, 8, dtype=torch.float64)

    def normal(y: torch.Tensor) -> torch.Tensor:  # gains 1, biases 0 at the start
        return (y - y.mean(-1, keepdim=True)) / (y.var(-1, unbiased=False, keepdim=True) + 1e-5).sqrt()

    def part(y: torch.Tensor, write: Any) -> torch.Tensor:
        written = write(normal(y)) if norm == "pre" else write(y)
        written = y + written if residual else written
        return normal(written) if norm == "post" else written

    expected = part(x, lambda y: block.attention(y, Position(), None))
    expected = part(expected, lambda y: block.narrow(block.activation(block.widen(y))))
    torch.testing.assert_close(block(x, Position()), expected, **TIGHT)


@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize("norm", ["post", "none"])
def test_both_paths_and_generation_agree_without_norms_or_lane(norm: str, residual: bool) -> None:
    torch.manual_seed(0)
    config = TransformerConfig(d_model=8, n_heads=2, n_layers=2, norm=norm, residual=residual, dropout=0.0)
    model = Transformer(config, interface(7, 6)).double().eval()
    tokens = torch.randint(0, 7, (2, 6))
    batch = Batch({"tokens": Field(tokens, ("batch", "t"))}, {"tokens": Field(tokens, ("batch", "t"))})
    fast = model(batch, Context()).predictive.log_probs()
    torch.testing.assert_close(model.trace(batch, keep_graph=True).output.predictive.log_probs(), fast, **TIGHT)
    state = model.initial_state(2)
    for t in range(6):
        said, state = model.step(tokens[:, t], state)
        torch.testing.assert_close(said, fast[:, t], **TIGHT)
    assert bool(model.norm_gains()) == (norm != "none")
    assert ("blocks.0.norm_mlp.mean" in model.trace(batch).arrays) == (norm != "none")
