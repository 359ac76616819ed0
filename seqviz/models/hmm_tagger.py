"""HMM tagger: the hidden states are the tags, and a tagged corpus shows them; counting is all the learning.

    P(words, tags) = start(y_0) e_{y_0}(w_0)  prod_t  A_{y_{t-1} y_t} e_{y_t}(w_t)   stop(y_T)

    A_{ij}  = (n(i, j) + a) / (n(i) + a (K + 1))     with "the sentence ends" as one more follower; start likewise
    e_t(w)  = (n(w, t) + b) / (n(t) + h(t) + b W)    h(t): words met once in all, that time with tag t
    e_t(w)  = (h(t) + b) / (n(t) + h(t) + b W)       any word never met: what is met once stands for it

where a is above 0, so that a sentence may go on and end after any tag, and b so small that it decides nothing: it only
keeps the loss finite where a word comes with a tag that it never had. With b = 0 the emissions are maximum likelihood,
and that loss is infinite.

The answer is the likeliest tags of the whole sentence (Viterbi); the loss is that of the posterior of each tag given
the whole sentence (forward-backward). Church, "A stochastic parts program", 1988; Brants, "TnT", 2000. Equations of
beliefs: models/forward_backward.py. Axes: N rows, T positions, K tags, W words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from seqviz.core.batch import Batch
from seqviz.core.interface import Interface, Offers
from seqviz.core.knobs import knob
from seqviz.models.base import Context, Model, ModelConfig, architectures, position_losses
from seqviz.models.forward_backward import backward, filtered, logs, viterbi
from seqviz.models.output import Output, PathTable
from seqviz.models.trace import Recorder, Trace

COUNTS = ("starts", "moves", "stops", "emissions")


class HmmTaggerConfig(ModelConfig):
    add: float = knob(1.0, low=1e-9, high=1000.0, log=True, label="add to transitions",
                      help="How often every tag counts as having followed every other beforehand.")  # fmt: skip
    add_to_words: float = knob(1e-6, low=0.0, high=1000.0, log=True, label="add to words", advanced=True,
                               help="How often every tag counts as seen with every word.")  # fmt: skip


class Shares(NamedTuple):
    """start (K,), transition (K, K), stop (K,), emission (K, W); each transition row and its stop sum to 1."""

    start: np.ndarray
    transition: np.ndarray
    stop: np.ndarray
    emission: np.ndarray


@architectures.register("hmm_tagger")
class HmmTagger(Model):
    """Tags a sentence by which tag follows which and which words each tag is."""

    Config: ClassVar[type[ModelConfig]] = HmmTaggerConfig
    title = "HMM tagger"
    family = "state"
    offers = Offers(frozenset({"chain"}), frozenset({"tokens"}), causal=False, heads=frozenset({"softmax"}))
    learns_by = "observe"
    provides = (
        *(f"belief.{name}" for name in ("filtered", "predicted", "smoothed")),
        *(f"viterbi.{name}" for name in ("state", "score", "back")),
        *(f"hmm.{name}" for name in ("start", "transition", "stop")),
    )

    def __init__(self, config: HmmTaggerConfig, interface: Interface) -> None:
        self.config = config
        self.interface = interface
        tags, words = interface.outputs.size, interface.inputs.size
        self._counts = {
            "starts": np.zeros(tags),
            "moves": np.zeros((tags, tags)),
            "stops": np.zeros(tags),
            "emissions": np.zeros((words, tags)),
        }
        self._shares: Shares | None = None

    # learning --------------------------------------------------------------------------------------------------

    def observe(self, batch: Batch) -> None:
        """Count; where a tag is masked the sentence is cut there."""
        words, there = _words(batch)
        target = next(iter(batch.targets.values()))
        tags = target.values.numpy()
        told = there if target.mask is None else there & target.mask.numpy()
        following = np.zeros_like(told)
        following[:, :-1] = told[:, 1:]
        ends = np.zeros_like(told)
        ends[np.arange(len(there)), np.maximum(there.sum(axis=1) - 1, 0)] = True
        counts, kinds = self._counts, self.interface.outputs.size
        counts["starts"] += np.bincount(tags[told[:, 0], 0], minlength=kinds)
        counts["stops"] += np.bincount(tags[told & ends], minlength=kinds)
        np.add.at(counts["moves"], (tags[told & following], np.roll(tags, -1, axis=1)[told & following]), 1.0)
        np.add.at(counts["emissions"], (words[told], tags[told]), 1.0)
        self._shares = None

    @property
    def shares(self) -> Shares:
        """What the counts come to."""
        if self._shares is None:
            self._shares = self._shared()
        return self._shares

    def _shared(self) -> Shares:
        counts, add, floor = self._counts, self.config.add, self.config.add_to_words
        followers = np.concatenate([counts["moves"], counts["stops"][:, None]], axis=1) + add  # (K, K + 1)
        moves = _normalised(followers)
        start = _normalised(counts["starts"] + add)
        emitted = counts["emissions"]  # (W, K)
        met = emitted.sum(axis=1)
        once = emitted[met == 1].sum(axis=0)  # (K,)
        totals = emitted.sum(axis=0) + once + floor * len(emitted)
        emission = (np.where(met[:, None] > 0, emitted, once) + floor) / np.where(totals > 0, totals, 1.0)
        return Shares(start, moves[:, :-1], moves[:, -1], np.ascontiguousarray(emission.T))

    # reading ---------------------------------------------------------------------------------------------------

    def forward(self, batch: Batch, context: Context) -> Output:
        start, transition, stop, emission = self.shares
        words, there = _words(batch)
        lengths = there.sum(axis=1)
        factors = np.ascontiguousarray(emission.T)[words.T]  # (T, N, K)
        factors[~there.T] = 1.0
        beliefs = filtered(np.broadcast_to(start, (len(words), len(start))), transition, factors)
        posterior = beliefs.filtered * backward(transition, beliefs, lengths, stop)
        posterior = np.swapaxes(posterior / posterior.sum(axis=-1, keepdims=True), 0, 1)  # (N, T, K)
        best = viterbi(logs(start), logs(transition), logs(factors), lengths, logs(stop))
        return Output(PathTable(torch.from_numpy(logs(posterior)), torch.from_numpy(best.states)))

    def reach(self, batch: Batch, site: str) -> Tensor:
        positions = batch.inputs["tokens"].values.shape[1]
        return torch.ones(positions, positions, dtype=torch.bool)

    # the explaining path ---------------------------------------------------------------------------------------

    def trace(self, batch: Batch, keep_graph: bool = False) -> Trace:
        """Sentence by sentence, position by position, padding left alone."""
        recorder = Recorder(keep_graph=False)
        words, there = _words(batch)
        noted: dict[str, Tensor] = {}
        shape = (*words.shape, self.interface.outputs.size)
        for row, sentence in enumerate(words):
            length = int(there[row].sum())
            for name, values in self._explained(sentence[:length]).items():
                whole = noted.setdefault(
                    name, torch.zeros(shape if values.ndim == 2 else shape[:2], dtype=values.dtype)
                )
                whole[row, :length] = values
        axes = ("batch", "t", "state")
        for name, values in noted.items():
            recorder.note(name, values, axes[: values.ndim])
        for name, share in zip(("start", "transition", "stop"), self.shares, strict=False):
            recorder.note(f"hmm.{name}", torch.from_numpy(share.copy()), ("state", "state2")[: share.ndim])
        output = self._said(noted, torch.from_numpy(there))
        return Trace(recorder.arrays, recorder.sites, output, position_losses(output, batch))

    def _said(self, noted: Mapping[str, Tensor], there: Tensor) -> Output:
        """The posterior of each tag; for padding, which nobody asks about, that of a sentence going on unseen."""
        table = torch.log(noted["belief.smoothed"])
        belief = noted["belief.filtered"]
        transition = torch.from_numpy(self.shares.transition)
        for row, t in (~there).nonzero().tolist():
            going_on = belief[row, t - 1] @ transition if t else torch.from_numpy(self.shares.start)
            belief[row, t] = going_on / going_on.sum()
            table[row, t] = torch.log(belief[row, t])
        return Output(PathTable(table, noted["viterbi.state"]))

    def _explained(self, words: np.ndarray) -> dict[str, Tensor]:
        """Every array of one sentence (T,), longhand: each (T, K), the path (T,)."""
        start, transition, stop, emission = (torch.from_numpy(share) for share in self.shares)
        seen = emission[:, torch.from_numpy(words)].T  # (T, K)
        seen = torch.where(seen.sum(dim=1, keepdim=True) > 0, seen, torch.ones_like(seen))  # a word that tells nothing
        predicted: list[Tensor] = []
        corrected: list[Tensor] = []
        hints = [stop]
        for t, factor in enumerate(seen):
            before = start if t == 0 else corrected[-1] @ transition
            predicted.append(before / before.sum())
            joint = before * factor
            corrected.append(joint / joint.sum() if bool(joint.sum() > 0) else predicted[-1])
        for t in range(len(words) - 2, -1, -1):
            useful = predicted[t + 1] * seen[t + 1]
            factor = seen[t + 1] if bool(useful.sum() > 0) else torch.ones_like(stop)
            hint = transition @ (factor * hints[0])
            hints.insert(0, hint / hint.sum())
        joint = torch.stack(corrected) * torch.stack(hints)  # (T, K)
        factors = seen.numpy()[:, None]  # (T, 1, K)
        best = viterbi(
            logs(self.shares.start), logs(self.shares.transition), logs(factors), None, logs(self.shares.stop)
        )
        return {
            "belief.predicted": torch.stack(predicted),
            "belief.filtered": torch.stack(corrected),
            "belief.smoothed": joint / joint.sum(dim=1, keepdim=True),
            "viterbi.state": torch.from_numpy(best.states[0]),
            "viterbi.score": torch.from_numpy(best.scores[:, 0]),
            "viterbi.back": torch.from_numpy(best.back[:, 0]),
        }

    # what is saved and said ------------------------------------------------------------------------------------

    def growth(self) -> Mapping[str, float]:
        """Words met so far, and how many of them only once."""
        met = self._counts["emissions"].sum(axis=1)
        return {"different words": float((met > 0).sum()), "met once": float((met == 1).sum())}

    def groups(self) -> Iterator[tuple[str, int]]:
        for name in COUNTS:
            yield name, int((self._counts[name] > 0).sum()) if name == "emissions" else self._counts[name].size

    def state_arrays(self) -> dict[str, Tensor]:
        return {name: torch.from_numpy(self._counts[name].copy()) for name in COUNTS}

    def load_arrays(self, arrays: dict[str, Tensor]) -> None:
        self._counts = {name: arrays[name].double().numpy().copy() for name in COUNTS}
        self._shares = None


def _words(batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    """Words (N, T), and where there is one; every row has at least one, and padding only at its end."""
    field = batch.inputs["tokens"]
    words = field.values.numpy()
    return words, np.ones(words.shape, dtype=bool) if field.mask is None else field.mask.numpy()


def _normalised(counts: np.ndarray) -> np.ndarray:
    """Rows of shares; a row of nothing stays evenly spread."""
    totals = counts.sum(axis=-1, keepdims=True)
    even = np.full_like(counts, 1.0 / counts.shape[-1])
    return np.asarray(np.where(totals > 0, counts / np.where(totals > 0, totals, 1.0), even))
