"""`seqviz bench`: how fast everything is, each figure measured in a process of its own.

One measurement a file; the package is walked, so that a new file is a new figure and `--only NAME` finds it.
Shares are taken in one interleaved run (A B A B ..., medians): the machine's moods fall on both sides alike.
"""

from __future__ import annotations

import abc
import json
import sys
from typing import Any, ClassVar

from seqviz.core.registry import Registry

Figures = dict[str, Any]  # JSON: figures by key, nested where there is one for each model


class Measurement(abc.ABC):
    """`gives`: the keys of the figures it takes. `limit`: seconds after which it is given up."""

    gives: ClassVar[tuple[str, ...]]
    limit: ClassVar[float] = 90.0

    @abc.abstractmethod
    def measure(self) -> Figures:
        """Take the figures, in this process and nothing else beside it."""


measurements: Registry[type[Measurement]] = Registry("measurement", "seqviz.cli.bench")


def bench(only: list[str], as_json: bool) -> int:
    """Take every measurement (or those named, by their own name or a key they give) and print the figures.

    Returns
    -------
    int
        0, or 1 when a measurement failed or took too long; what was measured is printed all the same.

    Raises
    ------
    ValueError
        when there is no measurement of a name.
    """
    from seqviz.cli.bench.harness.child import measure_apart
    from seqviz.cli.bench.harness.report import report

    figures: Figures = {}
    failed = []
    for name in chosen(only):
        print(f"seqviz: measuring {name} ...", file=sys.stderr, flush=True)
        try:
            figures |= measure_apart(name, measurements.get(name).limit)
        except RuntimeError as error:
            failed.append(name)
            print(f"seqviz: {name}: {error}", file=sys.stderr)
    print(json.dumps(figures) if as_json else report(figures))
    return 1 if failed else 0


def chosen(only: list[str]) -> list[str]:
    """The measurements that give what was asked for; all of them when nothing was."""
    givers = {key: name for name, kind in measurements.items() for key in (*kind.gives, name)}
    for asked in only:
        if asked not in givers:
            raise ValueError(f"--only {asked}: there is no such measurement; there is {', '.join(sorted(givers))}")
    return list(dict.fromkeys(givers[asked] for asked in only)) or list(measurements.names())
