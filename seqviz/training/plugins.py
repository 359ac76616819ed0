"""User code: a Python file whose classes register themselves as architectures, corpora or tasks when it is run.

It is code and runs as code, with everything this program may do; whoever starts seqviz with it is told so first.
"""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path


class PluginError(ValueError):
    """The file could not be run; `details` holds its traceback."""

    def __init__(self, text: str, details: str = "") -> None:
        super().__init__(text)
        self.details = details


def load_plugin(path: Path) -> None:
    """Run a plugin file once, as the module `seqviz_plugin_<name>`.

    Raises
    ------
    PluginError
        one line that names the file: missing, or what it raised.
    """
    name = f"seqviz_plugin_{path.stem}"
    if not path.is_file():
        raise PluginError(f"--plugin: {path}: there is no such file")
    spec = importlib.util.spec_from_file_location(name, path) if path.suffix == ".py" else None
    if spec is None or spec.loader is None:
        raise PluginError(f"--plugin: {path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise PluginError(f"--plugin: {path.name}: {type(error).__name__}: {error}", traceback.format_exc()) from error
