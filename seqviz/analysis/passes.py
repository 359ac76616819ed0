"""The probe told twice: by a model that is given the truth at every position, and by one left to itself.

passes.truth.*        the past is the probe's own (teacher forcing)
passes.own_output.*   the recurrence reads the model's previous output instead of the true one (output-to-hidden nets)
passes.own_words.*    after a quarter of the probe the model goes on reading the likeliest token it wrote itself

Each has `surprisal` in bits of the token that truly stands at t, and `guess`, the likeliest token there (-1 where
nothing is foretold). Their difference is exposure bias: Bengio et al., "Scheduled sampling", 2015.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.analysis.surprisal import says_next_token
from seqviz.core.batch import Batch
from seqviz.models.base import Model, in_eval_mode
from seqviz.models.trace import TracedArray

GIVEN_SHARE = 4  # a quarter of the probe is given
FORCED, FREE = "output.teacher_forced", "output.free_running"
Told = tuple[Tensor, Tensor]  # surprisal (B, T) in bits, guess (B, T)


@analyses.register("passes")
class Passes(Analysis):
    """(batch, t) each, of every model that writes token by token."""

    provides = ("passes.truth.*", "passes.own_output.*", "passes.own_words.*")
    cost = "budget"

    def serves(self, model: Model) -> bool:
        return model.generates and model.interface.structure == "chain" and model.interface.outputs.kind == "tokens"

    def asked(self, batch: Batch) -> bool:
        return says_next_token(batch)

    def names(self, model: Model) -> tuple[str, ...]:
        if not self.serves(model):
            return ()
        both = matches(FREE, model.provides)
        return tuple(name for name in self.provides if both or "own_output" not in name)

    @torch.no_grad()
    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        if not says_next_token(subject.batch):
            return {}
        told = {"truth": _given_truth(subject)}
        arrays = subject.trace.arrays
        if FREE in arrays:
            told["own_output"] = _shifted(arrays[FREE].values.log(), subject.batch)
        if any(matches(f"passes.own_words.{what}", wants) for what in ("surprisal", "guess")):
            told["own_words"] = left_to_itself(subject.model, subject.batch, told["truth"])
        found = {}
        for name, pair in told.items():
            for what, values in zip(("surprisal", "guess"), pair, strict=True):
                found[f"passes.{name}.{what}"] = TracedArray(values, ("batch", "t"))
        return {name: traced for name, traced in found.items() if matches(name, wants)}


def _given_truth(subject: Subject) -> Told:
    """Reading the true past, also where the model itself is run on its own outputs."""
    arrays = subject.trace.arrays
    forced = arrays[FORCED].values.log() if FORCED in arrays else subject.trace.output.predictive.log_probs()
    return _shifted(forced, subject.batch)


def _shifted(log_probs: Tensor, batch: Batch) -> Told:
    """What was said of the token at t, one position earlier: log_probs (B, T, V)."""
    tokens = batch.inputs["tokens"].values  # (B, T)
    said = log_probs[:, :-1]  # (B, T - 1, V)
    nats = -said.gather(-1, tokens[:, 1:].unsqueeze(-1)).squeeze(-1)
    unknown = nats.new_full((len(tokens), 1), math.nan)
    nobody = tokens.new_full((len(tokens), 1), -1)
    return torch.cat([unknown, nats / math.log(2)], dim=1), torch.cat([nobody, said.argmax(-1)], dim=1)


def given(length: int) -> int:
    """Tokens of a probe that are given before the model is left to itself."""
    return max(1, length // GIVEN_SHARE)


def left_to_itself(model: Model, batch: Batch, truth: Told) -> Told:
    """Go on by the likeliest token after the given part; what each true token would have cost beside it."""
    tokens = batch.inputs["tokens"].values  # (B, T)
    surprisal, guess = truth[0].clone(), truth[1].clone()
    state, reading = model.initial_state(len(tokens)), tokens[:, 0]
    with in_eval_mode(model):
        for t in range(1, tokens.shape[1]):
            log_probs, state = model.step(reading, state)  # (B, V)
            if t < given(tokens.shape[1]):
                reading = tokens[:, t]
                continue
            reading = log_probs.argmax(-1)  # (B,)
            surprisal[:, t] = -log_probs.gather(-1, tokens[:, t : t + 1]).squeeze(-1) / math.log(2)
            guess[:, t] = reading
    return surprisal, guess
