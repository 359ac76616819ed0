"""What looking costs, in words. Pure."""

from __future__ import annotations

LOOKING = "looking"  # what stands before the figures in the status bar


def cost_words(share: float, allowed: float) -> str:
    """`4 % of 15 %`: shares of the trainer's time that looking takes and may take (0: not known)."""
    return f"{100 * share:.0f} %" + (f" of {100 * allowed:.0f} %" if allowed > 0 else "")


def looking_words(share: float, allowed: float, dearest: tuple[tuple[str, float], ...]) -> str:
    """The same as sentences, with the dearest views: (name, milliseconds of its last piece)."""
    lines = [f"Looking takes {100 * share:.1f} % of the training thread's time."]
    if allowed > 0:
        lines[0] += f" It may take {100 * allowed:.0f} %: dear views come more rarely instead."
    if dearest:
        each = ", ".join(f"{name.replace('_', ' ')} {duration(ms)}" for name, ms in dearest)
        lines.append(f"Dearest now, each time: {each}.")
    return "\n".join(lines)


def duration(milliseconds: float) -> str:
    """Two digits that mean something: `57 ms`, `3.1 ms`, `0.02 ms`."""
    return f"{milliseconds:.0f} ms" if milliseconds >= 10 else f"{milliseconds:.2g} ms"
