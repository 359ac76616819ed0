from __future__ import annotations

import numpy as np
import pytest
import torch

from seqviz.core.batch import Batch, Field
from seqviz.data.trees import flatten, joined, parse_tree
from seqviz.models.base import Context
from seqviz.models.tree_lstm import TreeLSTM, nodes_by_height
from tests.models.sample_batches import all_cases

CASE = next(case for case in all_cases() if case.name == "tree_lstm")
TIGHT = {"rtol": 1e-10, "atol": 1e-12}


@pytest.fixture
def model() -> TreeLSTM:
    built = CASE.build()
    assert isinstance(built, TreeLSTM)
    return built


def batch_of(*texts: str) -> Batch:
    """Trees whose words are symbol numbers."""
    flats = [flatten(parse_tree(text)) for text in texts]
    tokens = torch.tensor([[int(word or 0) for flat in flats for word in flat.words]])
    field = Field(tokens, ("batch", "node"))
    return Batch({"tokens": field}, {"tokens": field}, structure=joined([flat.tree for flat in flats]))


def states(model: TreeLSTM, batch: Batch) -> torch.Tensor:
    return model.trace(batch).arrays["tree.node_state"].values[0]


def said(model: TreeLSTM, batch: Batch) -> torch.Tensor:
    return model.forward(batch, Context()).predictive.logits[0]


def test_a_leaf_is_an_lstm_cell_that_starts_from_nothing(model: TreeLSTM) -> None:
    batch = batch_of("(3 5)")
    w_i, w_f, w_o, w_u = model.from_word.weight.chunk(4)
    b_i, b_f, b_o, b_u = model.from_word.bias.chunk(4)
    cell = torch.nn.LSTMCell(5, 4).double()
    with torch.no_grad():
        cell.weight_ih.copy_(torch.cat([w_i, w_f, w_u, w_o]))  # torch's order: i, f, g, o
        cell.bias_ih.copy_(torch.cat([b_i, b_f, b_u, b_o]))
        cell.bias_hh.zero_()
    expected, _ = cell(model.embedding(torch.tensor([3, 5])))
    torch.testing.assert_close(states(model, batch)[:2], expected, **TIGHT)


def test_a_root_is_what_the_equations_say(model: TreeLSTM) -> None:
    arrays = {name: array.values[0] for name, array in model.trace(batch_of("(3 5)")).arrays.items()}
    h, c = arrays["tree.node_state"], arrays["tree.cell_state"]
    both = torch.cat([h[0], h[1]])
    u_i, u_l, u_r, u_o, u_u = (part @ both for part in model.from_children.weight.chunk(5))
    b_i, b_f, b_o, b_u = model.from_word.bias.chunk(4)
    sigma = torch.sigmoid
    expected = sigma(b_i + u_i) * torch.tanh(b_u + u_u) + sigma(b_f + u_l) * c[0] + sigma(b_f + u_r) * c[1]
    torch.testing.assert_close(c[2], expected, **TIGHT)
    torch.testing.assert_close(h[2], sigma(b_o + u_o) * torch.tanh(expected), **TIGHT)


def test_trees_of_one_batch_do_not_see_each_other(model: TreeLSTM) -> None:
    texts = ("((1 2) 3)", "(4 5)", "(1 (2 (3 4)))")
    together = said(model, batch_of(*texts))
    apart = torch.cat([said(model, batch_of(text)) for text in texts])
    torch.testing.assert_close(together, apart, **TIGHT)


def test_brackets_and_order_matter(model: TreeLSTM) -> None:
    roots = [said(model, batch_of(text))[-1] for text in ("((1 2) 3)", "(1 (2 3))", "((2 1) 3)")]
    assert not torch.allclose(roots[0], roots[1])
    assert not torch.allclose(roots[0], roots[2])


def test_inner_nodes_ignore_whatever_word_stands_there(model: TreeLSTM) -> None:
    batch = batch_of("((1 2) 3)")
    other = batch.inputs["tokens"].values.clone()
    other[0, [2, 4]] = 6
    changed = Batch({"tokens": Field(other, ("batch", "node"))}, batch.targets, structure=batch.structure)
    assert torch.equal(said(model, batch), said(model, changed))


def test_reach_is_a_node_and_its_descendants(model: TreeLSTM) -> None:
    reach = model.reach(batch_of("((1 2) 3)", "(4 5)"), "tree.node_state")
    seen = [set(np.flatnonzero(row).tolist()) for row in reach.numpy()]
    assert seen == [{0}, {1}, {0, 1, 2}, {3}, {0, 1, 2, 3, 4}, {5}, {6}, {5, 6, 7}]


def test_nodes_are_grouped_so_that_children_come_before_parents() -> None:
    tree = flatten(parse_tree("(1 (2 (3 4)))")).tree
    assert [nodes.tolist() for nodes in nodes_by_height(tree)] == [[0, 1, 2, 3], [4], [5], [6]]
