from __future__ import annotations

import pytest

from seqviz.core.events import PartDescription, Ready
from seqviz.core.knobs import KnobDescription
from seqviz.gui.knob_words import in_words

_DOORS = KnobDescription("model.doors", "its map", "", "text", "")
_READY = Ready(
    parts=(PartDescription("model", "bayes_filter", "Bayes filter", "", (_DOORS,)),),
    sections=(),
    devices=(),
    versions={},
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("model.name: the filter reads the corridor", "The filter reads the corridor"),
        ("model.doors: the map has 3 cells", "Its map: the map has 3 cells"),
        ("training.batch_size: 900 streams leave no window", "Batch: 900 streams leave no window"),
        ("model.d_hidden: must be above 0", "D hidden: must be above 0"),
        ("LSTM: sampling.prompt: replaced: O", "LSTM: prompt: replaced: O"),
        ("racers.1.model.name: no such architecture", "No such architecture"),
        ("corpus: one symbol repeated", "corpus: one symbol repeated"),
        ("book.txt: is empty", "book.txt: is empty"),
    ],
)
def test_dotted_keys_of_the_command_line_are_said_as_on_screen(text, shown):
    assert in_words(text, _READY) == shown


def test_before_anything_is_described_a_key_is_said_by_its_last_word():
    assert in_words("model.n_states: too many", None) == "N states: too many"
