"""t-SNE beside the window: a thread steps it, the window takes the newest picture whenever it likes."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from seqviz.core.planes import tsne

STEPS, PERPLEXITY, MOST_POINTS = 400, 15.0, 500
WAIT_S = 2.0  # for a thread that was told to stop: it looks after each step


class TsneJob:
    """Runs once. `newest` never waits; `stop` returns when the thread is gone."""

    def __init__(self, vectors: NDArray[np.floating], steps: int = STEPS) -> None:
        self._vectors = np.array(vectors[:MOST_POINTS], dtype=np.float64)
        self._steps = steps
        self._lock = threading.Lock()
        self._found: NDArray[np.floating] | None = None
        self._done = 0
        self._error = ""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="t-sne", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    @property
    def error(self) -> str:
        return self._error

    def newest(self) -> tuple[NDArray[np.floating] | None, float]:
        """Coordinates (n, 2), None before the first step, and the share of the steps done."""
        with self._lock:
            return self._found, self._done / self._steps

    def stop(self) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(WAIT_S)

    def _run(self) -> None:
        try:
            for step, points in enumerate(tsne(self._vectors, PERPLEXITY, self._steps), start=1):
                if self._stopped.is_set():
                    return
                with self._lock:
                    self._found, self._done = points, step
        except ValueError as error:  # too few points: said in the panel
            self._error = str(error)
