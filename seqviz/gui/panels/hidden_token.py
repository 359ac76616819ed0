"""The hidden token: what the model puts into the gap at the cursor, where it reads the text on both sides."""

from __future__ import annotations

from seqviz.gui.panels.base import panels
from seqviz.gui.panels.next_token import OWN_PLACE, NextTokenPanel


@panels.register("hidden_token")
class HiddenTokenPanel(NextTokenPanel):
    """The likeliest tokens for the hidden place under the cursor, with the true one marked."""

    name = "hidden_token"
    title = "Hidden token"
    question = "What belongs into the gap?"
    wants = (OWN_PLACE,)
    needs = wants
    ghost = "What the model puts into the hidden place under the cursor"
