"""The README says what is so: its commands exist, its lists are whole, its examples run as they stand."""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
from pathlib import Path

import pytest

from seqviz.core.presets import list_presets, parse_toml

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def example(path: str) -> str:
    """The code block whose first line names this file."""
    found = re.findall(rf"```\w+\n# {re.escape(path)}\n(.*?)```", README, re.DOTALL)
    assert len(found) == 1, f"{len(found)} examples for {path}"
    return found[0]


@pytest.fixture
def plug_in(tmp_path, monkeypatch):
    """Write an example to a file, import it into its registry, and take it out again afterwards."""

    def plug(path: str, registry) -> object:
        registry.names()
        monkeypatch.setattr(registry, "_items", dict(registry._items))
        name = Path(path).stem
        file = tmp_path / f"{name}.py"
        file.write_text(example(path), encoding="utf-8")
        spec = importlib.util.spec_from_file_location(f"readme_{name}", file)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        return registry.get(name)

    return plug


@pytest.fixture
def readme_config(plug_in):
    from seqviz.core.config import parse_config
    from seqviz.data.corpora import corpora
    from seqviz.models.base import architectures

    plug_in("seqviz/models/mean_of_past.py", architectures)
    plug_in("seqviz/data/corpora/weekdays.py", corpora)
    tree = parse_toml(example("presets/weekdays.toml"))
    quick = {"steps": 40, "threads": 1, "batch_size": 8, "context_length": 16, "valid_every": 1000, "valid_batches": 1}
    return parse_config({**tree, "training": quick, "sampling": {"length": 4, "prompt": "Mon"}})


def test_quick_start_is_two_commands_of_one_line_each():
    starts = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert len(starts) == 2
    assert starts[0].endswith(".venv/bin/python main.py")
    assert starts[1].endswith(".venv/bin/python -m pytest")


def test_every_command_shown_is_one_the_program_knows():
    from seqviz.cli import _parser

    shown = re.findall(r"^\.venv/bin/python main\.py (.+)$", README, re.MULTILINE)
    assert len(shown) >= 7
    for line in shown:
        _parser().parse_args(shlex.split(line, comments=True))  # exits where it is none


def test_every_preset_is_listed():
    for preset in list_presets():
        assert f"`{preset.name}`" in README, preset.name


def test_every_panel_is_explained():
    from seqviz.gui.panels.base import panels

    for _, panel in panels.items():
        assert f"| {panel.title} |" in README, panel.title


def test_the_example_experiment_learns(readme_config):
    from seqviz.core.events import RunFinished, StepMetrics
    from seqviz.training.builder import build
    from seqviz.training.ports import NoStore
    from seqviz.training.trainer import Trainer

    heard = []
    trainer = Trainer(build(readme_config), NoStore(), heard.append)
    for _ in trainer.turns():
        pass
    losses = [e.loss for e in heard if isinstance(e, StepMetrics)]
    assert losses[-1] < losses[0] - 0.02
    assert isinstance(heard[-1], RunFinished)


def test_the_example_architecture_traces_what_it_computes_and_has_a_gradient_map(readme_config):
    import numpy as np
    import torch

    from seqviz.analysis import Subject, analyses
    from seqviz.models.base import Context, position_losses
    from seqviz.training.builder import build
    from seqviz.training.learner import make_learner

    experiment = build(readme_config)
    model = experiment.model
    learner = make_learner(model, experiment.task, experiment.config, "cpu", 0)
    batch = learner.tensors(experiment.task.probe("Monday Tuesday")[0])
    fast = position_losses(model.forward(batch, Context()), batch)
    torch.testing.assert_close(model.trace(batch).losses, fast, equal_nan=True)
    found = analyses.get("gradient_map")().compute(Subject(model, batch), frozenset({"gradient.itemised.*"}))
    values = found["gradient.itemised.embedding"].values[0].numpy()
    assert np.isnan(values[3, 4])  # the future
    row = values[9, :10]
    np.testing.assert_allclose(row, row[0], rtol=1e-4)  # a mean feels all of its past alike


def test_the_example_panel_shows_the_newest_loss(qtbot, plug_in):
    from seqviz.core.events import StepMetrics
    from seqviz.gui.history import History
    from seqviz.gui.panels.base import Snapshot, panels

    panel = plug_in("seqviz/gui/panels/last_loss.py", panels)()
    qtbot.addWidget(panel)
    panel.resize(100, 60)
    panel.show()
    before = panel.grab().toImage()
    history = History()
    history.apply(StepMetrics(1, 10, 0.1, 2.345, 1.0, 1.0, 1e-3))
    panel.present(Snapshot(history=history))
    assert panel.text == "2.345"
    assert panel.grab().toImage() != before


def test_the_example_script_is_watched_and_ends_by_itself(tmp_path):
    import os
    import subprocess

    from seqviz.core.events import RunFinished
    from seqviz.runs.folders import open_run

    script = tmp_path / "my_script.py"
    script.write_text(example("my_script.py"), encoding="utf-8")
    env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    env |= {"SEQVIZ_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, str(script)], env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "recorded in" in done.stderr
    stored = open_run(next((tmp_path / "home" / "runs").iterdir()))
    finished = next(event for event in stored.events if isinstance(event, RunFinished))
    assert finished.step == 300
    assert "gradient.total.layers.0.cell_state" in stored.events[0].provides
