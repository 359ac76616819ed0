from __future__ import annotations

import pytest
from fake_race import race_config
from fake_worker import PARTS, SECTIONS, example_config

from seqviz.core import events as ev
from seqviz.gui.form_plan import part_named
from seqviz.gui.race import drafting

READY = ev.Ready(PARTS, SECTIONS, ("cpu",), {})
SPEAKER = ev.PartDescription("model", "tagger", "Tagger", "tags", (), "rnn", ("labelling",))


def test_the_first_race_has_the_present_architecture_among_others_that_serve_the_task():
    race = drafting.race_of(example_config("lstm"), READY)
    names = [racer.model.name for racer in race.racers]
    assert "lstm" in names
    assert "ngram" in names
    assert 2 <= len(names) <= 6
    assert race.corpus == example_config("lstm").corpus
    assert race.probe == example_config("lstm").probe


def test_the_present_architecture_keeps_its_settings():
    race = drafting.race_of(example_config("lstm", **{"model.d_hidden": 31}), READY)
    assert next(r for r in race.racers if r.model.name == "lstm").model.knobs["d_hidden"] == 31


def test_who_cannot_serve_the_task_says_why_and_is_not_in_the_first_race():
    ready = ev.Ready((*PARTS, SPEAKER), SECTIONS, ("cpu",), {})
    reasons = {part.name: reason for part, reason in drafting.reasons(ready, "next_token")}
    assert reasons["lstm"] == ""
    assert reasons["tagger"] == "serves labelling"
    assert "tagger" not in {r.model.name for r in drafting.race_of(example_config(), ready).racers}


def test_before_the_worker_is_ready_a_race_still_has_two():
    assert len(drafting.race_of(example_config(), None).racers) == 2


def test_a_seventh_racer_is_refused():
    part = part_named(READY, "model", "rnn")
    config = race_config("rnn", "rnn", "rnn", "rnn", "rnn")
    config = drafting.with_racer(config, part)
    assert len(config.racers) == 6
    with pytest.raises(ValueError, match="at most 6"):
        drafting.with_racer(config, part)


def test_the_last_two_stay():
    with pytest.raises(ValueError, match="at least 2"):
        drafting.without_racer(race_config("rnn", "lstm"), 0)


def test_namesakes_get_a_number():
    part = part_named(READY, "model", "rnn")
    config = race_config("rnn", "lstm", labels=("RNN", "LSTM"))
    assert drafting.with_racer(config, part).racers[2].label == "RNN 2"


def test_another_architecture_starts_with_its_own_settings():
    config = drafting.with_knobs(race_config("rnn", "lstm"), 0, {"d_hidden": 7})
    assert config.racers[0].model.knobs == {"d_hidden": 7}
    changed = drafting.with_model(config, 0, part_named(READY, "model", "transformer"))
    assert changed.racers[0].model.name == "transformer"
    assert changed.racers[0].model.knobs == {}


def test_another_corpus_of_the_same_task_keeps_all_racers():
    config = race_config().replaced({"sampling.prompt": "Once"})
    moved = drafting.with_corpus(config, part_named(READY, "corpus", "reference_prose"), READY)
    assert moved.corpus.name == "reference_prose"
    assert moved.racers == config.racers
    assert (moved.probe, moved.sampling.prompt) == ("", "")


def test_another_task_leaves_those_behind_that_cannot_serve_it():
    tagged = ev.PartDescription("corpus", "tagged", "Tagged", "", (), "", ("labelling",))
    both = ev.PartDescription("model", "bilstm", "BiLSTM", "", (), "lstm", ("labelling", "next_token"))
    ready = ev.Ready((*PARTS, SPEAKER, both, tagged), SECTIONS, ("cpu",), {})
    moved = drafting.with_corpus(race_config("rnn", "lstm"), tagged, ready)
    assert moved.task.name == "labelling"
    assert {racer.model.name for racer in moved.racers} == {"tagger", "bilstm"}
