"""The race's window for the tests of explanations."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_RACE = Path(__file__).parents[1] / "race"
sys.path[:0] = [str(Path(__file__).parent), str(_RACE)]
_spec = importlib.util.spec_from_file_location("race_conftest", _RACE / "conftest.py")
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
open_race = _module.open_race
