"""200 characters written by each architecture, token by token with its cache."""

from __future__ import annotations

from seqviz.cli.bench import Figures, Measurement, measurements


@measurements.register("sample_200_ms")
class Sample200(Measurement):
    gives = ("sample_200_ms",)

    def measure(self) -> Figures:
        import torch

        torch.set_num_threads(1)
        return {"sample_200_ms": {model: sample(model) for model in ("lstm", "gru", "rnn", "transformer", "ngram")}}


def sample(model_name: str) -> float:
    """Milliseconds for 200 characters after a prompt of one."""
    import torch

    from seqviz.analysis.generation import generate
    from seqviz.cli.bench.harness.settings import bench_config
    from seqviz.cli.bench.harness.timing import median_ms
    from seqviz.training.builder import build

    model = build(bench_config(model_name)).model
    prompt = torch.zeros(1, dtype=torch.int64)

    def write() -> None:
        for _ in generate(model, prompt, 200, 0.8, 0, 1.0, torch.Generator().manual_seed(7)):
            pass

    return median_ms(write, 5, 1)
