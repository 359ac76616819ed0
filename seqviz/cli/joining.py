"""Joins window, training thread and storage. Nothing here imports torch: the thread does, once it runs."""

from __future__ import annotations

from pathlib import Path

from seqviz.core.channel import Mailbox
from seqviz.core.paths import runs_root
from seqviz.gui.runs_list import RunSummary
from seqviz.runs.listing import recent_runs, run_line
from seqviz.training.ports import NoStores, RunStores, StoredRun
from seqviz.training.worker import TrainingWorker


def start_worker(mailbox: Mailbox, plugins: tuple[Path, ...] = ()) -> TrainingWorker:
    """The training thread, running, with the user's code and with run folders in the user's data folder."""

    def make_stores() -> RunStores:
        from seqviz.runs.folders import RunFolders

        return RunFolders(runs_root(), mailbox.post)

    worker = TrainingWorker(mailbox, make_stores, plugins)
    worker.start()
    return worker


def start_worker_without_storage(mailbox: Mailbox) -> TrainingWorker:
    """For pictures and benches: opens stored runs, keeps none."""
    worker = TrainingWorker(mailbox, ReadOnlyStores)
    worker.start()
    return worker


class ReadOnlyStores(NoStores):
    """Opens run folders, writes none."""

    def open(self, folder: Path) -> StoredRun:
        from seqviz.runs.folders import open_run

        return open_run(folder)


def list_runs() -> list[RunSummary]:
    """Earlier runs for the rail, newest first."""
    lines = [run_line(folder) for folder in recent_runs(runs_root())]
    return [RunSummary(str(line.folder), line.title, line.family, line.value, line.unit) for line in lines if line]
