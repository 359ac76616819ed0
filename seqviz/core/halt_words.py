"""A halt in words: for a terminal, and for the window's notices."""

from __future__ import annotations

from seqviz.core.lab_events import RunHalted

AROUND = 16  # labels on each side of the position


def halt_sentence(halt: RunHalted) -> str:
    """One line: what was met, where, in which text."""
    where = place_words(halt)
    return f"halted: {halt.text}{f'. Worst in {where}' if where else ''}"


def place_words(halt: RunHalted) -> str:
    """Tensor, layer, position and the text around it, of what is known."""
    parts = [halt.tensor] if halt.tensor else []
    if halt.layer and halt.layer != halt.tensor:
        parts.append(f"({halt.layer})" if parts else halt.layer)
    words = " ".join(parts)
    if halt.position < 0:
        return words
    text = around(halt.excerpt, halt.position)
    return f"{words}{' at ' if words else ''}position {halt.position}{f' of “{text}”' if text else ''}"


def around(labels: tuple[str, ...], position: int, reach: int = AROUND) -> str:
    """The text around a position, which stands in › ‹: "…grew up in ›F‹rance…"; "" where there is none."""
    if not 0 <= position < len(labels):
        return ""
    gap = gap_of(labels)
    first, end = max(0, position - reach), position + 1 + reach
    parts = [*labels[first:position], f"›{labels[position]}‹", *labels[position + 1 : end]]
    text = gap.join(parts).replace("\n", "↵")
    return f"{'…' if first else ''}{text}{'…' if end < len(labels) else ''}"


def gap_of(labels: tuple[str, ...]) -> str:
    """What stands between labels: nothing between characters and between pieces that bring their own blanks."""
    characters = all(len(label) <= 1 for label in labels)
    own = any(label.startswith(" ") or label.endswith(" ") for label in labels)
    return "" if characters or own else " "
