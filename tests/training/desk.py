"""A control with a run on it and everything it said: what tests of the training thread's half sit at."""

from __future__ import annotations

from seqviz.core.commands import Prepare
from seqviz.training.control import Control
from seqviz.training.ports import NoStores


class Desk:
    """`until` and `idle` let the control work; `said` is every event in order."""

    def __init__(self, config) -> None:
        self.config = config
        self.said: list[object] = []
        self.control = Control(self.said.append, lambda: None, NoStores())
        self.control.obey(Prepare(config))

    def heard(self, kind) -> list:
        return [event for event in self.said if isinstance(event, kind)]

    def until(self, done, most: int = 20000) -> None:
        for _ in range(most):
            if done():
                return
            self.control.work()
        raise AssertionError("it never came")

    def idle(self) -> None:
        self.until(lambda: not self.control.busy)
