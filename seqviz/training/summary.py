"""The figures that a run ends with: what `train --json` prints and what the run folder keeps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from seqviz.core.events import Evaluated
from seqviz.core.units import Unit, perplexity
from seqviz.training.builder import parameter_count, versions
from seqviz.training.validation import Found

if TYPE_CHECKING:
    from seqviz.training.trainer import Trainer


def summary_of(trainer: Trainer, metrics: dict[str, float]) -> dict[str, Any]:
    """What `train --json` prints."""
    valid, unit = trainer.valid_loss if trainer.valid_in_full else None, trainer.task.unit
    figures: dict[str, Any] = {
        "run": trainer.store.folder,
        "status": trainer.status,
        "steps": trainer.step,
        "train_loss": _number(trainer.last_loss),
        "valid_loss": _number(valid),
        "valid_rule": trainer.validation.full_rule,
        **_sampled(trainer.valid_sampled),
        "valid_perplexity": _perplexity(valid, unit),
        "unit": unit.name,
        "valid_in_unit": _number(None if valid is None else unit.convert(valid)),
        "parameters": parameter_count(trainer.model),
        "tokens": trainer.tokens,
        "seconds": round(trainer.seconds, 3),
        "tokens_per_second": round(trainer.tokens / trainer.seconds, 1) if trainer.seconds else None,
        "threads": trainer.experiment.threads,
        "device": trainer.experiment.device,
        "corpus_sha256": trainer.experiment.content.sha256,
        "versions": versions(),
    }
    if unit.name == "bits/char":
        figures["bits_per_character"] = figures["valid_in_unit"]
        per_character = None if valid is None else unit.perplexity_per_character(valid)
        figures["valid_perplexity_per_character"] = _number(per_character)
    return figures | {name: _number(value) for name, value in metrics.items()}


def tested_figures(found: Found | None, unit: Unit) -> dict[str, Any]:
    """What is said of the test split, where the corpus has one."""
    if found is None:
        return {}
    figures = {f"test_{name}": _number(value) for name, value in found.metrics.items()}
    return {"test_loss": _number(found.loss), "test_perplexity": _perplexity(found.loss, unit), **figures}


def _sampled(estimate: Evaluated | None) -> dict[str, Any]:
    """The last quick estimate, with the step it is of and what each token saw: it may be far from the end's figure."""
    return {
        "valid_loss_sampled": None if estimate is None else _number(estimate.loss),
        "valid_loss_sampled_step": None if estimate is None else estimate.step,
        "valid_loss_sampled_rule": None if estimate is None else estimate.rule,
    }


def _perplexity(nats: float | None, unit: Unit) -> float | None:
    """None where the loss is not that of a distribution over symbols."""
    return None if nats is None or not unit.has_perplexity else _number(perplexity(nats))


def _number(value: float | None) -> float | None:
    """JSON has no infinity and no nan."""
    return None if value is None or not math.isfinite(value) else value
