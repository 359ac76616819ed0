"""Hidden Markov model: a walk over hidden states, each of which emits symbols of its own liking.

    P(x_0 ... x_T) = sum over paths  start(s_0) b_{s_0}(x_0)  prod_t  A_{s_{t-1} s_t} b_{s_t}(x_t)

The belief after each symbol (predict, then correct) foretells the next: P(x_{t+1} | x_0 ... x_t) = f_t A B.
Learned by Baum-Welch (EM): reading the training split once with the parameters as they are gives how often each state
is expected to start, to follow another and to emit each symbol (E step); the shares of these are the next parameters
(M step). Without pseudo-counts the likelihood of the training split never falls. Each row of a batch is a text of its
own there, so a transition across the edge of two windows is not counted. Equations: models/forward_backward.py.
Baum, Petrie, Soules and Weiss 1970; Rabiner, "A tutorial on hidden Markov models", 1989; Cave and Neuwirth, "Hidden
Markov models for English", 1980, found vowels and consonants this way.

The trace's smoothed belief and best path use the whole probe, what comes later included; the filtered one only what
was read. Axes: N rows, T positions, K states, V symbols. Double precision on the CPU.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from seqviz.core.batch import Batch
from seqviz.core.interface import Interface, Offers
from seqviz.core.knobs import knob
from seqviz.models.base import Context, Model, ModelConfig, architectures, position_losses
from seqviz.models.forward_backward import (
    Expected,
    Parameters,
    emission_factors,
    filtered,
    logs,
    maximised,
    viterbi,
)
from seqviz.models.output import LogTable, Output
from seqviz.models.trace import Recorder, Trace

PARAMETERS = ("start", "transition", "emission")
PIECE = 800_000  # symbols times states read at once: few enough for a click to be answered, and for the memory
Rows = tuple[np.ndarray, np.ndarray, np.ndarray]  # symbols (N, T), where there is one, where it may be learned from


class HmmConfig(ModelConfig):
    width_knob: ClassVar[str] = "n_states"
    n_states: int = knob(12, low=1, high=512, log=True, label="states",
                         help="How many hidden states there are; nobody tells them what to stand for.")  # fmt: skip
    passes: int = knob(40, low=1, high=10_000, log=True, label="EM passes",
                       help="How often the text is read; the parameters move at the end of each pass.")  # fmt: skip
    pseudo_count: float = knob(
        0.01, low=0.0, high=1000.0, label="pseudo-count", advanced=True,
        help="Added to every expected count, so that nothing becomes impossible (0: plain maximum likelihood).",
    )  # fmt: skip


@architectures.register("hmm")
class HiddenMarkovModel(Model):
    """Explains a text by a few hidden states that it has to find by itself."""

    Config: ClassVar[type[ModelConfig]] = HmmConfig
    title = "Hidden Markov model"
    family = "state"
    offers = Offers(
        frozenset({"chain"}), frozenset({"tokens"}), causal=True, heads=frozenset({"softmax"}), only_next_token=True
    )
    learns_by = "observe"
    provides = (
        *(f"belief.{name}" for name in ("filtered", "predicted", "smoothed")),
        *(f"viterbi.{name}" for name in ("state", "score", "back")),
        *(f"hmm.{name}" for name in (*PARAMETERS, "likelihood")),
    )

    def __init__(self, config: HmmConfig, interface: Interface) -> None:
        self.config = config
        self.interface = interface
        states, symbols = config.n_states, interface.inputs.size
        self.parameters = Parameters(_random(states), _random(states, states), _random(states, symbols))
        self._expected = Expected.none(states, symbols)
        self._unread: list[Rows] = []
        self.likelihoods: list[float] = []  # of the training split by pass, nats per symbol

    # learning --------------------------------------------------------------------------------------------------

    def observe(self, batch: Batch) -> None:
        """Take the batch in; many are read together, which is far quicker. Symbols whose place as a target is masked
        are not looked at.
        """
        rows = read_rows(batch)
        if self._unread and self._unread[-1][0].shape[1] != rows[0].shape[1]:
            self._read()
        self._unread.append(rows)
        if sum(tokens.size for tokens, _, _ in self._unread) * self.config.n_states >= PIECE:
            self._read()

    def _read(self) -> None:
        """The E step over all rows that wait."""
        if self._unread:
            tokens, present, known = (np.concatenate(parts) for parts in zip(*self._unread, strict=True))
            self._expected.add(self.parameters, tokens, present, known)
            self._unread = []

    def end_of_pass(self) -> bool:
        """The M step; True until all passes are done."""
        self._read()
        expected = self._expected
        if not expected.tokens:
            return False
        self.likelihoods.append(expected.log_likelihood / expected.tokens)
        self.parameters = maximised(expected, self.parameters, self.config.pseudo_count)
        self._expected = Expected.none(*self.parameters.emission.shape)
        return len(self.likelihoods) < self.config.passes

    # reading ---------------------------------------------------------------------------------------------------

    def forward(self, batch: Batch, context: Context) -> Output:
        tokens = batch.inputs["tokens"].values.numpy()  # (N, T)
        shape = (*tokens.shape, self.interface.outputs.size)
        if batch.in_order and (batch.fresh or context.state is not None):
            tokens = tokens.reshape(1, -1)  # the rows are one text, read through
        before = self._before(context.state, len(tokens))
        beliefs = filtered(before, self.parameters.transition, emission_factors(self.parameters.emission, tokens))
        after = beliefs.filtered.transpose(1, 0, 2) @ self.parameters.transition  # (N, T, K)
        table = logs(after @ self.parameters.emission)  # (N, T, V)
        return Output(LogTable(torch.from_numpy(table.reshape(shape))), torch.from_numpy(after[:, -1].copy()))

    def _before(self, state: Tensor | None, rows: int) -> np.ndarray:
        """(N, K) what is believed of the state that emits the first symbol."""
        if state is not None and len(state) == rows:
            return state.numpy()
        return np.broadcast_to(self.parameters.start, (rows, self.config.n_states))

    def initial_state(self, batch_size: int) -> Tensor:
        return torch.from_numpy(self._before(None, batch_size).copy())

    def step(self, tokens: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """The state is what is believed of the state that emits the token to be read, (batch, K)."""
        factors = emission_factors(self.parameters.emission, tokens.numpy()[:, None])  # (1, B, K)
        after = filtered(state.numpy(), self.parameters.transition, factors).filtered[0] @ self.parameters.transition
        return torch.from_numpy(logs(after @ self.parameters.emission)), torch.from_numpy(after)

    # the explaining path ---------------------------------------------------------------------------------------

    def trace(self, batch: Batch, keep_graph: bool = False) -> Trace:
        recorder = Recorder(keep_graph=False)  # nothing here is differentiated
        start, transition, emission = (torch.from_numpy(p.copy()) for p in self.parameters)
        tokens = batch.inputs["tokens"].values  # (N, T)
        belief = start.expand(len(tokens), -1)  # (N, K)
        predicted, corrected = [], []
        for t, x in enumerate(tokens.unbind(dim=1)):  # x (N,)
            belief = belief if t == 0 else belief @ transition
            predicted.append(belief)
            joint = belief * emission[:, x].T  # (N, K)
            total = joint.sum(dim=1, keepdim=True)
            belief = torch.where(total > 0, joint / total, belief)  # impossible: nothing learned
            corrected.append(belief)
        recorder.note_steps("belief.predicted", predicted, ("batch", "t", "state"))
        recorder.note_steps("belief.filtered", corrected, ("batch", "t", "state"))
        recorder.note_steps("belief.smoothed", smoothed(predicted, corrected, transition), ("batch", "t", "state"))
        self._note_best_path(recorder, tokens)
        for name, values in zip(PARAMETERS, (start, transition, emission), strict=True):
            axes = ("state", "state2" if name == "transition" else "symbol")
            recorder.note(f"hmm.{name}", values, axes[: values.ndim])
        recorder.note("hmm.likelihood", torch.tensor(self.likelihoods, dtype=torch.float64), ("pass",))
        shares = torch.stack(corrected, dim=1) @ transition @ emission  # (N, T, V)
        output = Output(LogTable(torch.log(shares)), corrected[-1] @ transition)
        return Trace(recorder.arrays, recorder.sites, output, position_losses(output, batch))

    def _note_best_path(self, recorder: Recorder, tokens: Tensor) -> None:
        start, transition, emission = (logs(p) for p in self.parameters)
        factors = np.ascontiguousarray(emission.T)[tokens.numpy().T]  # (T, N, K)
        best = viterbi(start, transition, factors)
        recorder.note("viterbi.state", torch.from_numpy(best.states), ("batch", "t"))
        recorder.note("viterbi.score", torch.from_numpy(best.scores.transpose(1, 0, 2)), ("batch", "t", "state"))
        recorder.note("viterbi.back", torch.from_numpy(best.back.transpose(1, 0, 2)), ("batch", "t", "state"))

    # what is saved and said ------------------------------------------------------------------------------------

    def notices(self) -> tuple[str, ...]:
        if not self.likelihoods:
            return ("no pass over the text came to its end, so the states are still those drawn at random",)
        unseen = int((self.parameters.emission == 0).all(axis=0).sum())
        if not unseen:
            return ()
        return (f"{unseen} symbols have probability 0 in every state: where they come, the loss is infinite",)

    def growth(self) -> Mapping[str, float]:
        """Passes done, and what the last one found."""
        if not self.likelihoods:
            return {}
        return {"EM passes": float(len(self.likelihoods)), "training nats per symbol": -self.likelihoods[-1]}

    def groups(self) -> Iterator[tuple[str, int]]:
        for name, values in zip(PARAMETERS, self.parameters, strict=True):
            yield name, values.size

    def state_arrays(self) -> dict[str, Tensor]:
        self._read()
        expected = self._expected
        arrays = dict(zip(PARAMETERS, self.parameters, strict=True))
        arrays |= {f"expected.{name}": getattr(expected, name) for name in PARAMETERS}
        arrays["expected.read"] = np.array([expected.log_likelihood, float(expected.tokens)])
        arrays["likelihoods"] = np.array(self.likelihoods, dtype=np.float64)
        return {name: torch.from_numpy(np.array(array, dtype=np.float64, order="C")) for name, array in arrays.items()}

    def load_arrays(self, arrays: dict[str, Tensor]) -> None:
        found = {name: value.double().numpy().copy() for name, value in arrays.items()}
        self.parameters = Parameters(*(found[name] for name in PARAMETERS))
        likelihood, tokens = found["expected.read"]
        start, transition, emission = (found[f"expected.{name}"] for name in PARAMETERS)
        self._expected = Expected(start, transition, emission, float(likelihood), int(tokens))
        self.likelihoods = found["likelihoods"].tolist()
        self._unread = []


def _random(*shape: int) -> np.ndarray:
    """Rows of shares, drawn evenly from all there are (Dirichlet 1), by torch's global random numbers."""
    draws = -torch.log1p(-torch.rand(*shape, dtype=torch.float64))
    return (draws / draws.sum(dim=-1, keepdim=True)).numpy()


def read_rows(batch: Batch) -> Rows:
    """Symbols (N, T), where there is one, and where it may be learned from.

    Rows that do not continue one another end with their last target: else nobody would ever read it.
    """
    field, target = batch.inputs["tokens"], next(iter(batch.targets.values()))
    tokens = field.values.numpy()
    present = _mask(field.mask, tokens)
    wanted = _mask(target.mask, tokens)  # of the symbol one later
    first = np.ones((len(tokens), 1), dtype=bool)
    if batch.in_order:
        return tokens, present, np.concatenate([first, wanted[:, :-1]], axis=1)
    last = target.values.numpy()[:, -1:]
    return (
        np.concatenate([tokens, last], axis=1),
        np.concatenate([present, wanted[:, -1:]], axis=1),
        np.concatenate([first, wanted], axis=1),
    )


def _mask(mask: Tensor | None, like: np.ndarray) -> np.ndarray:
    return np.ones(like.shape, dtype=bool) if mask is None else mask.numpy()


def smoothed(predicted: list[Tensor], corrected: list[Tensor], transition: Tensor) -> list[Tensor]:
    """From the last position back: s_t(i) = f_t(i) sum_j A_ij s_{t+1}(j) / p_{t+1}(j); each (N, K)."""
    found = [corrected[-1]]
    for t in range(len(corrected) - 2, -1, -1):
        ratio = torch.where(predicted[t + 1] > 0, found[0] / predicted[t + 1], torch.zeros_like(found[0]))
        found.insert(0, corrected[t] * (ratio @ transition.T))
    return found
