"""Events and commands as bytes, for a window in another process and for files: typed JSON, then the arrays raw.

Nothing is unpickled: only the dataclasses named here, numbers, texts and plain arrays come back.

A message is `length of the JSON (8 bytes, little-endian)`, the JSON, and the buffers of the arrays one after the other;
a stream puts the length of the whole message (8 bytes) before each.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import PurePath
from typing import Any

import numpy as np

from seqviz.core import batch, breakpoints, commands, events, lab_commands, lab_events, race_events, units

LARGEST = 2**28  # bytes of one message
_KINDS = "fiub"  # of numbers in arrays: float, int, unsigned, bool
KNOWN: dict[str, Any] = {
    name: kind
    for module in (batch, breakpoints, commands, events, lab_commands, lab_events, race_events, units)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == module.__name__
}


def encode(thing: object) -> bytes:
    """One event or command as bytes.

    Raises
    ------
    TypeError
        for anything but the known dataclasses of plain data.
    """
    buffers: list[bytes] = []
    head = json.dumps(_plain(thing, buffers), separators=(",", ":")).encode()
    return b"".join([len(head).to_bytes(8, "little"), head, *buffers])


def decode(content: bytes) -> Any:
    """What `encode` was given; arrays are read-only.

    Raises
    ------
    ValueError
        when the bytes are damaged.
    """
    try:
        size = int.from_bytes(content[:8], "little")
        tree = json.loads(content[8 : 8 + size])
        return _Reader(content, 8 + size).thing(tree)
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise ValueError(f"a damaged message ({error})") from None


def framed(content: bytes) -> bytes:
    """A message with its length before it, as it goes into a stream."""
    return len(content).to_bytes(8, "little") + content


def messages(read: Callable[[int], bytes | None]) -> Iterator[bytes]:
    """Messages of a stream until it ends, or says what no message says; `read(n)` gives at most n bytes."""
    while head := _exactly(read, 8):
        size = int.from_bytes(head, "little")
        if size > LARGEST:
            return
        content = _exactly(read, size)
        if not content:
            return
        yield content


def _exactly(read: Callable[[int], bytes | None], size: int) -> bytes:
    """So many bytes; b"" when the stream ends before."""
    parts, missing = [], size
    while missing:
        part = read(missing)
        if not part:
            return b""
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)


def _plain(thing: Any, buffers: list[bytes]) -> Any:
    match thing:
        case None | bool() | str():
            return thing
        case int():
            return int(thing)
        case float():
            return float(thing)
        case np.generic():
            return thing.item()
        case np.ndarray():
            if thing.dtype.kind not in _KINDS:
                raise TypeError(f"arrays of {thing.dtype} do not travel")
            buffers.append(np.ascontiguousarray(thing).tobytes())
            return {"a": [thing.dtype.str, list(thing.shape)]}
        case tuple():
            return {"t": [_plain(item, buffers) for item in thing]}
        case list():
            return [_plain(item, buffers) for item in thing]
        case frozenset():
            return {"s": [_plain(item, buffers) for item in sorted(thing)]}
        case Mapping():
            return {"m": [[_plain(key, buffers), _plain(value, buffers)] for key, value in thing.items()]}
        case PurePath():
            return str(thing)
    name = type(thing).__name__
    if KNOWN.get(name) is not type(thing):
        raise TypeError(f"{name} does not travel")
    return {"c": name, "f": [_plain(getattr(thing, f.name), buffers) for f in fields(thing) if f.init]}


class _Reader:
    """Walks the tree in the order in which it was written, taking buffers as it goes."""

    def __init__(self, content: bytes, place: int) -> None:
        self._content, self._place = content, place

    def thing(self, tree: Any) -> Any:
        if isinstance(tree, list):
            return [self.thing(item) for item in tree]
        if not isinstance(tree, dict):
            return tree
        match tree:
            case {"a": [dtype, shape]}:
                return self._array(np.dtype(dtype), tuple(shape))
            case {"t": items}:
                return tuple(self.thing(item) for item in items)
            case {"s": items}:
                return frozenset(self.thing(item) for item in items)
            case {"m": pairs}:
                return {self.thing(key): self.thing(value) for key, value in pairs}
            case {"c": name, "f": values}:
                names = [f.name for f in fields(KNOWN[name]) if f.init]
                return KNOWN[name](**{n: self.thing(v) for n, v in zip(names, values, strict=True)})
        raise ValueError("it says what no message says")

    def _array(self, dtype: np.dtype[Any], shape: tuple[int, ...]) -> np.ndarray:
        if dtype.kind not in _KINDS or any(n < 0 for n in shape):
            raise ValueError(f"arrays of {dtype} do not travel")
        count = int(np.prod(shape, dtype=np.int64))
        made = np.frombuffer(self._content, dtype, count, self._place).reshape(shape)
        self._place += count * dtype.itemsize
        return made
