"""A run folder: what is written is what is read, and a bad disk costs a notice, never the run."""

from __future__ import annotations

import math
import sqlite3

import numpy as np
import pytest
import torch

from seqviz.core.config import parse_config
from seqviz.core.events import Baseline, BaselinesCounted, Evaluated, KnobChanged, Notice, Sample, StepMetrics
from seqviz.runs.folders import OneFolder, RunFolders, open_run
from seqviz.runs.listing import recent_runs, run_line

CONFIG = parse_config(
    {"title": "A test", "corpus": {"name": "text"}, "task": {"name": "next_token"}, "model": {"name": "lstm"}}
)


def step(number: int, **changes: object) -> StepMetrics:
    norms = np.array([0.5, 0.25], dtype=np.float32)
    values = {"tokens": number * 10, "seconds": 0.5, "loss": 2.0, "grad_norm": 1.5, "clip_scale": 1.0}
    return StepMetrics(number, learning_rate=1e-3, layer_norms=norms, **(values | changes))


def test_a_stored_run_reads_back_its_config_weights_metrics_and_events(tmp_path):
    store = RunFolders(tmp_path).create(CONFIG, {"corpus_sha256": "ab", "threads": 1}, {"tokenizer.json": "{}"})
    sample = Sample(1, "To", ("a", "\n"), np.array([1.0, 2.5], dtype=np.float32), {"temperature": 0.8}, 2.1)
    events = [
        BaselinesCounted((Baseline("uniform", "blind", 4.0),)),
        step(1),
        sample,
        Evaluated(1, 2.2, False),
        KnobChanged(1, "optimizer.learning_rate", 1e-3, 1e-4),
        step(2, loss=1.9),
    ]
    for event in events:
        store.record(event)
    store.save_weights(2, {"w": torch.arange(6.0).reshape(2, 3)})
    store.close()

    run = open_run(tmp_path / store.run_id)

    assert run.config == CONFIG
    assert run.about == {"corpus_sha256": "ab", "threads": 1}
    assert run.step == 2
    assert torch.equal(run.arrays["w"], torch.arange(6.0).reshape(2, 3))
    assert run.files == {"tokenizer.json": "{}"}
    steps = [e for e in run.events if isinstance(e, StepMetrics)]
    assert [s.loss for s in steps] == [2.0, 1.9]
    assert np.array_equal(steps[0].layer_norms, [0.5, 0.25])
    read = next(e for e in run.events if isinstance(e, Sample))
    assert read.tokens == sample.tokens
    assert np.array_equal(read.surprisal, sample.surprisal)
    assert recent_runs(tmp_path) == [tmp_path / store.run_id]


def test_nothing_is_written_before_the_first_step(tmp_path):
    store = RunFolders(tmp_path).create(CONFIG, {}, {})
    store.record(BaselinesCounted(()))
    store.save_weights(0, {"w": torch.zeros(1)})
    store.close()
    assert list(tmp_path.iterdir()) == []


def test_not_a_number_survives_the_round_trip(tmp_path):
    store = RunFolders(tmp_path).create(CONFIG, {}, {})
    store.record(step(1, loss=math.nan))
    store.save_weights(1, {"w": torch.zeros(1)})
    store.close()
    read = [e for e in open_run(tmp_path / store.run_id).events if isinstance(e, StepMetrics)]
    assert math.isnan(read[0].loss)


def test_a_full_disk_is_told_once_and_never_raises(tmp_path, monkeypatch):
    told: list[object] = []
    store = RunFolders(tmp_path, told.append).create(CONFIG, {}, {})
    store.record(step(1))
    store.save_weights(1, {"w": torch.zeros(2)})
    old = (tmp_path / store.run_id / "weights.safetensors").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("seqviz.runs.atomic.os.replace", full)
    for number in range(2, 5):
        store.save_weights(number, {"w": torch.ones(2)})

    assert [type(event) for event in told] == [Notice]
    assert (tmp_path / store.run_id / "weights.safetensors").read_bytes() == old
    assert not list((tmp_path / store.run_id).glob(".weights*")), "a temporary file was left behind"


def test_a_folder_that_is_no_run_is_refused_with_its_name(tmp_path):
    with pytest.raises(ValueError, match="is no run folder"):
        open_run(tmp_path)


def test_damaged_weights_are_refused(tmp_path):
    store = RunFolders(tmp_path).create(CONFIG, {}, {})
    store.record(step(1))
    store.save_weights(1, {"w": torch.zeros(100)})
    store.close()
    path = tmp_path / store.run_id / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match="is damaged"):
        open_run(tmp_path / store.run_id)


def test_the_out_folder_must_be_new_or_empty(tmp_path):
    (tmp_path / "x").write_text("mine")
    with pytest.raises(ValueError, match="not an empty folder"):
        OneFolder(tmp_path).create(CONFIG, {}, {})


def test_a_run_is_listed_with_its_last_validation_in_its_own_unit(tmp_path):
    about = {"title": "LSTM", "family": "lstm", "unit": "bits/char", "per_nat": 2.0}
    store = RunFolders(tmp_path).create(CONFIG, about, {})
    for event in (step(1), Evaluated(1, 3.0, False), Evaluated(2, 1.5, False)):
        store.record(event)
    store.close()
    line = run_line(tmp_path / store.run_id)
    assert (line.title, line.family, line.value, line.unit) == ("A test", "lstm", 3.0, "bits/char")
    assert run_line(tmp_path / "nothing") is None


def test_two_processes_that_start_in_the_same_second_do_not_write_into_one_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("time.strftime", lambda form: "20260101-000000")
    first, second = (RunFolders(tmp_path).create(CONFIG, {}, {}) for _ in range(2))
    for store, steps in ((first, 1), (second, 3)):
        for number in range(1, steps + 1):
            store.record(step(number))
            store.save_weights(number, {"w": torch.zeros(1)})
    for store in (first, second):
        store.close()
    found = [open_run(tmp_path / name).step for name in sorted(p.name for p in tmp_path.iterdir())]
    assert found == [1, 3]
    assert first.folder != second.folder


def test_runs_made_in_the_same_second_have_ids_of_their_own(tmp_path):
    stores = RunFolders(tmp_path)
    assert len({stores.create(CONFIG, {}, {}).run_id for _ in range(4)}) == 4


def test_a_disk_that_recovers_leaves_one_folder(tmp_path, monkeypatch):
    heard: list[object] = []
    store = RunFolders(tmp_path, heard.append).create(CONFIG, {}, {})

    def full(path, content):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as context:
        context.setattr("seqviz.runs.folders.write_bytes", full)
        store.record(step(1))
    store.record(step(2))
    store.save_weights(2, {"w": torch.zeros(1)})
    store.close()
    assert [e.level for e in heard] == ["warning"]
    assert [path.name for path in tmp_path.iterdir()] == [store.run_id]
    run = open_run(tmp_path / store.run_id)
    assert [e.step for e in run.events if isinstance(e, StepMetrics)] == [1, 2]


def test_a_damaged_event_is_one_line(tmp_path):
    store = RunFolders(tmp_path).create(CONFIG, {}, {})
    store.record(step(1))
    store.record(Evaluated(1, 2.0, False))
    store.save_weights(1, {"w": torch.zeros(1)})
    store.close()
    with sqlite3.connect(tmp_path / store.run_id / "metrics.db") as connection:
        connection.execute("update events set content = '{\"step\": 1}'")
    connection.close()
    with pytest.raises(ValueError, match=r"metrics\.db: one of its events is damaged"):
        open_run(tmp_path / store.run_id)
