"""One light frame of each architecture: states, gates, total gradients, attention, surprisal of one probe."""

from __future__ import annotations

from seqviz.cli.bench import Figures, Measurement, measurements

LIGHT = ("layers.*", "blocks.*.attention.*", "gradient.total.*", "surprisal", "next_token.probabilities")


@measurements.register("light_frame_ms")
class LightFrame(Measurement):
    gives = ("light_frame_ms",)

    def measure(self) -> Figures:
        import torch

        torch.set_num_threads(1)
        return {
            "light_frame_ms": {model: light_frame(model) for model in ("lstm", "gru", "rnn", "transformer", "ngram")}
        }


def light_frame(model: str) -> float:
    """Milliseconds of what is made ten times a second while the window is open."""
    from seqviz.cli.bench.harness.settings import LENGTH, bench_config
    from seqviz.cli.bench.harness.timing import median_ms
    from seqviz.core.commands import Watch
    from seqviz.core.events import Event, Notice
    from seqviz.training.builder import build
    from seqviz.training.looking import Looker
    from seqviz.training.ports import NoStore
    from seqviz.training.trainer import Trainer

    def hear(event: Event) -> None:
        if isinstance(event, Notice) and event.level == "error":
            raise RuntimeError(event.text)  # the looker tells of trouble and goes on; a figure must not

    experiment = build(bench_config(model))
    looker = Looker(Trainer(experiment, NoStore(), hear), hear)
    looker.set_probe(experiment.content.train[:LENGTH])  # type: ignore[attr-defined]
    looker.set_watch(Watch(frozenset(LIGHT)))

    def look() -> None:
        looker.renew()
        looker.look(paused=False)

    return median_ms(look, 30, 5)
