from __future__ import annotations

import json

import pytest

from seqviz.cli import main


def test_a_preset_with_a_known_illness_is_told_what_it_is_in_one_line_of_json(capsys):
    assert main(["diagnose", "copy-memory-rnn", "--steps", "40", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["step"] == 40
    assert [found["rule"] for found in told["findings"]] == ["vanishing"]
    first = told["findings"][0]["suggestions"][0]
    assert (first["remedy"], first["value"], first["also"]) == ("gates", "lstm", [["forget_bias", 3.0]])


def test_the_words_name_evidence_fixes_and_what_was_not_judged(capsys):
    assert main(["diagnose", "copy-memory-rnn", "--steps", "2"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("step 2: 1 found")
    assert "The gradient vanishes through time (confidence 0." in told
    assert "  try: orthogonal start" in told
    assert "not judged: Gates are stuck: RNN has no gates" in told


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ngram-stories"], "learns by counting"),
        (["copy-memory-rnn", "--steps", "0"], "--steps: 0 is below 1"),
        (["no-such-preset"], "no-such-preset"),
    ],
)
def test_what_cannot_be_diagnosed_costs_one_line(arguments, words, capsys):
    assert main(["diagnose", *arguments]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert len(told.splitlines()) == 1
