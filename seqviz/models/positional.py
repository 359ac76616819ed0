"""How an attention model knows where a token stands. Shared by every attention model.

none         nothing: the causal mask alone tells first from last
sinusoidal   sqrt(D) x_t + [sin(t w_i), cos(t w_i)], w_i = 10000^(-2i/d):
             Vaswani et al., "Attention is all you need", 2017
learned      x_t + P_t, one trained vector per position: Gehring et al. 2017; Radford et al. 2018 (GPT)
rope         query and key are turned by t w_i in each pair of dimensions, so q.k depends on the distance only:
             Su et al., "RoFormer", 2021
alibi        scores - m_h |t - s|, one fixed slope per head: Press et al., "Train short, test long", 2022

Axes: B batch, H head, T positions, D model dimensions, d dimensions of one head.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

import torch
from torch import Tensor, nn

from seqviz.models.trace import Recorder

PositionKind = Literal["none", "sinusoidal", "learned", "rope", "alibi"]
BASE = 10000.0  # longest wavelength / 2 pi, of both sinusoidal encodings and rotations


class Position(nn.Module):
    """Three places where a position can enter; each scheme uses one of them, "none" uses none."""

    traced: tuple[str, ...] = ()

    def add(self, x: Tensor, start: int = 0) -> Tensor:
        """The stream x (B, T, D), whose first token stands at `start`, with its positions added."""
        return x

    def turn(self, heads: Tensor, start: int = 0) -> Tensor:
        """Queries or keys (B, H, T, d) turned by their positions."""
        return heads

    def bias(self, queries: int, keys: int, like: Tensor) -> Tensor | None:
        """(H, queries, keys) to be added to the scores, the last query standing at the last key; None for none."""
        return None

    def note(self, recorder: Recorder, positions: int, like: Tensor) -> None:
        """Leave this scheme's own picture of so many positions in a trace."""

    def longest(self) -> int | None:
        """Most positions there are; None for no end."""
        return None


class SinusoidalPosition(Position):
    traced = ("position.encoding",)

    def add(self, x: Tensor, start: int = 0) -> Tensor:
        x = x * math.sqrt(x.shape[2])  # section 3.4 of the paper: else the waves drown the tokens
        return x + sinusoids(start + x.shape[1], x.shape[2], x.dtype, x.device)[start:]

    def note(self, recorder: Recorder, positions: int, like: Tensor) -> None:
        encoding = sinusoids(positions, like.shape[-1], like.dtype, like.device)
        recorder.note("position.encoding", encoding, ("position", "dim"))


class LearnedPosition(Position):
    traced = ("position.encoding",)

    def __init__(self, positions: int, d_model: int) -> None:
        super().__init__()
        self.table = nn.Embedding(positions, d_model)

    def add(self, x: Tensor, start: int = 0) -> Tensor:
        end = start + x.shape[1]
        if end > self.table.num_embeddings:
            raise ValueError(
                f"this model has learned {self.table.num_embeddings} positions and cannot read {end} tokens at once"
            )
        return x + self.table.weight[start:end]

    def note(self, recorder: Recorder, positions: int, like: Tensor) -> None:
        recorder.note("position.encoding", self.table.weight[:positions].clone(), ("position", "dim"))

    def longest(self) -> int | None:
        return self.table.num_embeddings


class RotaryPosition(Position):
    traced = ("position.rotation_angles",)

    def __init__(self, d_head: int) -> None:
        super().__init__()
        if d_head % 2:
            raise ValueError(f"model.n_heads: RoPE turns pairs of dimensions, but a head has {d_head} of them")
        self.d_head = d_head

    def turn(self, heads: Tensor, start: int = 0) -> Tensor:
        angles = rotation_angles(start + heads.shape[2], self.d_head, heads.dtype, heads.device)[start:]  # (T, d/2)
        cos, sin = angles.cos(), angles.sin()
        even, odd = heads[..., 0::2], heads[..., 1::2]  # (B, H, T, d/2): pair i is dimensions 2i and 2i + 1
        turned = torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1)  # (B, H, T, d/2, 2)
        return turned.flatten(-2)  # (B, H, T, d)

    def note(self, recorder: Recorder, positions: int, like: Tensor) -> None:
        angles = rotation_angles(positions, self.d_head, like.dtype, like.device)
        recorder.note("position.rotation_angles", angles, ("position", "pair"))


class AlibiPosition(Position):
    traced = ("position.bias",)

    def __init__(self, n_heads: int, causal: bool = True) -> None:
        super().__init__()
        self.n_heads, self.causal = n_heads, causal

    def bias(self, queries: int, keys: int, like: Tensor) -> Tensor | None:
        return distance_penalty(self.n_heads, queries, keys, like.dtype, like.device, self.causal)

    def note(self, recorder: Recorder, positions: int, like: Tensor) -> None:
        penalty = distance_penalty(self.n_heads, positions, positions, like.dtype, like.device, self.causal)
        if not self.causal:
            recorder.note("position.bias", penalty, ("head", "query_pos", "key_pos"))
            return
        future = ~torch.ones(positions, positions, dtype=torch.bool, device=like.device).tril()
        shown = penalty.masked_fill(future, float("nan"))  # (H, T, T): the mask hides the future anyway
        recorder.note("position.bias", shown, ("head", "query_pos", "key_pos"))


def make_position(kind: PositionKind, d_model: int, n_heads: int, positions: int, causal: bool = True) -> Position:
    """The scheme of that name, for attention that looks back, or (not `causal`) both ways.

    Raises
    ------
    ValueError
        RoPE with an odd number of dimensions per head.
    """
    if kind == "sinusoidal":
        return SinusoidalPosition()
    if kind == "learned":
        return LearnedPosition(positions, d_model)
    if kind == "rope":
        return RotaryPosition(d_model // n_heads)
    if kind == "alibi":
        return AlibiPosition(n_heads, causal)
    return Position()


@lru_cache(maxsize=64)
@torch.inference_mode(False)  # a table made while only looking must serve training too
def sinusoids(positions: int, d_model: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """(T, D): sine in even dimensions, cosine in odd ones."""
    angles = rotation_angles(positions, d_model + d_model % 2, dtype, device)  # (T, D/2)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)[:, :d_model]


@lru_cache(maxsize=64)
@torch.inference_mode(False)
def rotation_angles(positions: int, size: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """(T, size/2) in radians: position t times the frequency w_i of pair i."""
    frequency = BASE ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)  # (size/2,)
    angles = torch.outer(torch.arange(positions, dtype=torch.float64), frequency)  # (T, size/2)
    return angles.to(device=device, dtype=dtype)


@lru_cache(maxsize=64)
@torch.inference_mode(False)
def distance_penalty(
    n_heads: int, queries: int, keys: int, dtype: torch.dtype, device: torch.device, causal: bool = True
) -> Tensor:
    """(H, queries, keys): -m_h times the distance between query and key; causal: 0 for keys ahead of the query."""
    query = torch.arange(keys - queries, keys, dtype=torch.float64)  # the last query stands at the last key
    distance = query[:, None] - torch.arange(keys, dtype=torch.float64)  # (queries, keys)
    distance = distance.clamp(min=0) if causal else distance.abs()
    slopes = torch.tensor(alibi_slopes(n_heads), dtype=torch.float64)  # (H,)
    return (-slopes[:, None, None] * distance).to(device=device, dtype=dtype)


def alibi_slopes(n_heads: int) -> list[float]:
    """2^(-8/n), 2^(-16/n) ... 2^-8 for n a power of two; else those of the power below, then every other one of 2n."""
    power = 1 << (n_heads.bit_length() - 1)
    slopes = [2.0 ** (-8.0 * (head + 1) / power) for head in range(power)]
    between = [2.0 ** (-4.0 * (head + 1) / power) for head in range(0, 2 * power, 2)]
    return slopes + between[: n_heads - power]
