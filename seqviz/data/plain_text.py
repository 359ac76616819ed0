"""Text with a modest vocabulary: printable ASCII and line ends, so that each character is met often enough to learn."""

from __future__ import annotations

import hashlib
import unicodedata

_PLAIN = str.maketrans("‘’‚“”„«»‐‑‒–—−\u00a0\t\f", '\'\',"""""------   ', "\r")
_KEPT = {ord("\n"), *range(32, 127)}


def plain_ascii(text: str) -> str:
    """Accents and typographic signs folded to their plain relatives; what has none is dropped. Line ends kept."""
    if text.isascii() and not any(c in text for c in "\t\r\f\x0b\x00"):
        return text
    folded = unicodedata.normalize("NFKD", text.replace("\r\n", "\n").translate(_PLAIN))
    return "".join(c for c in folded if ord(c) in _KEPT)


def text_sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
