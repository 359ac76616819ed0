from __future__ import annotations

import csv
import io

import pytest
from canned import counting, net, states, who

from seqviz.gui.explain.asking import Asking
from seqviz.gui.explain.export import HEAD, csv_of

TEXT = tuple("I grew up in France, so I speak fluent French.")


def test_every_weight_of_every_witness_is_a_line():
    asking = Asking(39, [who(0, "LSTM"), who(1, "Bigram"), who(2, "HMM")], 0)
    for number, answer in enumerate((net(), counting(), states())):
        asking.take(number, answer)
    lines = list(csv.DictReader(io.StringIO(csv_of(asking, TEXT))))
    assert tuple(lines[0]) == HEAD
    assert len(lines) == 6 * 39 + 4
    first = lines[0]
    assert (first["model"], first["position"], first["token"], first["witness"]) == ("LSTM", "39", "F", "replacing")
    assert (first["at"], first["at_token"], first["unit"], first["bits"]) == ("0", "I", "bits", "2.5")
    gradient = next(line for line in lines if line["witness"] == "gradient")
    assert float(gradient["agreement"]) == 0.97
    path = next(line for line in lines if line["witness"] == "states")
    assert (path["weight"], path["label"]) == ("", "1")
    counted = [line for line in lines if line["unit"] == "times counted after it"]
    assert [(line["at_token"], line["weight"], line["label"]) for line in counted] == [
        ("t", "879", ""),
        ("F", "178", "true"),
    ]


def test_without_an_answer_there_are_no_numbers():
    with pytest.raises(ValueError, match="nobody has answered"):
        csv_of(Asking(39, [who(0, "LSTM")], 0), TEXT)
