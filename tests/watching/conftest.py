"""Whoever watches in a test posts to a box that keeps everything."""

from __future__ import annotations

import pytest

from seqviz.watching import opening
from tests.watching.small_scripts import Kept


@pytest.fixture
def box(monkeypatch):
    """`seqviz.watch` posts here; whoever watches at the end is detached."""
    made = Kept()
    monkeypatch.setattr(opening, "_open", lambda: made)
    yield made
    for watcher in list(opening._current):
        watcher.detach()
    opening._current.clear()
