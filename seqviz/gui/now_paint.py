"""The trainer's "now paint" byte as a Qt notification: no Qt on the trainer's side, no waiting on ours."""

from __future__ import annotations

import socket
from collections.abc import Callable

from PySide6.QtCore import QObject, QSocketNotifier


class NowPaint:
    """Listens on a copy of the socket, so that either side may close first."""

    def __init__(self, copy: socket.socket, act: Callable[[], None], parent: QObject) -> None:
        self._socket = copy
        self._act = act
        self._notifier = QSocketNotifier(copy.fileno(), QSocketNotifier.Type.Read, parent)
        self._notifier.activated.connect(self._read)

    @classmethod
    def listen(cls, fd: int | None, act: Callable[[], None], parent: QObject) -> NowPaint | None:
        """None where the worker offers no such signal."""
        if fd is None:
            return None
        family = getattr(socket, "AF_UNIX", socket.AF_INET)
        copy = socket.fromfd(fd, family, socket.SOCK_STREAM)
        copy.setblocking(False)
        return cls(copy, act, parent)

    def close(self) -> None:
        self._notifier.setEnabled(False)
        self._notifier.deleteLater()
        self._socket.close()

    def _read(self) -> None:
        try:
            alive = self._socket.recv(4096)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            alive = b""
        if not alive:
            self._notifier.setEnabled(False)
            return
        self._act()
