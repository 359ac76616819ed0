"""The itemised gradient map of 64 positions, beside the loop one would write: one `autograd.grad` for each loss."""

from __future__ import annotations

from seqviz.cli.bench import Figures, Measurement, measurements


@measurements.register("itemised_map_ms")
class ItemisedMap(Measurement):
    gives = ("itemised_map_ms",)

    def measure(self) -> Figures:
        import torch

        torch.set_num_threads(1)
        return {"itemised_map_ms": {model: both(model) for model in ("rnn", "gru", "lstm", "transformer")}}


def both(model_name: str) -> dict[str, float]:
    """Milliseconds from the batch to the maps of every site, by our way and by the loop."""
    import torch

    from seqviz.analysis import Subject
    from seqviz.analysis.itemised import itemised_maps
    from seqviz.cli.bench.harness.settings import LENGTH, bench_config
    from seqviz.cli.bench.harness.timing import median_ms
    from seqviz.training.builder import build
    from seqviz.training.learner import make_learner

    experiment = build(bench_config(model_name))
    model = experiment.model
    learner = make_learner(model, experiment.task, experiment.config, "cpu", 0)
    probe, _ = experiment.task.probe(experiment.content.train[:LENGTH])  # type: ignore[attr-defined]
    batch = learner.tensors(probe)

    def loop() -> None:
        trace = Subject(model, batch).graph
        tensors = [step for site in trace.sites.values() for step in site.steps]
        for loss in trace.losses[0]:
            if not loss.isnan():
                found = torch.autograd.grad(loss, tensors, retain_graph=True, allow_unused=True)
                _ = [gradient.norm(dim=-1) for gradient in found if gradient is not None]

    return {"ours": median_ms(lambda: itemised_maps(Subject(model, batch)), 9), "naive": median_ms(loop, 3, 1)}
