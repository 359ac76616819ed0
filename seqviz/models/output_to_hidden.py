"""Output-to-hidden recurrence: all that is carried on is what the net has said.

    h_t = tanh(U x_t + W o_{t-1} + b)                  no arrow from h_{t-1} to h_t
    p_t = softmax(V h_t + c)

    teacher forcing     o_{t-1} = y_{t-1}, the true output as a one-hot row: every position can be learned by itself,
                        at once, and no gradient travels through time
    free running        o_{t-1} = p_{t-1} (or its logits): the net lives with what it says, one position after the other

In a language model the true output of one position *is* the next input, y_{t-1} = x_t. So with teacher forcing the net
knows x_t twice and nothing before it: it is a bigram model, whatever its width. Running free, whatever p_{t-1} lets
through of the past is its only memory. A net trained in one way and run in the other meets inputs it has never learned
from: exposure bias.
Jordan, "Serial order", 1986; Goodfellow, Bengio and Courville, "Deep learning", 2016, section 10.2.1.

Axes: B batch, T positions, E embedding, H hidden units, V symbols.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seqviz.core.batch import Batch
from seqviz.core.interface import Interface, Offers
from seqviz.core.knobs import knob
from seqviz.models.base import Context, NeuralConfig, NeuralModel, architectures, position_losses
from seqviz.models.initialization import initialize
from seqviz.models.inner_health import Activation
from seqviz.models.output import Categorical, Output
from seqviz.models.trace import Recorder, Trace

if TYPE_CHECKING:
    from seqviz.models.heads.softmax import SoftmaxHead

SYMBOLS = ("batch", "t", "symbol")


class OutputToHiddenConfig(NeuralConfig):
    width_knob: ClassVar[str] = "d_hidden"
    d_hidden: int = knob(128, low=1, high=8192, log=True, label="hidden units",
                         help="Length of the state, which is made anew at every position.")  # fmt: skip
    train_by: Literal["teacher_forcing", "free_running"] = knob(
        "teacher_forcing", label="train by",
        help="What the recurrence reads while training and when judged: the true previous symbol, or the net's own "
        "previous output.",
    )  # fmt: skip
    reads: Literal["probabilities", "logits"] = knob(
        "probabilities", label="own output as", advanced=True,
        help="Running free: whether the recurrence reads the softmax of the previous output, or what goes into it.",
    )  # fmt: skip


@architectures.register("output_to_hidden")
class OutputToHidden(NeuralModel):
    """Remembers only what it said: the previous output, true or its own, is the one thing carried on."""

    Config: ClassVar[type[NeuralConfig]] = OutputToHiddenConfig
    title = "Output-to-hidden RNN"
    family = "recurrent"
    offers = Offers(
        frozenset({"chain"}), frozenset({"tokens"}), causal=True, heads=frozenset({"softmax"}), only_next_token=True
    )
    reads_one_hot = True
    provides = ("embedding", "layers.*.hidden_state", "output.teacher_forced*", "output.free_running*")
    config: OutputToHiddenConfig

    def __init__(self, config: OutputToHiddenConfig, interface: Interface) -> None:
        super().__init__(config, interface)
        self.from_input = nn.Linear(self.d_input, config.d_hidden)  # U, b
        self.from_output = nn.Linear(interface.outputs.size, config.d_hidden, bias=False)  # W
        self.d_features = config.d_hidden
        self.build_head()
        initialize(self, config.initialization)

    def first_matrix(self) -> Tensor:
        return self.from_input.weight.T  # (E, H)

    @property
    def forced(self) -> bool:
        """Whether the recurrence reads the true output."""
        return self.config.train_by == "teacher_forcing"

    # fast ----------------------------------------------------------------------------------------------------------

    def forward(self, batch: Batch, context: Context) -> Output:
        drive = self.from_input(self.dropout(self.embed(batch)))  # (B, T, H): U x_t + b
        if self.forced:
            recalled = F.embedding(
                self._tokens(batch), self.from_output.weight.T
            )  # (B, T, H): W y_{t-1}, y_{t-1} = x_t
            return Output(self.head(self.dropout(torch.tanh(drive + recalled)), batch))
        said, logits = context.state, []
        for now in drive.unbind(dim=1):  # (B, H)
            h = torch.tanh(now if said is None else now + self.from_output(said))
            logits.append(self._logits(self.dropout(h)))  # (B, V)
            said = self.heard(logits[-1])
        assert said is not None
        return Output(Categorical(torch.stack(logits, dim=1)), said.detach())

    def heard(self, logits: Tensor) -> Tensor:
        """What the recurrence reads of its own output: (..., V)."""
        return torch.softmax(logits, dim=-1) if self.config.reads == "probabilities" else logits

    def _logits(self, h: Tensor) -> Tensor:
        """V h + c: (..., H) -> (..., V)."""
        return cast("SoftmaxHead", self.head).linear(h)

    def _tokens(self, batch: Batch) -> Tensor:
        tokens: Tensor = batch.inputs["tokens"].values
        return tokens  # (B, T)

    # longhand ------------------------------------------------------------------------------------------------------

    def trace(self, batch: Batch, keep_graph: bool = False) -> Trace:
        recorder = Recorder(keep_graph)
        with torch.set_grad_enabled(keep_graph):
            x = self.traced_input(batch, recorder)  # (B, T, E)
            passes = {"teacher_forced": self._truth(batch), "free_running": None}
            mine = "teacher_forced" if self.forced else "free_running"
            said: dict[str, Categorical] = {}
            for name, truth in passes.items():
                states, logits = self._run(x, truth)
                said[name] = Categorical(logits)
                recorder.note(f"output.{name}", torch.softmax(logits, dim=-1), SYMBOLS)
                recorder.note(f"output.{name}_loss", position_losses(Output(said[name]), batch), ("batch", "t"))
                if name == mine:
                    recorder.note_steps("layers.0.hidden_state", states)
                    recorder.site("layers.0.hidden_state", states)
            return self.finish_trace(batch, recorder, Output(said[mine]))

    def activations(self) -> dict[str, Activation]:
        return {"layers.*.hidden_state": "tanh"}

    def counted_pass(self, batch: Batch) -> Output:
        """One of the two ways of running that `trace` shows, and nothing in it is fused."""
        return self.forward(batch, Context())

    def _truth(self, batch: Batch) -> Tensor:
        """(B, T, V) one-hot rows of the true outputs y_{t-1}: in a language model, of the tokens read."""
        rows = F.one_hot(self._tokens(batch), self.interface.outputs.size)
        return rows.to(self.from_output.weight.dtype)

    def _run(self, x: Tensor, truth: Tensor | None) -> tuple[list[Tensor], Tensor]:
        """States, T of (B, H), and logits (B, T, V), reading `truth` (B, T, V) or, without it, its own output."""
        said = x.new_zeros(x.shape[0], self.interface.outputs.size)  # (B, V): nothing yet
        states, logits = [], []
        for t, now in enumerate(x.unbind(dim=1)):  # (B, E)
            recalled = said if truth is None else truth[:, t]  # (B, V): o_{t-1}
            h = torch.tanh(self.from_input(now) + self.from_output(recalled))  # (B, H)
            states.append(h)
            logits.append(self._logits(h))  # (B, V)
            said = self.heard(logits[-1])
        return states, torch.stack(logits, dim=1)

    # what may depend on what, and writing ----------------------------------------------------------------------------

    def reach(self, batch: Batch, site: str) -> Tensor:
        """With teacher forcing a loss depends on its own position alone."""
        causal = super().reach(batch, site)
        return torch.eye(*causal.shape, dtype=torch.bool) if self.forced else causal

    def receptive_field(self) -> int | None:
        return 1 if self.forced else None

    def initial_state(self, batch_size: int) -> Tensor:
        like = self.from_output.weight
        return like.new_zeros(batch_size, self.interface.outputs.size)  # (B, V)

    @torch.no_grad()
    def step(self, tokens: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        truth = F.one_hot(tokens, self.interface.outputs.size).to(state.dtype)  # (B, V)
        h = torch.tanh(self.from_input(self.embedding(tokens)) + self.from_output(truth if self.forced else state))
        logits = self._logits(h)  # (B, V)
        return torch.log_softmax(logits, dim=-1), self.heard(logits)
