"""One file over HTTP or HTTPS, piece by piece; every failure is one line that names what was wanted."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Generator

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]

_PIECE = 1 << 16


class DownloadFailed(ConnectionError):
    """No answer, not found, or cut off."""


class DownloadCancelled(ConnectionError):
    """The user stopped the download."""


def download(
    url: str, title: str, size: int, progress: Progress | None, cancelled: Cancelled | None, timeout: float
) -> Generator[bytes, None, None]:
    """The pieces of a file of `size` bytes as they arrive. Nothing more is asked for once the caller stops.

    `timeout`: seconds without a byte (or without an answer) before it fails.

    Raises
    ------
    DownloadFailed, DownloadCancelled
        both ConnectionErrors, one line that starts with `title`.
    ValueError
        one line: the server announces a file of another size.
    """
    try:
        _ask(cancelled, title)
        with _opener().open(_request(url), timeout=timeout) as response:
            yield from _received(response, title, size, progress, cancelled)
    except (DownloadFailed, DownloadCancelled):
        raise
    except urllib.error.HTTPError as error:
        error.close()
        raise DownloadFailed(f"{title}: the server answered {error.code} {_one_line(error.reason)}") from None
    except TimeoutError:
        raise DownloadFailed(f"{title}: the server sent nothing for {timeout:g} s") from None
    except urllib.error.URLError as error:
        if isinstance(error.reason, TimeoutError):
            raise DownloadFailed(f"{title}: the server did not answer within {timeout:g} s") from None
        raise DownloadFailed(f"{title}: the server cannot be reached ({_one_line(error.reason)})") from None
    except (http.client.HTTPException, OSError) as error:
        raise DownloadFailed(f"{title}: the connection failed ({_one_line(error)})") from None


def _received(
    response: http.client.HTTPResponse,
    title: str,
    size: int,
    progress: Progress | None,
    cancelled: Cancelled | None,
) -> Generator[bytes, None, None]:
    announced = response.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced) != size:
        raise ValueError(f"{title}: the server offers {int(announced)} bytes instead of {size}")
    done = 0
    while piece := response.read1(_PIECE):  # read1: what is there now, so that a slow server can be cancelled
        done += len(piece)
        yield piece
        if progress is not None:
            progress(done, size)
        _ask(cancelled, title)
    if done < size:
        raise DownloadFailed(f"{title}: the download ended after {done} of {size} bytes")


def _ask(cancelled: Cancelled | None, title: str) -> None:
    if cancelled is not None and cancelled():
        raise DownloadCancelled(f"{title}: the download was cancelled")


def _one_line(what: object) -> str:
    text = getattr(what, "strerror", None) or str(what) or type(what).__name__
    return "".join(c if c.isprintable() else " " for c in str(text))[:120]


def _opener() -> urllib.request.OpenerDirector:
    """HTTP and HTTPS only: the usual opener would also follow file:// and ftp:// addresses."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _request(url: str) -> urllib.request.Request:
    return urllib.request.Request(url, headers={"User-Agent": "seqviz", "Accept-Encoding": "identity"})
