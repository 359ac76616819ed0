"""No exception is swallowed: each reaches the log file and a visible notice with its traceback.

Sources: slots and paint events (sys.excepthook), threads (threading.excepthook), destructors
(sys.unraisablehook), Qt's own messages, crashes in C code (faulthandler writes into the log file).
"""

from __future__ import annotations

import faulthandler
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from seqviz.core.events import Event, Notice

log = logging.getLogger("seqviz")
REPEAT_SECONDS = 10.0  # the same error is shown again only after so long
_HARMLESS = (
    "This plugin does not support propagateSizeHints",
    "This plugin does not support raise",
    "This plugin does not support grabbing the keyboard",
    "Populating font family aliases took",
)


class ErrorReporter:
    """Turns every uncaught error into a log entry and a Notice. Safe to call from any thread."""

    def __init__(self, post: Callable[[Event], None]) -> None:
        self._post = post
        self._seen: dict[str, float] = {}
        self._before: tuple[object, ...] | None = None

    def install(self) -> None:
        """Put the hooks in place; `remove` puts the former ones back."""
        assert self._before is None, "the hooks are installed already"
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self.report
        threading.excepthook = self._report_thread
        sys.unraisablehook = self._report_unraisable
        qInstallMessageHandler(self._report_qt)

    def remove(self) -> None:
        if self._before is not None:
            sys.excepthook, threading.excepthook, sys.unraisablehook = self._before  # type: ignore[assignment]
            self._before = None
            qInstallMessageHandler(None)

    def report(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None, where: str = ""
    ) -> None:
        """Log and show one error; an error while doing so goes to the terminal and no further."""
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        try:
            details = "".join(traceback.format_exception(kind, error, trace))
            log.error("uncaught%s\n%s", where and f" in {where}", details)
            self._show(f"{_one_line(error)}", details)
        except Exception as second:  # the reporter must survive whatever it reports
            _last_resort(kind, second)

    def _show(self, text: str, details: str) -> None:
        place = details.rsplit("File ", 1)[-1].split("\n", 1)[0]
        now = time.monotonic()
        if now - self._seen.get(place, -REPEAT_SECONDS) < REPEAT_SECONDS:
            return
        self._seen[place] = now
        self._post(Notice("error", text, details))

    def _report_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and args.exc_type is not SystemExit:
            name = args.thread.name if args.thread is not None else "a thread"
            self.report(args.exc_type, args.exc_value, args.exc_traceback, name)

    def _report_unraisable(self, args: sys.UnraisableHookArgs) -> None:
        if args.exc_value is not None:
            self.report(args.exc_type, args.exc_value, args.exc_traceback, "a destructor")

    def _report_qt(self, kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        if any(harmless in text for harmless in _HARMLESS):
            return
        serious = kind in (QtMsgType.QtWarningMsg, QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg)
        log.log(logging.WARNING if serious else logging.DEBUG, "Qt: %s", text)
        if kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg):
            self._show(f"Qt: {text}", f"File Qt {text}")


def _one_line(error: BaseException) -> str:
    try:
        text = str(error).strip().splitlines()
    except Exception:  # a broken __str__ must not hide the error
        text = []
    name = type(error).__name__
    return f"{name}: {text[0]}" if text else name


def _last_resort(kind: type[BaseException], second: BaseException) -> None:
    """Nothing but the terminal is left; even that may be closed."""
    stream = sys.__stderr__
    if stream is not None:
        try:
            stream.write(f"seqviz: {kind.__name__} could not be reported: {type(second).__name__}\n")
        except (OSError, ValueError):
            return


def open_log(path: Path) -> IO[str] | None:
    """Let the program's log and faulthandler write to `path`; None when the folder is not writable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > 2_000_000:
            path.replace(path.with_suffix(".old.log"))
        stream = path.open("a", encoding="utf-8")
    except OSError as error:
        log.warning("no log file: %s", error)
        return None
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False  # else a library that sets logging up puts our log on the user's terminal
    faulthandler.enable(stream)
    return stream


def close_log(stream: IO[str] | None) -> None:
    """Undo `open_log`."""
    if stream is None:
        return
    faulthandler.disable()
    log.propagate = True
    for handler in list(log.handlers):
        if isinstance(handler, logging.StreamHandler) and handler.stream is stream:
            log.removeHandler(handler)
    stream.close()
