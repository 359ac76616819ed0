"""The contract of every architecture.

Two paths, proved equal by tests: `forward` is fast (fused kernels where torch has them), `trace` is longhand, line by
line as in the textbook, and names every gate, state, score and pattern as it goes (always as in eval mode).
A model is a trunk (an architecture's file) and a head (models/heads/) that the task asks for.
"""

from __future__ import annotations

import abc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from seqviz.core.batch import Batch
from seqviz.core.interface import Interface, Offers, Space
from seqviz.core.knobs import Knobs, knob
from seqviz.core.registry import Registry
from seqviz.models.one_hot import OneHot, OneHotMatrix
from seqviz.models.output import Output
from seqviz.models.trace import Recorder, Trace

LearnsBy = Literal["gradient", "observe", "none"]

architectures: Registry[type[Model]] = Registry("architecture", "seqviz.models")


@dataclass
class Context:
    """What a pass needs beside the batch."""

    state: Any = None  # Output.state of what came before; None: start afresh
    progress: float = 0.0  # share of training done, for schedules inside models
    teacher_forcing: float = 1.0
    generator: torch.Generator | None = field(default=None, repr=False)


class ModelConfig(Knobs):
    """Base of every architecture's knobs. `width_knob`: the one that sets how many parameters there are ("": none)."""

    width_knob: ClassVar[str] = ""


class Model(abc.ABC):
    """Every architecture, counting ones too. Subclasses in a file of seqviz/models register themselves.

    Class attributes: `title` for people, `family` (sets the hue: recurrent, lstm, gru, attention, convolution,
    counting, state, trees), `offers` (what tasks it can serve), `learns_by`, `provides` (wildcards of trace names).
    """

    Config: ClassVar[type[ModelConfig]] = ModelConfig
    title: ClassVar[str]
    family: ClassVar[str]
    offers: ClassVar[Offers]
    learns_by: ClassVar[LearnsBy]
    variant_of: ClassVar[str] = ""  # the plainer architecture that it adds to
    adds: ClassVar[frozenset[str]] = frozenset()  # what it adds to that one and no knob turns off: "layer_norm"
    provides: tuple[str, ...] = ()  # an instance may narrow it (position.* depends on a knob)

    interface: Interface

    @classmethod
    def sizes(cls, config: Any) -> tuple[int, int] | None:
        """Sizes of the input and the output space that these knobs prescribe; None: any."""
        return None

    @abc.abstractmethod
    def forward(self, batch: Batch, context: Context) -> Output:
        """The fast path. The batch holds torch tensors."""

    @abc.abstractmethod
    def trace(self, batch: Batch, keep_graph: bool = False) -> Trace:
        """The longhand path in eval mode; with `keep_graph` sites and losses stay differentiable."""

    def quick_trace(self, batch: Batch) -> Trace:
        """The same arrays as `trace`, as fast as can be, no graph. Models override it where live frames need it."""
        return self.trace(batch, keep_graph=False)

    def counted_pass(self, batch: Batch) -> Output:
        """What training computes forwards, no matrix product hidden in a fused kernel: what its cost is counted by.

        Overridden where `trace` shows more than training does.
        """
        return self.trace(batch).output

    def initial_state(self, batch_size: int) -> Any:
        """State before the first token, for `step`."""
        return None

    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Cached generation: read one token each, tokens (batch,) int64; give log probabilities (batch, vocab)."""
        raise NotImplementedError(f"{type(self).__name__} does not generate")

    @property
    def generates(self) -> bool:
        return type(self).step is not Model.step

    def reach(self, batch: Batch, site: str) -> Tensor:
        """(out_pos, site_pos) bool: which losses of this batch may depend on which positions of a site.

        Causal unless overridden: the last output sees the last position, and each output before it one fewer.
        """
        outputs = next(iter(batch.targets.values())).values.shape[1]
        positions = next(iter(batch.inputs.values())).values.shape[1]
        return torch.ones(outputs, positions).tril(positions - outputs).bool()

    def receptive_field(self) -> int | None:
        """How many tokens back an output can see; None when unbounded."""
        return None

    def remembers(self, read: int) -> int:
        """How many of the last `read` tokens the distribution that `step` gives rests on."""
        field = self.receptive_field()
        return read if field is None else min(read, field)

    def longest_input(self) -> int | None:
        """Most tokens one pass can read (a learned position table ends); None when there is no end."""
        return None

    def notices(self) -> tuple[str, ...]:
        """What the user should know about the model as it stands, one sentence each."""
        return ()

    def observe(self, batch: Batch) -> None:
        """Counting models: read this part of the training split, once and in order."""
        raise NotImplementedError(f"{type(self).__name__} does not count")

    def end_of_pass(self) -> bool:
        """Observing models: the training split has been read to its end; True asks to read it once more (EM)."""
        return False

    def growth(self) -> Mapping[str, float]:
        """Figures of an observing model that grow with the text read (n-grams, bytes, what is still unseen)."""
        return {}

    def groups(self) -> Iterator[tuple[str, int]]:
        """(group name, number of parameters) in reading order."""
        return iter(())

    def state_arrays(self) -> dict[str, Tensor]:
        """Everything that must be saved to continue: weights or counts."""
        return {}

    def load_arrays(self, arrays: dict[str, Tensor]) -> None:
        """The inverse of `state_arrays`."""


class TrunkConfig(ModelConfig):
    """Knobs of every neural trunk; `d_input` is the length of the vector that each input is turned into."""

    input_encoding: Literal["embedding", "one_hot"] = knob(
        "embedding", label="inputs",
        help="embedding: a learned vector for each symbol. one_hot: a row of zeros with a single 1, which the first "
        "matrix of the net turns into one of its own rows (the length of the embedding then plays no part).",
    )  # fmt: skip
    dropout: float = knob(0.0, low=0.0, high=0.95, live=True, label="dropout",
                          help="Share of activations silenced at random while training.")  # fmt: skip
    initialization: Literal["default", "xavier", "orthogonal", "normal", "identity"] = knob(
        "default", label="start", advanced=True,
        help="How weights begin: torch's default, Xavier, orthogonal, normal(0, 0.02), or identity where square.",
    )  # fmt: skip

    @property
    def d_input(self) -> int:
        raise NotImplementedError


class NeuralConfig(TrunkConfig):
    """Trunks whose embedding has a width of its own."""

    d_embedding: int = knob(32, low=1, high=4096, log=True, label="embedding",
                            help="Length of the vector each token is turned into.")  # fmt: skip

    @property
    def d_input(self) -> int:
        return self.d_embedding


class NeuralModel(Model, nn.Module):
    """Trunk + head. A trunk gives `features` (batch, position, d_features) from embedded inputs.

    Subclasses set `self.d_features` and call `self.build_head()` at the end of their `__init__`, then
    `initialize(self, config.initialization)` from models/initialization.py.

    `reads_one_hot`: the first layer is a matrix with `self.d_input` columns (then the size of the vocabulary) and
    `first_matrix` gives it, so one-hot rows go in as they are. All other trunks get them multiplied by a matrix of
    width `config.d_input`.
    """

    learns_by = "gradient"
    reads_one_hot: ClassVar[bool] = False
    d_features: int

    def __init__(self, config: TrunkConfig, interface: Interface) -> None:
        nn.Module.__init__(self)
        self.config = config
        self.interface = interface
        self.dropout = nn.Dropout(config.dropout)
        self.embedding = self.make_embedding(interface.inputs)
        self.d_input = interface.inputs.size if isinstance(self.embedding, OneHot) else config.d_input

    def make_embedding(self, space: Space) -> nn.Module:
        """What turns inputs from a space into vectors."""
        if space.kind == "vectors":
            return nn.Linear(space.size, self.config.d_input)
        if self.config.input_encoding == "embedding":
            return nn.Embedding(space.size, self.config.d_input)
        return OneHot(space.size) if self.reads_one_hot else OneHotMatrix(space.size, self.config.d_input)

    def first_matrix(self) -> Tensor:
        """(symbol, dim): the matrix that one-hot rows meet first, where `reads_one_hot`."""
        raise NotImplementedError(f"{type(self).__name__} does not read one-hot rows")

    def input_matrix(self) -> Tensor | None:
        """(symbol, dim): the row that each input symbol picks; None where inputs are vectors."""
        if isinstance(self.embedding, OneHot):
            return self.first_matrix()
        return self.embedding.weight if isinstance(self.embedding, nn.Embedding) else None

    def build_head(self) -> None:
        from seqviz.models.heads import heads  # heads import nothing of this module at import time

        self.head = heads.get(self.interface.head)(self.d_features, self.interface)

    def embed(self, batch: Batch) -> Tensor:
        """(batch, t) tokens or (batch, t, dim) vectors -> (batch, t, d_input)."""
        space = self.interface.inputs
        values = batch.inputs[space.kind].values
        return self.embedding(values / space.scale if space.kind == "vectors" else values)

    def traced_input(self, batch: Batch, recorder: Recorder) -> Tensor:
        """`embed` of a longhand pass: noted, and a site to differentiate by even where it has no weights."""
        x = self.embed(batch)
        if recorder.keep_graph and not x.requires_grad:
            x = x.detach().requires_grad_()
        recorder.note("embedding", x, ("batch", "t", "dim"))
        recorder.stacked_site("embedding", x)
        return x

    def set_dropout(self, share: float) -> None:
        """The live dropout knob: every dropout of the model, fused ones included."""
        for module in self.modules():
            if isinstance(module, nn.Dropout):
                module.p = share
            elif isinstance(module, nn.RNNBase):
                module.dropout = share if module.num_layers > 1 else 0.0

    def finish_trace(self, batch: Batch, recorder: Recorder, output: Output) -> Trace:
        """Close a longhand pass: losses by output position."""
        return Trace(recorder.arrays, recorder.sites, output, position_losses(output, batch), levels=recorder.levels)

    def groups(self) -> Iterator[tuple[str, int]]:
        seen: set[Tensor] = set()  # a matrix that two modules share counts once
        for name, module in self.named_children():
            fresh = [p for p in module.parameters() if p not in seen]
            seen.update(fresh)
            count = sum(p.numel() for p in fresh)
            if count:
                yield name, count

    def state_arrays(self) -> dict[str, Tensor]:
        return {name: value.detach() for name, value in self.state_dict().items()}

    def load_arrays(self, arrays: dict[str, Tensor]) -> None:
        self.load_state_dict(arrays)


@contextmanager
def in_eval_mode(model: Model) -> Iterator[None]:
    """Without dropout inside the block; afterwards as before. Counting models have no modes."""
    training = isinstance(model, nn.Module) and model.training
    if training:
        model.eval()  # type: ignore[attr-defined]
    try:
        yield
    finally:
        if training:
            model.train()  # type: ignore[attr-defined]


def within(causal: Tensor, past: int) -> Tensor:
    """Of a causal reach (out_pos, site_pos) the band of the output's own position and `past` positions before it."""
    outputs, positions = causal.shape
    return causal.triu(positions - outputs - past)


def position_losses(output: Output, batch: Batch) -> Tensor:
    """-log p of each target in nats: (batch, out_pos), nan where there is no target."""
    target = next(iter(batch.targets.values()))
    losses = -output.predictive.log_prob(target.values)
    if target.mask is not None:
        losses = torch.where(target.mask, losses, torch.full_like(losses, float("nan")))
    return losses
