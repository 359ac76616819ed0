"""A user's file run from the window: what it registers joins the lists, what it raises is told with its traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from seqviz.core.events import Event
from seqviz.core.lab_events import PluginRead
from seqviz.training.builder import describe_everything
from seqviz.training.plugins import PluginError, load_plugin


def read_plugin(path: Path, emit: Callable[[Event], None]) -> None:
    """Run the file once more; `emit` hears a new Ready where it went well, and PluginRead in any case."""
    try:
        parts = load_plugin(path)
    except PluginError as error:
        emit(PluginRead(str(path), error=str(error).removeprefix("--plugin: "), details=error.details))
        return
    emit(describe_everything())
    emit(PluginRead(str(path), parts))
