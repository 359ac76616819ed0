"""Counting a megabyte of text, letter by letter, to order 5: the whole of what a headless run does with it.

Reading it in windows, counting, turning the counts into Kneser-Ney probabilities and scoring the last tenth.
"""

from __future__ import annotations

import time

from seqviz.cli.bench import Figures, Measurement, measurements

CHARACTERS = 1_111_111  # of which nine tenths, a megabyte, are counted
ORDER = 5


@measurements.register("counting")
class Counting(Measurement):
    gives = ("counting_s", "counted_run_s", "counted_tokens")

    def measure(self) -> Figures:
        counting, whole, tokens = counted()
        return {"counting_s": counting, "counted_run_s": whole, "counted_tokens": tokens}


def counted(characters: int = CHARACTERS, order: int = ORDER) -> tuple[float, float, int]:
    """(seconds until all is counted and smoothed, seconds of the whole run, tokens counted)."""
    import torch

    from seqviz.core.config import parse_config
    from seqviz.training.builder import build
    from seqviz.training.ports import NoStore
    from seqviz.training.trainer import Trainer

    config = parse_config(
        {
            "corpus": {"name": "stories", "characters": characters, "gap": 3},
            "task": {"name": "next_token"},
            "model": {"name": "ngram", "order": order},
            "training": {"steps": 0, "threads": 1},
            "sampling": {"prompt": "Once"},
        }
    )
    experiment = build(config)
    model = experiment.model
    began = time.perf_counter()
    for batch in experiment.task.reading_batches(config.training.batch_size):
        model.observe(batch.convert(torch.from_numpy))
    model.notices()  # asks for the smoothed counts
    counting = time.perf_counter() - began
    trainer = Trainer(build(config), NoStore(), lambda event: None)
    trainer.begin()
    began = time.perf_counter()
    for _ in trainer.turns():
        pass
    return round(counting, 2), round(time.perf_counter() - began, 2), trainer.tokens
