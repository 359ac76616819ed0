"""Questions to a model that are answered in slices, one after the other, while its weights stand still."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator

from seqviz.core.events import Event, Notice


def answer_slice(asked: list[Iterator[None]], refuse: Callable[[str], None], emit: Callable[[Event], None]) -> None:
    """One slice of the first question; it goes when it is answered, or cannot be.

    `refuse` hears in one sentence why a question cannot be asked. Any other error is a Notice: a question must never
    end a run.
    """
    try:
        over = next(asked[0], asked) is asked
    except ValueError as error:
        refuse(str(error))
        over = True
    except Exception as error:
        emit(Notice("error", f"this cannot be answered: {error}", traceback.format_exc()))
        over = True
    if over:
        del asked[0]
