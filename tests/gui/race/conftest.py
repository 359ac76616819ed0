"""A window whose worker answers what is asked of a race."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pytest
from fake_race import RaceWorker, race_config
from PySide6.QtWidgets import QApplication

from seqviz.core.channel import Mailbox
from seqviz.core.config import RunConfig
from seqviz.gui.app import build_window
from seqviz.gui.layout_store import LayoutStore


class OpenedRace:
    """A window on its race page, with its fake worker."""

    def __init__(self, window, workers: list[RaceWorker]) -> None:
        self.window, self._workers = window, workers
        self.session, self.race = window.session, window.race

    @property
    def worker(self) -> RaceWorker:
        return self._workers[0]

    @property
    def page(self):
        return self.window.race_page

    def pump(self) -> None:
        """Drain what the worker posted and let the window react."""
        for _ in range(3):
            self.session._presented = 0.0  # as if a thirtieth of a second had passed
            self.session.tick()
            QApplication.processEvents()
        if self.page is not None and self.race.racers:
            self.page.centre.refresh_plots()

    def race_on(self, steps: int) -> None:
        self.worker.race_on(steps)
        self.pump()


OpenRace = Callable[..., OpenedRace]


@pytest.fixture
def open_race(qtbot, tmp_path: Path) -> Iterator[OpenRace]:
    """`open_race(config, size=...)`: shown and ready; without racers in the config the page of one model."""
    opened: list[OpenedRace] = []

    def make(config: RunConfig | None = None, size: tuple[int, int] = (1500, 950)) -> OpenedRace:
        workers: list[RaceWorker] = []

        def start(mailbox: Mailbox) -> RaceWorker:
            workers.append(RaceWorker(mailbox))
            return workers[0]

        window = build_window(start, config or race_config(), "", store=LayoutStore(tmp_path / "layouts"))
        qtbot.addWidget(window)
        window.resize(*size)
        window.show()
        qtbot.waitUntil(lambda: bool(workers))
        result = OpenedRace(window, workers)
        result.pump()
        opened.append(result)
        return result

    yield make
    for item in opened:
        item.window.close()
    QApplication.processEvents()


@pytest.fixture
def opened(open_race: OpenRace) -> OpenedRace:
    """n-gram, RNN, LSTM and Transformer at step 0."""
    return open_race()
