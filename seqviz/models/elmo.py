"""ELMo: two language models read a text from both sides; what a task is then taught is a mixture of all their layers.

    h>_{t,j} = LSTM_j(h>_{t,j-1}, h>_{t-1,j})          reads on, and foretells x_{t+1}
    h<_{t,j} = LSTM_j(h<_{t,j-1}, h<_{t+1,j})          reads back, and foretells x_{t-1}
    l_read   = -sum_t log p(x_{t+1} | h>_{t,L}) - sum_t log p(x_{t-1} | h<_{t,L})      one softmax for both

    h_{t,0} = [x_t ; x_t],   h_{t,j} = [h>_{t,j} ; h<_{t,j}]
    ELMo_t  = gamma sum_j s_j h_{t,j},   s = softmax(w)              what the head reads

The first `pretraining` of the steps learn from l_read alone, on text without labels where the task brings some
(`inputs["reading"]`), on the words of the task itself where not. After that the task's own loss teaches head and
mixture, and the two stacks too unless they are frozen. pretraining = 0 is the same net from scratch.
The stacks never mix: each must foretell without having seen, so layer j of one reads layer j - 1 of the same one only.
Peters, Neumann, Iyyer, Gardner, Clark, Lee and Zettlemoyer, "Deep contextualized word representations", 2018; words are
looked up here instead of being read character by character.

Axes: B batch, T positions, H units of one direction, J = L + 1 layers in the mixture, V words.
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seqviz.core.batch import Batch, Field
from seqviz.core.interface import Interface, Offers
from seqviz.core.knobs import knob
from seqviz.models.base import Context, NeuralModel, TrunkConfig, architectures
from seqviz.models.initialization import initialize
from seqviz.models.lstm import LSTM
from seqviz.models.one_way import DIRECTIONS, Direction, trace_one_way, traced_names
from seqviz.models.output import Output
from seqviz.models.recurrent import Weights
from seqviz.models.trace import Recorder, Trace


class ElmoConfig(TrunkConfig):
    width_knob: ClassVar[str] = "d_hidden"
    d_hidden: int = knob(96, low=1, high=4096, log=True, label="hidden units",
                         help="Length of a word's vector, and of the state of each direction.")  # fmt: skip
    n_layers: int = knob(2, low=1, high=8, label="layers", help="LSTM layers in each direction.")
    pretraining: float = knob(0.5, low=0.0, high=0.95, label="pretraining",
                              help="Share of the steps that learn by reading alone (0: from scratch).")  # fmt: skip
    fine_tune: bool = knob(True, label="fine-tune",
                           help="Whether the task's loss also moves what was learned by reading.")  # fmt: skip

    @property
    def d_input(self) -> int:
        return self.d_hidden


class LayerMixture(nn.Module):
    """gamma sum_j s_j h_j, s = softmax(w)."""

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(layers))  # w
        self.scale = nn.Parameter(torch.ones(()))  # gamma

    def shares(self) -> Tensor:
        """s: (J,), adding up to 1."""
        return torch.softmax(self.weight, dim=0)

    def forward(self, layers: list[Tensor]) -> Tensor:
        """J of (B, T, 2H) -> (B, T, 2H)."""
        shares = self.shares()
        total = shares[0] * layers[0]
        for share, layer in zip(shares[1:], layers[1:], strict=True):
            total = total + share * layer
        return self.scale * total


@architectures.register("elmo")
class Elmo(NeuralModel):
    """Reads on and back without labels first; the task is taught a mixture of all layers."""

    Config: ClassVar[type[TrunkConfig]] = ElmoConfig
    title = "ELMo-style biLM"
    family = "lstm"
    offers = Offers(frozenset({"chain"}), frozenset({"tokens"}), causal=False)
    provides = (*traced_names(LSTM), "mixture.weight", "mixture.scale")
    config: ElmoConfig

    def __init__(self, config: ElmoConfig, interface: Interface) -> None:
        super().__init__(config, interface)
        size = config.d_hidden
        self.forward_stack = nn.ModuleList(nn.LSTM(size, size, batch_first=True) for _ in range(config.n_layers))
        self.backward_stack = nn.ModuleList(nn.LSTM(size, size, batch_first=True) for _ in range(config.n_layers))
        self.foretell = nn.Linear(size, interface.inputs.size)
        self.mixture = LayerMixture(config.n_layers + 1)
        self.d_features = 2 * size
        self.build_head()
        initialize(self, config.initialization)

    # fast --------------------------------------------------------------------------------------------------------

    def forward(self, batch: Batch, context: Context) -> Output:
        if self.training and context.progress < self.config.pretraining:
            return Output(None, own_loss=self.reading_loss(batch.inputs.get("reading", batch.inputs["tokens"])))
        with torch.set_grad_enabled(torch.is_grad_enabled() and (self.config.fine_tune or not self.config.pretraining)):
            layers = self.read(batch.inputs["tokens"])  # J of (B, T, 2H)
        return Output(self.head(self.dropout(self.mixture(layers)), batch))

    def read(self, words: Field) -> list[Tensor]:
        """Both directions layer by layer: J of (B, T, 2H), the first the word's own vector twice."""
        x = self.dropout(self.embedding(words.values))  # (B, T, H)
        order = backwards(words)  # (B, T)
        there = present(words, x)  # (B, T, 1)
        on, back = x, turned(x, order)
        layers = [torch.cat([x, x], dim=2)]
        for forward_net, backward_net in zip(*(self.stack(way) for way in DIRECTIONS), strict=True):
            on, back = forward_net(on)[0], backward_net(back)[0]  # (B, T, H)
            layers.append(torch.cat([on, turned(back, order)], dim=2) * there)
        return layers

    def stack(self, way: Direction) -> list[nn.LSTM]:
        nets = self.forward_stack if way == "forward" else self.backward_stack
        return [net for net in nets if isinstance(net, nn.LSTM)]

    def reading_loss(self, words: Field) -> tuple[Tensor, Tensor]:
        """(sum over both directions of -log p in nats, how many words were foretold)."""
        on, back = self.read(words)[-1].chunk(2, dim=2)  # (B, T, H)
        there = present(words, on).expand(len(on), -1, 1)[..., 0] > 0  # (B, T)
        both = there[:, 1:] & there[:, :-1]  # (B, T - 1): a word and the one before it
        values = words.values
        ahead = F.cross_entropy(self.foretell(on[:, :-1])[both], values[:, 1:][both], reduction="sum")
        behind = F.cross_entropy(self.foretell(back[:, 1:])[both], values[:, :-1][both], reduction="sum")
        return ahead + behind, 2 * both.sum().clamp(min=1).to(ahead.dtype)

    # longhand ----------------------------------------------------------------------------------------------------

    def trace(self, batch: Batch, keep_graph: bool = False) -> Trace:
        recorder = Recorder(keep_graph)
        words = batch.inputs["tokens"]
        with torch.set_grad_enabled(keep_graph):
            x = self.traced_input(batch, recorder)  # (B, T, H)
            there = list(present(words, x).expand(x.shape[0], -1, 1).unbind(dim=1))  # T of (B, 1)
            first = list(x.unbind(dim=1))  # T of (B, H)
            layers = [[torch.cat([v, v], dim=1) for v in first]]  # J of T of (B, 2H)
            states = dict.fromkeys(DIRECTIONS, first)
            for layer in range(self.config.n_layers):
                for way in DIRECTIONS:
                    states[way] = self._trace_way(layer, way, states[way], there, recorder)
                layers.append([torch.cat(pair, dim=1) for pair in zip(*states.values(), strict=True)])
            recorder.note("mixture.weight", self.mixture.shares(), ("layer",))
            recorder.note("mixture.scale", self.mixture.scale.reshape(1), ("value",))
            mixed = self.mixture([torch.stack(layer, dim=1) for layer in layers])  # (B, T, 2H)
            mixed = recorder.stacked_level("features", mixed)
            return self.finish_trace(batch, recorder, Output(self.head(mixed, batch)))

    def _trace_way(
        self, layer: int, way: Direction, inputs: list[Tensor], there: list[Tensor], recorder: Recorder
    ) -> list[Tensor]:
        """One direction of one layer: its hidden states by position, T of (B, H), 0 behind a row's end."""
        net = self.stack(way)[layer]
        weights = Weights(*(getattr(net, f"{kind}_l0") for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")))
        start = dict.fromkeys(LSTM.states, inputs[0].new_zeros(inputs[0].shape[0], self.config.d_hidden))
        step = partial(LSTM.cell_step, self)  # type: ignore[arg-type]  # equations alone
        return trace_one_way(LSTM, step, way, layer, inputs, there, start, weights, recorder)

    def reach(self, batch: Batch, site: str) -> Tensor:
        """Forward states are read at their own position and later, backward ones at their own and earlier."""
        positions = batch.inputs["tokens"].values.shape[1]
        every = torch.ones(positions, positions, dtype=torch.bool)
        if not self.head.pointwise or "ward." not in site:
            return every
        return every.tril() if ".forward." in site else every.triu()


def present(words: Field, like: Tensor) -> Tensor:
    """(B, T, 1): 1 where a row has a word, 0 behind its end."""
    if words.mask is None:
        return like.new_ones(1, like.shape[1], 1)
    return words.mask.to(like.dtype).unsqueeze(2)


def backwards(words: Field) -> Tensor:
    """(B, T) for each place the one that stands there when every row is read from its own end; padding stays put."""
    rows, length = words.values.shape
    places = torch.arange(length, device=words.values.device).expand(rows, length)
    if words.mask is None:
        return places.flip(1)
    ends = words.mask.sum(dim=1, keepdim=True)  # (B, 1)
    return torch.where(words.mask, ends - 1 - places, places)


def turned(values: Tensor, order: Tensor) -> Tensor:
    """(B, T, H) with every row in the order given; doing it twice gives it back."""
    return values.gather(1, order.unsqueeze(2).expand_as(values))
