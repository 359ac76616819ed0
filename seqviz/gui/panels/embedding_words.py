"""What the map of words says: its lines, its reading, its card. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from seqviz.core.word_algebra import Ranked
from seqviz.gui.number_text import thousands
from seqviz.gui.panels.base import Quantity
from seqviz.gui.panels.embedding_planes import Plane
from seqviz.gui.reading import fitting

FORMULA = r"\cos(e_i, e_j) = \frac{e_i \cdot e_j}{|e_i| \, |e_j|}"
SENTENCE = (
    "A word is a row of numbers. Words of like company get like rows. The map shows the plane in which the rows differ "
    "most, turned so that it lies as it lay before; trails show where each came from."
)


def percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def signed(number: float) -> str:
    return f"{number:.2f}".replace("-", "−")


def size_words(count: int, size: int, vocabulary: int) -> str:
    """`151 vectors of 32 numbers`, or the first of them where there are more."""
    words = f"{thousands(count)} vectors of {size} numbers"
    return f"the first {words}" if vocabulary > count else words


def near_words(width: float, word: int, names: Sequence[str], neighbours: Ranked) -> str:
    """The live reading: who is nearest to the word looked at."""
    if not neighbours:
        return ""
    (first, cosine), *others = neighbours
    start = f"Nearest to “{names[word]}”: **{names[first]}** ({signed(cosine)})"
    return fitting(width, f"{start}, then {names[others[0][0]]}", start) if others else start


def axis_words(plane: Plane | None, of_four: bool) -> tuple[str, str]:
    """What lies along each axis; nothing where there is no plane."""
    if plane is None:
        return "", ""
    whose = "of the variance of the four" if of_four else "of the variance"
    across, up = (f"{percent(share)} {whose}" for share in plane.shares)
    return across, up


def four_words(width: float, asked: bool) -> str:
    if not asked:
        return fitting(width, "the plane of all: no analogy is asked", "no analogy is asked")
    return fitting(
        width,
        "the plane of the four bold words: parallel arrows are an analogy",
        "the four bold words: parallel arrows?",
        "",
    )


def tsne_words(width: float, step: int, done: float) -> str:
    """Of which step the picture is, and what must not be read into it."""
    at = f"step {thousands(step)}" + ("" if done >= 1 else f", {percent(done)}")
    return fitting(
        width,
        f"of {at}: distances between clumps mean nothing",
        f"{at}: gaps between clumps mean nothing",
        f"{at}: gaps mean nothing",
    )


def word_quantities(
    names: Sequence[str], word: int, length: float, plane: Plane, four: Sequence[int], answers: Ranked
) -> tuple[Quantity, ...]:
    """The numbers of the card."""
    found = [
        Quantity("word", names[word]),
        Quantity("length of its vector", f"{length:.2f}"),
        Quantity("variance that the plane holds", percent(sum(plane.shares))),
    ]
    if four and answers:
        a, b, c = (names[number] for number in four[:3])
        best, cosine = answers[0]
        found.append(Quantity(f"{a} − {b} + {c}", f"{names[best]} {signed(cosine)}"))
    return tuple(found)


def key_words(names: Sequence[str], word: int, neighbours: Ranked) -> tuple[str, str]:
    """The large number and what it is."""
    if not neighbours:
        return "", ""
    near, cosine = neighbours[0]
    return signed(cosine), f"cosine of {names[word]} with {names[near]}, its nearest"
