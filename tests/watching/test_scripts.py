"""Scripts as users write them, in processes of their own: they end by themselves, whatever becomes of the window."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from seqviz.core.events import Frame, RunFinished, RunStarted, StepMetrics
from seqviz.core.lab_events import ParametersMeasured
from seqviz.runs.folders import open_run

ROOT = Path(__file__).resolve().parents[2]
BEGIN = """
import os, sys, time
import torch
from torch import nn
import seqviz
torch.set_num_threads(1)
class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.cells, self.head = nn.Embedding(9, 8), nn.LSTM(8, 16, batch_first=True), nn.Linear(16, 9)
    def forward(self, x):
        return self.head(self.cells(self.embed(x))[0])
model = Reader()
optimizer = torch.optim.AdamW(model.parameters(), 1e-2)
def step():
    x = torch.randint(9, (4, 13))
    loss = nn.functional.cross_entropy(model(x[:, :-1]).flatten(0, 1), x[:, 1:].flatten())
    optimizer.zero_grad(); loss.backward(); optimizer.step()
    return loss
def train(seconds):
    end = time.time() + seconds
    while time.time() < end:
        watcher.loss(step())
began = time.perf_counter()
watcher = seqviz.watch(model, optimizer, text="twelve chars")
"""


def environment(home: Path, screen: bool) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    kept |= {"SEQVIZ_HOME": str(home), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return kept | ({"QT_QPA_PLATFORM": "offscreen"} if screen else {})


def run(tmp_path: Path, code: str, screen: bool = False) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", BEGIN + code],
        env=environment(tmp_path, screen), capture_output=True, text=True, timeout=60, cwd=tmp_path,
    )  # fmt: skip


def windows(home: Path) -> list[psutil.Process]:
    """Windows of scripts with this home that are running."""
    found = []
    for process in psutil.process_iter():
        try:
            if "seqviz.cli.watched" in " ".join(process.cmdline()) and process.environ()["SEQVIZ_HOME"] == str(home):
                found.append(process)
        except (psutil.Error, KeyError):
            continue
    return [process for process in found if process.status() != psutil.STATUS_ZOMBIE]


def wait_for(condition, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    assert condition()


def recorded(home: Path):
    folders = list((home / "runs").iterdir())
    assert len(folders) == 1
    return open_run(folders[0])


def test_without_a_display_it_says_so_once_and_records_what_the_window_opens_later(tmp_path):
    code = """
while watcher._parameters._watch is None:  # it is imported meanwhile
    train(0.1)
watcher.pace.share = 1.0
train(1.5)
"""
    done = run(tmp_path, code)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("seqviz:") == 1
    assert "no window can be shown here; what happens is recorded in" in done.stderr
    stored = recorded(tmp_path)
    kinds = [type(event) for event in stored.events]
    assert kinds[0] is RunStarted
    assert kinds.count(Frame) == 1
    assert kinds.count(ParametersMeasured) >= 1
    steps = [event.step for event in stored.events if isinstance(event, StepMetrics)]
    assert steps == list(range(1, len(steps) + 1))
    finished = next(event for event in stored.events if isinstance(event, RunFinished))
    assert finished.step == steps[-1]
    assert stored.events[0].outside


def test_a_script_that_raises_ends_with_its_own_error(tmp_path):
    done = run(tmp_path, "train(0.3)\nraise KeyError('mine')")
    assert done.returncode == 1
    assert "KeyError: 'mine'" in done.stderr
    finished = next(event for event in recorded(tmp_path).events if isinstance(event, RunFinished))
    assert "KeyError" in finished.reason


def test_with_a_window_the_script_ends_by_itself_and_so_does_a_window_that_nobody_sees(tmp_path):
    done = run(tmp_path, "train(4.0)\nprint(watcher.box.alive)", screen=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "True"
    assert "seqviz" not in done.stderr
    wait_for(lambda: not windows(tmp_path))


def test_the_script_goes_on_when_the_window_is_killed(tmp_path):
    code = f"train(1.5)\nos.kill(watcher.box.pid, {int(signal.SIGKILL)})\ntrain(1.0)\nprint('went on')"
    done = run(tmp_path, code, screen=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "went on"
    assert not windows(tmp_path)


def test_a_window_that_hangs_keeps_the_script_neither_from_going_on_nor_from_ending(tmp_path):
    code = """
train(2.0)
os.kill(watcher.box.pid, 19)
train(1.5)
print(time.perf_counter() - began)
"""
    done = run(tmp_path, code, screen=True)
    for process in windows(tmp_path):
        process.kill()
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 10.0


def test_a_pipe_that_breaks_is_no_business_of_the_scripts(tmp_path):
    code = "train(1.0)\nos.close(watcher.box._process.stdin.fileno())\ntrain(1.0)\nprint('went on')"
    done = run(tmp_path, code, screen=True)
    assert done.returncode == 0, done.stderr
    assert "went on" in done.stdout


def test_where_no_window_can_be_opened_it_is_recorded(tmp_path):
    code = "os.environ['QT_QPA_PLATFORM'] = 'nonsense'\n"
    done = subprocess.run(
        [sys.executable, "-c", code.join(["import os\n", BEGIN]) + "train(4.0)"],
        env=environment(tmp_path, screen=False), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "is recorded in" in done.stderr
    assert recorded(tmp_path).events


def test_a_forked_child_of_the_script_is_left_alone(tmp_path):
    code = """
train(0.5)
pid = os.fork()
if not pid:
    step()
    os._exit(0 if watcher._dead else 7)
print(os.waitpid(pid, 0)[1])
train(0.5)
print(watcher._dead)
"""
    done = run(tmp_path, code, screen=True)
    assert done.stdout.split() == ["0", "False"], done.stderr


def test_watching_again_in_a_notebook_keeps_the_one_window(tmp_path):
    code = """
train(1.0)
first = watcher.box.pid
model = Reader()
optimizer = torch.optim.AdamW(model.parameters(), 1e-2)
watcher = seqviz.watch(model, optimizer)
train(1.0)
print(watcher.box.pid == first, watcher.box.alive, watcher._dead)
"""
    done = run(tmp_path, code, screen=True)
    assert done.stdout.split() == ["True", "True", "False"], done.stderr


def test_watch_returns_soon(tmp_path):
    code = """
for _ in range(3):
    watcher.detach()
    began = time.perf_counter()
    watcher = seqviz.watch(model, optimizer)
    print(time.perf_counter() - began)
"""
    times = [float(taken) for taken in run(tmp_path, code, screen=True).stdout.split()]
    assert min(times) < 0.05
