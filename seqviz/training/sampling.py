"""Samples while training: the same prompt and seed each time, written token by token between optimiser steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch

from seqviz.analysis.generation import generate
from seqviz.core.events import Notice, Sample

if TYPE_CHECKING:
    from seqviz.training.trainer import Trainer

TOKENS_PER_SLICE = 16


def sample_slices(trainer: Trainer) -> Iterator[None]:
    """Write one sample and emit it; nothing where task or model do not write text."""
    settings = trainer.config.sampling
    prompt = settings.prompt or _first_word(trainer.experiment.content.probe or trainer.config.probe)
    encoded = trainer.task.encode_prompt(prompt)
    if encoded is None or not trainer.model.generates or not len(encoded[0]):
        return
    ids, notice = encoded
    if notice and notice != trainer.told_of_prompt:  # once, not at every sample
        trainer.told_of_prompt = notice
        trainer.emit(Notice("info", f"sampling.prompt: {notice}"))
    if notice:
        prompt = trainer.task.prompt_as_read(np.asarray(ids))
    generator = torch.Generator().manual_seed(settings.seed)
    device = trainer.experiment.device
    prompt_ids = torch.from_numpy(np.asarray(ids)).to(device)
    pieces: list[int] = []
    surprisal: list[float] = []
    if hasattr(trainer.model, "eval"):
        trainer.model.eval()
    written = generate(
        trainer.model, prompt_ids, settings.length, settings.temperature, settings.top_k, settings.top_p, generator
    )
    try:
        for count, (token, bits) in enumerate(written, 1):
            pieces.append(token)
            surprisal.append(bits)
            if count % TOKENS_PER_SLICE == 0:
                yield
    except ValueError as error:  # weights too large to write with: the next step finds out which, and ends the run
        trainer.emit(Notice("warning", f"no sample at step {trainer.step}: {error}"))
        return
    trainer.emit(
        Sample(
            trainer.step,
            prompt,
            trainer.task.decode_pieces(pieces),
            np.array(surprisal, dtype=np.float32),
            settings.model_dump(),
            trainer.valid_loss,
        )
    )


def _first_word(text: str) -> str:
    return text.split(" ")[0] if text else ""
