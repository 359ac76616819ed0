"""What every test stands on: numpy without threads of its own, as in the program (seqviz/cli)."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before anybody imports numpy
