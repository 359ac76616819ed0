"""Which traced arrays of a model an analysis looks at, told by name before anything is traced. Pure."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable

from seqviz.models.base import Model
from seqviz.models.inner_health import NAMED_ALIKE, Activation, TellsActivations


def offered(model: Model, patterns: Iterable[str]) -> tuple[str, ...]:
    """Of what the model provides the names, wildcards allowed, that any of the patterns means."""
    found: dict[str, None] = {}
    for pattern in patterns:
        for given in model.provides:
            if fnmatch.fnmatchcase(given, pattern):
                found[given] = None
            elif fnmatch.fnmatchcase(pattern, given):
                found[pattern] = None
    return tuple(found)


def activations_of(model: Model) -> dict[str, Activation]:
    """What function each of a model's arrays came out of, by wildcard; the model's own word goes first."""
    if model.learns_by != "gradient":
        return {}
    own = model.activations() if isinstance(model, TellsActivations) else {}
    return {**own, **NAMED_ALIKE}


def activation_of(name: str, known: dict[str, Activation]) -> Activation | None:
    """The function behind an array, by the first wildcard that fits."""
    return next((kind for pattern, kind in known.items() if fnmatch.fnmatchcase(name, pattern)), None)


def arrays_named(names: Iterable[str], patterns: Iterable[str]) -> list[str]:
    """Those names that any of the patterns means, in their own order."""
    wanted = tuple(patterns)
    return [name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in wanted)]
