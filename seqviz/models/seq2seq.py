"""Sequence to sequence with attention: one GRU reads the source, another writes the target and looks back.

    h_s = GRU(x_s, h_{s-1})                                encoder state, s = 1 ... S
    d_t = GRU(y_t, d_{t-1}),  d_0 = h_S                    decoder state; y_t is the target so far (teacher forcing)
    e_ts = d_t . h_s                                       scores
    a_t = softmax_s(e_t)                                   pattern: where to look while writing t
    c_t = sum_s a_ts h_s                                   context
    q_t = tanh(W_c [c_t; d_t] + b_c)                       attended state, read by the head

Without the context everything about the source must fit into h_S; with it the gradient has a short way from each
target position to each source position.
Sutskever, Vinyals and Le 2014; attention: Bahdanau, Cho and Bengio 2014; in this dot form Luong, Pham and Manning 2015.

Axes: B batch, S source, T target, E embedding, H hidden units.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from seqviz.core.batch import Batch
from seqviz.core.interface import Interface, Offers
from seqviz.core.knobs import knob
from seqviz.models.base import Context, NeuralConfig, NeuralModel, TrunkConfig, architectures
from seqviz.models.gru import gates
from seqviz.models.initialization import initialize
from seqviz.models.one_hot import OneHot
from seqviz.models.output import Output
from seqviz.models.recurrent import State, Weights
from seqviz.models.trace import Recorder, Trace

_GATES = ("reset_gate", "update_gate", "candidate", "hidden_state")


class Seq2SeqConfig(NeuralConfig):
    width_knob: ClassVar[str] = "d_hidden"
    d_hidden: int = knob(64, low=1, high=8192, log=True, label="hidden units",
                         help="Length of the encoder's and the decoder's state.")  # fmt: skip


@architectures.register("seq2seq")
class Seq2Seq(NeuralModel):
    """An encoder and a decoder, with attention from each written symbol to everything read."""

    Config: ClassVar[type[TrunkConfig]] = Seq2SeqConfig
    title = "Seq2seq with attention"
    family = "attention"
    reads_one_hot = True
    offers = Offers(frozenset({"pair"}), frozenset({"tokens"}), causal=True)
    provides = (
        *(f"{side}.{name}" for side in ("encoder", "decoder") for name in _GATES),
        *(f"attention.{name}" for name in ("scores", "pattern", "context", "attended")),
    )

    def __init__(self, config: Seq2SeqConfig, interface: Interface) -> None:
        super().__init__(config, interface)
        size = config.d_hidden
        self.target_embedding = self.make_embedding(interface.outputs)
        one_hot = isinstance(self.target_embedding, OneHot)
        self.encoder = nn.GRU(self.d_input, size, batch_first=True)
        self.decoder = nn.GRU(interface.outputs.size if one_hot else config.d_input, size, batch_first=True)
        self.combine = nn.Linear(2 * size, size)  # W_c
        self.d_features = size
        self.build_head()
        initialize(self, config.initialization)

    def first_matrix(self) -> Tensor:
        return self.encoder.get_parameter("weight_ih_l0").T  # (V, 3H)

    # the fast path -------------------------------------------------------------------------------------------

    def forward(self, batch: Batch, context: Context) -> Output:
        source, decoder = batch.inputs["source"], batch.inputs["decoder"]
        present = presence(source.values, source.mask)  # (B, S)
        read, _ = self.encoder(self.dropout(self.embedding(source.values)))  # (B, S, H)
        start = last_present(read, present)  # (B, H)
        written, _ = self.decoder(self.dropout(self.target_embedding(decoder.values)), start.unsqueeze(0))  # (B, T, H)
        scores = written @ read.transpose(1, 2)  # (B, T, S)
        pattern = scores.masked_fill(~present.unsqueeze(1), -torch.inf).softmax(dim=-1)
        attended = torch.tanh(self.combine(torch.cat([pattern @ read, written], dim=-1)))  # (B, T, H)
        return Output(self.head(self.dropout(attended), batch))

    # the explaining path -------------------------------------------------------------------------------------

    def trace(self, batch: Batch, keep_graph: bool = False) -> Trace:
        recorder = Recorder(keep_graph)
        source, decoder = batch.inputs["source"], batch.inputs["decoder"]
        present = presence(source.values, source.mask)  # (B, S)
        with torch.set_grad_enabled(keep_graph):
            x = recorder.stacked_level("encoder.embedding", self.embedding(source.values), "source")  # (B, S, E)
            read = run_gru(x, x.new_zeros(len(x), self.d_features), self.encoder)
            note_states(recorder, "encoder", read, "source")
            memory = torch.stack([state["hidden_state"] for state in read], dim=1)  # (B, S, H)
            start = last_present(memory, present)  # (B, H)
            y = self.target_embedding(decoder.values)  # (B, T, E)
            y = recorder.stacked_level("decoder.embedding", y, "target")
            written = run_gru(y, start, self.decoder)
            note_states(recorder, "decoder", written, "target")
            looks = [self.attend(state["hidden_state"], memory, present) for state in written]
            for name, axis in (("scores", "source"), ("pattern", "source"), ("context", "unit"), ("attended", "unit")):
                steps = [look[name] for look in looks]
                recorder.note_steps(f"attention.{name}", steps, ("batch", "target", axis))
            features = torch.stack([look["attended"] for look in looks], dim=1)  # (B, T, H)
            features = recorder.stacked_level("attention.attended", features, "target")
            return self.finish_trace(batch, recorder, Output(self.head(features, batch)))

    def attend(self, d: Tensor, memory: Tensor, present: Tensor) -> dict[str, Tensor]:
        """One decoder state d (B, H) looks back at all encoder states (B, S, H), where `present` (B, S)."""
        scores = torch.einsum("bh,bsh->bs", d, memory)
        scores = torch.where(present, scores, -torch.inf)
        pattern = torch.exp(scores - torch.logsumexp(scores, dim=1, keepdim=True))  # (B, S)
        context = torch.einsum("bs,bsh->bh", pattern, memory)
        attended = torch.tanh(self.combine(torch.cat([context, d], dim=1)))  # (B, H)
        return {"scores": scores, "pattern": pattern, "context": context, "attended": attended}

    def reach(self, batch: Batch, site: str) -> Tensor:
        """Every target position sees the whole source, and the decoder's states up to its own."""
        source, target = batch.inputs["source"], batch.inputs["decoder"].values.shape[1]
        if site.startswith("encoder"):
            return presence(source.values, source.mask).any(dim=0).expand(target, -1).clone().cpu()  # (T, S)
        return torch.ones(target, target).tril().bool()


def presence(tokens: Tensor, mask: Tensor | None) -> Tensor:
    """(B, S) True where there is a token and no padding."""
    return torch.ones_like(tokens, dtype=torch.bool) if mask is None else mask


def last_present(states: Tensor, present: Tensor) -> Tensor:
    """The state after the last token of each row: (B, S, H) -> (B, H)."""
    last = present.sum(dim=1) - 1  # (B,)
    return states[torch.arange(len(states), device=states.device), last]


def run_gru(x: Tensor, h: Tensor, module: nn.GRU) -> list[State]:
    """Longhand, position by position: x (B, T, E), start h (B, H) -> gates and states of each position, (B, H) each."""
    weights = Weights(*(getattr(module, f"{name}_l0") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")))
    steps: list[State] = []
    for x_t in x.unbind(dim=1):
        steps.append(gates(x_t, h, weights))
        h = steps[-1]["hidden_state"]
    return steps


def note_states(recorder: Recorder, side: str, steps: list[State], axis: str) -> None:
    for name in _GATES:
        recorder.note_steps(f"{side}.{name}", [step[name] for step in steps], ("batch", axis, "unit"))
    recorder.site(f"{side}.hidden_state", [step["hidden_state"] for step in steps])
