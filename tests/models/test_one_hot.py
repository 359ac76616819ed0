from __future__ import annotations

import pytest
import torch
from torch import nn

from seqviz.core.batch import Batch, Field
from seqviz.core.interface import Interface, Space
from seqviz.models.base import Context, NeuralModel, architectures
from seqviz.models.one_hot import LARGEST_VOCABULARY, OneHot, OneHotMatrix
from tests.models.sample_batches import SMALL, SYMBOLS

TOKENS = Space("tokens", SYMBOLS)


def make(name: str, encoding: str, space: Space = TOKENS) -> NeuralModel:
    torch.manual_seed(0)
    config = architectures.get(name).Config
    knobs = {key: value for key, value in SMALL.items() if key in config.model_fields}
    model = architectures.get(name)(config(**knobs, input_encoding=encoding), Interface(space, TOKENS, "softmax", 6))
    assert isinstance(model, NeuralModel)
    return model.double().eval()


def batch() -> Batch:
    tokens = torch.randint(SYMBOLS, (3, 6), generator=torch.Generator().manual_seed(1))
    field = Field(tokens, ("batch", "t"))
    return Batch({"tokens": field}, {"tokens": field})


def said(model: NeuralModel) -> torch.Tensor:
    return model.forward(batch(), Context()).predictive.log_probs()


def test_a_one_hot_row_times_a_matrix_is_that_row_of_the_matrix_and_so_is_its_gradient():
    table, product = nn.Embedding(5, 3).double(), OneHotMatrix(5, 3).double()
    product.load_state_dict(table.state_dict())
    tokens = torch.tensor([[4, 0], [2, 4]])
    assert torch.equal(table(tokens), product(tokens))
    weights = torch.randn(2, 2, 3, dtype=torch.float64)
    for module in (table, product):
        (module(tokens) * weights).sum().backward()
    torch.testing.assert_close(product.weight.grad, table.weight.grad, rtol=1e-12, atol=0)


def test_a_transformer_on_one_hot_rows_is_the_transformer_on_embeddings():
    one, other = make("transformer", "one_hot"), make("transformer", "embedding")
    other.load_arrays(one.state_arrays())
    torch.testing.assert_close(said(one), said(other), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["rnn", "gru", "lstm"])
def test_the_first_matrix_of_a_recurrence_takes_the_place_of_the_embedding(name):
    """Embedding E, then W_ih, is the same net as one-hot rows into W_ih E^T."""
    plain, one_hot = make(name, "embedding"), make(name, "one_hot")
    arrays = plain.state_arrays()
    table = arrays.pop("embedding.weight")  # (V, E)
    arrays["cells.weight_ih_l0"] = arrays["cells.weight_ih_l0"] @ table.T  # (G*H, V)
    one_hot.load_arrays(arrays)
    torch.testing.assert_close(said(one_hot), said(plain), rtol=1e-11, atol=1e-12)
    torch.testing.assert_close(one_hot.input_matrix(), table @ plain.state_dict()["cells.weight_ih_l0"].T)
    assert plain.input_matrix() is plain.embedding.weight


def test_one_hot_rows_have_no_weights_and_are_not_saved():
    rows = OneHot(4).double()
    assert rows(torch.tensor([2])).tolist() == [[0.0, 0.0, 1.0, 0.0]]
    assert rows(torch.tensor([2])).dtype == torch.float64
    assert not list(rows.parameters())
    assert not rows.state_dict()


def test_a_traced_one_hot_input_is_a_site_of_gradients():
    trace = make("lstm", "one_hot").trace(batch(), keep_graph=True)
    site = trace.sites["embedding"]
    assert site.steps[0].shape == (3, 6, SYMBOLS)
    (gradient,) = torch.autograd.grad(trace.losses[:, 3].sum(), site.steps)
    assert bool((gradient[:, :4].abs().sum(dim=(0, 2)) > 0).all())
    assert bool((gradient[:, 4:] == 0).all())


def test_vectors_are_projected_whatever_the_knob_says():
    model = make("gru", "one_hot", Space("vectors", 3))
    assert isinstance(model.embedding, nn.Linear)
    assert model.input_matrix() is None


@pytest.mark.parametrize("name", ["lstm", "transformer"])
def test_a_vocabulary_too_large_for_one_hot_rows_is_refused_in_one_line(name):
    with pytest.raises(ValueError, match=r"^model.input_encoding: .*one-hot rows of 4097 symbols"):
        make(name, "one_hot", Space("tokens", LARGEST_VOCABULARY + 1))
