"""User code: a Python file whose classes register themselves as architectures, corpora or tasks when it is run.

It is code and runs as code, with everything this program may do; whoever starts seqviz with it is told so first.
"""

from __future__ import annotations

import importlib.util
import linecache
import sys
import traceback
from pathlib import Path
from typing import Any

from seqviz.core.registry import Registry, registering_anew
from seqviz.data.corpora import corpora
from seqviz.data.tasks import tasks
from seqviz.models.base import architectures
from seqviz.training.builder import describe_everything

REGISTRIES: tuple[Registry[Any], ...] = (architectures, corpora, tasks)


class PluginError(ValueError):
    """The file could not be run; `details` holds its traceback."""

    def __init__(self, text: str, details: str = "") -> None:
        super().__init__(text)
        self.details = details


def load_plugin(path: Path) -> tuple[str, ...]:
    """Run a plugin file as the module `seqviz_plugin_<name>`; run again, its parts take the place of the former ones.

    Returns
    -------
    tuple of str
        what it has registered, in words: "architecture mine".

    Raises
    ------
    PluginError
        one line that names the file: missing, what it raised, or what its parts lack. Nothing was registered then.
    """
    name = f"seqviz_plugin_{path.stem}"
    if not path.is_file():
        raise PluginError(f"--plugin: {path}: there is no such file")
    spec = importlib.util.spec_from_file_location(name, path) if path.suffix == ".py" else None
    if spec is None or spec.loader is None:
        raise PluginError(f"--plugin: {path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    former = sys.modules.get(name)
    sys.modules[name] = module
    try:
        with registering_anew(name, REGISTRIES):
            _taken_off_the_shelf(path)
            spec.loader.exec_module(module)
            describe_everything()  # a part that lacks something would be found out here
    except Exception as error:
        del sys.modules[name]
        if former is not None:
            sys.modules[name] = former
        raise PluginError(f"--plugin: {path.name}: {type(error).__name__}: {error}", traceback.format_exc()) from error
    return tuple(f"{r.kind} {item}" for r in REGISTRIES for item, cls in r.items() if cls.__module__ == name)


def _taken_off_the_shelf(path: Path) -> None:
    """Forget the source and byte code that Python keeps of a file that may have been edited within the same second."""
    linecache.checkcache(str(path))
    cached = Path(importlib.util.cache_from_source(str(path)))
    cached.unlink(missing_ok=True)
