"""Binary Tree-LSTM: an LSTM whose past is not the position before but the two children.

    i  = sigma(W_i x + U_i [h_l; h_r] + b_i)         input gate
    f_l = sigma(W_f x + U_l [h_l; h_r] + b_f)        forget gate of the left child
    f_r = sigma(W_f x + U_r [h_l; h_r] + b_f)        forget gate of the right child
    o  = sigma(W_o x + U_o [h_l; h_r] + b_o)         output gate
    u  = tanh (W_u x + U_u [h_l; h_r] + b_u)         candidate
    c  = i * u + f_l * c_l + f_r * c_r               cell state
    h  = o * tanh(c)                                 node state

x is the word at a leaf and 0 at inner nodes; leaves have children of 0. A loss at a node sees its descendants alone,
and from a word to the root the gradient takes as many steps as the tree is deep, not as the sentence is long.
Tai, Socher and Manning, "Improved semantic representations from tree-structured LSTM networks", 2015, section 3.2.

Axes: N nodes of all trees of the batch, children before parents; E embedding, H hidden units. Field axis 0 is 1.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from seqviz.core.batch import Batch, Tree
from seqviz.core.interface import Interface, Offers
from seqviz.core.knobs import knob
from seqviz.models.base import Context, NeuralConfig, NeuralModel, TrunkConfig, architectures
from seqviz.models.initialization import initialize
from seqviz.models.output import Output
from seqviz.models.trace import Recorder, Trace

_NOTED = ("input_gate", "left_forget_gate", "right_forget_gate", "output_gate", "candidate", "cell_state", "node_state")


class TreeLSTMConfig(NeuralConfig):
    width_knob: ClassVar[str] = "d_hidden"
    d_hidden: int = knob(64, low=1, high=8192, log=True, label="hidden units", help="Length of a node's state.")


@architectures.register("tree_lstm")
class TreeLSTM(NeuralModel):
    """Reads a tree from the leaves up; each node keeps or forgets each of its children."""

    Config: ClassVar[type[TrunkConfig]] = TreeLSTMConfig
    title = "Tree-LSTM"
    family = "trees"
    reads_one_hot = True
    offers = Offers(frozenset({"tree"}), frozenset({"tokens"}), causal=False)
    provides = tuple(f"tree.{name}" for name in _NOTED)

    def __init__(self, config: TreeLSTMConfig, interface: Interface) -> None:
        super().__init__(config, interface)
        size = config.d_hidden
        self.from_word = nn.Linear(self.d_input, 4 * size)  # W and b: i, f, o, u
        self.from_children = nn.Linear(2 * size, 5 * size, bias=False)  # U: i, f_l, f_r, o, u
        self.d_features = size
        self.build_head()
        initialize(self, config.initialization)

    def first_matrix(self) -> Tensor:
        return self.from_word.weight.T  # (V, 4H)

    def words(self, batch: Batch, tree: Tree) -> Tensor:
        """(N, E) the embedded word at leaves, 0 at inner nodes."""
        x = self.embed(batch)[0]  # (N, E)
        leaf = torch.from_numpy(tree.left < 0).to(x.device)
        return x * leaf.unsqueeze(1)

    # the fast path: all nodes of one height at once ----------------------------------------------------------

    def forward(self, batch: Batch, context: Context) -> Output:
        tree = tree_of(batch)
        from_word = self.from_word(self.dropout(self.words(batch, tree)))  # (N, 4H)
        levels = nodes_by_height(tree)
        place = np.empty(len(tree.left), np.int64)  # where a node stands once the levels lie one after the other
        place[np.concatenate(levels)] = np.arange(len(place))
        nothing = from_word.new_zeros(len(levels[0]), self.d_features)
        h, c = self.level(from_word[levels[0]], nothing, nothing, nothing, nothing)
        for nodes in levels[1:]:
            left, right = place[tree.left[nodes]], place[tree.right[nodes]]
            new_h, new_c = self.level(from_word[nodes], h[left], h[right], c[left], c[right])
            h, c = torch.cat([h, new_h]), torch.cat([c, new_c])
        features = h[place].unsqueeze(0)  # (1, N, H), nodes in their own order again
        return Output(self.head(self.dropout(features), batch))

    def level(self, word: Tensor, h_l: Tensor, h_r: Tensor, c_l: Tensor, c_r: Tensor) -> tuple[Tensor, Tensor]:
        """Node and cell states (M, H) of M nodes from their words (M, 4H) and their children's states."""
        w_i, w_f, w_o, w_u = word.chunk(4, dim=1)
        u_i, u_l, u_r, u_o, u_u = self.from_children(torch.cat([h_l, h_r], dim=1)).chunk(5, dim=1)
        kept = torch.sigmoid(w_f + u_l) * c_l + torch.sigmoid(w_f + u_r) * c_r
        c = torch.sigmoid(w_i + u_i) * torch.tanh(w_u + u_u) + kept
        return torch.sigmoid(w_o + u_o) * torch.tanh(c), c

    # the explaining path: node by node -----------------------------------------------------------------------

    def trace(self, batch: Batch, keep_graph: bool = False) -> Trace:
        recorder, tree = Recorder(keep_graph), tree_of(batch)
        with torch.set_grad_enabled(keep_graph):
            words = self.words(batch, tree)  # (N, E)
            x = recorder.stacked_level("embedding", words.unsqueeze(0), "node")[0]
            nothing = x.new_zeros(1, self.d_features)
            nodes: list[dict[str, Tensor]] = []
            for j, (left, right) in enumerate(zip(tree.left.tolist(), tree.right.tolist(), strict=True)):
                children = [nodes[child] if child >= 0 else None for child in (left, right)]
                h_l, h_r = (nothing if child is None else child["node_state"] for child in children)
                c_l, c_r = (nothing if child is None else child["cell_state"] for child in children)
                nodes.append(self.node(x[j : j + 1], h_l, h_r, c_l, c_r))
            for name in _NOTED:
                recorder.note_steps(f"tree.{name}", [node[name] for node in nodes], ("batch", "node", "unit"))
            for name in ("cell_state", "node_state"):
                recorder.site(f"tree.{name}", [node[name] for node in nodes])
            features = torch.stack([node["node_state"] for node in nodes], dim=1)  # (1, N, H)
            features = recorder.stacked_level("features", features, "node")
            return self.finish_trace(batch, recorder, Output(self.head(features, batch)))

    def node(self, x: Tensor, h_l: Tensor, h_r: Tensor, c_l: Tensor, c_r: Tensor) -> dict[str, Tensor]:
        """The equations for one node: x (1, E), children's states (1, H) each."""
        w_i, w_f, w_o, w_u = self.from_word.weight.chunk(4)  # (H, E) each
        b_i, b_f, b_o, b_u = self.from_word.bias.chunk(4)
        u_i, u_l, u_r, u_o, u_u = self.from_children.weight.chunk(5)  # (H, 2H) each
        both = torch.cat([h_l, h_r], dim=1)  # (1, 2H)
        i = torch.sigmoid(x @ w_i.T + both @ u_i.T + b_i)
        f_l = torch.sigmoid(x @ w_f.T + both @ u_l.T + b_f)
        f_r = torch.sigmoid(x @ w_f.T + both @ u_r.T + b_f)
        o = torch.sigmoid(x @ w_o.T + both @ u_o.T + b_o)
        u = torch.tanh(x @ w_u.T + both @ u_u.T + b_u)
        c = i * u + f_l * c_l + f_r * c_r
        return dict(zip(_NOTED, (i, f_l, f_r, o, u, c, o * torch.tanh(c)), strict=True))

    def reach(self, batch: Batch, site: str) -> Tensor:
        """A loss at a node sees that node and its descendants."""
        tree = tree_of(batch)
        below = np.eye(len(tree.left), dtype=bool)  # (N, N)
        for j, (left, right) in enumerate(zip(tree.left, tree.right, strict=True)):
            if left >= 0:
                below[j] |= below[left] | below[right]
        return torch.from_numpy(below)


def tree_of(batch: Batch) -> Tree:
    assert batch.structure is not None, "a task with tree structure gives its batches a tree"
    return batch.structure


def nodes_by_height(tree: Tree) -> list[np.ndarray]:
    """Nodes grouped by their distance from the deepest leaf below: leaves first, each parent after its children."""
    heights = np.zeros(len(tree.left), np.int64)
    for j, (left, right) in enumerate(zip(tree.left.tolist(), tree.right.tolist(), strict=True)):
        if left >= 0:
            heights[j] = 1 + max(heights[left], heights[right])
    return [np.flatnonzero(heights == height) for height in range(int(heights.max()) + 1)]
