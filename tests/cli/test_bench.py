"""The bench: what is chosen, what is printed, and that both sides of a share are alike. No speed is asserted."""

from __future__ import annotations

import json
import sys

import pytest

from seqviz.cli.bench import Measurement, bench, chosen, measurements
from seqviz.cli.bench.harness import child
from seqviz.cli.bench.harness.report import report
from seqviz.cli.bench.harness.timing import share

PROMISED = {
    "throughput", "headless_vs_plain_loop", "lateness_ms", "panel_frame_ms", "window_painted_s", "ready_s",
    "longest_gap_ms", "light_frame_ms", "itemised_map_ms", "curve_update_ms", "sample_200_ms", "rss_mib",
}  # fmt: skip


@pytest.fixture
def two_measurements(monkeypatch):
    """A bench of two: one gives a figure, one fails."""

    class Fine(Measurement):
        gives = ("answer",)

        def measure(self):
            return {"answer": 42.0}

    measurements.names()
    monkeypatch.setattr(measurements, "_items", {"broken": Fine, "fine": Fine})

    def apart(name: str, limit: float) -> dict:
        if name == "broken":
            raise RuntimeError("given up after 90 s")
        return {"answer": 42.0}

    monkeypatch.setattr(child, "measure_apart", apart)


def test_every_promised_figure_has_exactly_one_measurement():
    given = [key for _, kind in measurements.items() for key in kind.gives]
    assert set(given) >= PROMISED
    assert len(given) == len(set(given))


def test_only_takes_a_measurement_by_its_name_or_by_a_key_it_gives():
    assert chosen(["lateness_ms"]) == chosen(["throughput"]) == ["throughput"]
    assert chosen(["ready_s", "rss_mib", "throughput"]) == ["start_up", "throughput"]
    assert chosen([]) == list(measurements.names())


def test_an_unknown_name_is_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match=r"--only nonsense: .*light_frame_ms.*throughput"):
        bench(["nonsense"], as_json=True)


def test_a_failed_measurement_is_told_and_the_others_are_printed(two_measurements, capsys):
    assert bench([], as_json=True) == 1
    out, err = capsys.readouterr()
    assert json.loads(out.splitlines()[-1]) == {"answer": 42.0}
    assert "broken: given up after 90 s" in err


def test_the_exit_status_is_0_when_all_was_measured(two_measurements, capsys):
    assert bench(["fine"], as_json=True) == 0


def test_the_report_names_goals_and_what_misses_them():
    lines = report({"throughput": {"lstm": {"1": 0.97, "2": 0.85}}, "rss_mib": 300.0}).splitlines()
    assert [line.split() for line in lines] == [
        ["throughput.lstm.1", "0.97", "goal", ">=", "0.95"],
        ["throughput.lstm.2", "0.85", "goal", ">=", "0.9", "MISSED"],
        ["rss_mib", "300"],
    ]


def test_a_share_compares_neighbours_so_that_a_slow_spell_does_not_count():
    assert share([90.0, 9.0, 95.0], [100.0, 10.0, 100.0]) == 0.9


def test_figures_come_back_from_a_process_whatever_else_it_prints():
    code = "from seqviz.cli.bench.harness.child import tell; print('noise'); tell({'a': {'b': 1.5}}); print('more')"
    done = child.run_python(["-c", code], 30)
    assert child.read_figures(done.stdout) == {"a": {"b": 1.5}}


def test_a_process_sees_a_home_of_its_own_and_a_platform_that_can_draw(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SEQVIZ_HOME", "mine")
    seen = child.environment("theirs")
    assert seen["SEQVIZ_HOME"] == "theirs"
    if sys.platform.startswith("linux"):
        assert seen["QT_QPA_PLATFORM"] == "offscreen"
    monkeypatch.setenv("DISPLAY", ":0")
    assert "QT_QPA_PLATFORM" not in child.environment("theirs")


def test_a_measurement_that_takes_too_long_is_given_up():
    with pytest.raises(RuntimeError, match="given up after 0.2 s"):
        child.measure_apart("light_frame_ms", 0.2)


def test_a_measurement_that_fails_says_why_in_one_line():
    with pytest.raises(RuntimeError, match='no measurement is called "nonsense"'):
        child.measure_apart("nonsense", 60)


@pytest.mark.parametrize("name", ["lstm", "gru", "rnn", "transformer"])
def test_the_plain_loop_trains_a_model_of_the_same_size(name):
    from seqviz.cli.bench.harness.plain_models import plain_model
    from seqviz.cli.bench.harness.settings import bench_config
    from seqviz.training.builder import build, parameter_count

    experiment = build(bench_config(name))
    size = experiment.task.interface.outputs.size
    plain = plain_model(name, size)
    assert parameter_count(experiment.model) == sum(p.numel() for p in plain.parameters())


def test_the_plain_gpt_sees_no_future():
    import torch

    from seqviz.cli.bench.harness.plain_models import plain_model

    model = plain_model("transformer", 20).eval()
    tokens = torch.randint(20, (1, 64))
    changed = tokens.clone()
    changed[0, 40:] = (changed[0, 40:] + 1) % 20
    torch.testing.assert_close(model(tokens)[:, :40], model(changed)[:, :40])
    assert not torch.allclose(model(tokens)[:, 40:], model(changed)[:, 40:])


def test_light_frames_are_measured_for_every_architecture_it_names():
    found = child.measure_apart("light_frame_ms", 90)
    assert set(found["light_frame_ms"]) == {"lstm", "gru", "rnn", "transformer", "ngram"}
    assert all(value > 0 for value in found["light_frame_ms"].values())
