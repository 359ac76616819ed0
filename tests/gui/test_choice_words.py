from __future__ import annotations

from seqviz.gui.choice_words import choice_words
from seqviz.models.base import architectures


def test_names_of_people_and_abbreviations_are_written_as_in_papers():
    assert choice_words("kneser_ney") == "Kneser-Ney"
    assert choice_words("relu") == "ReLU"


def test_other_choices_are_words_without_underscores():
    assert choice_words("free_running") == "free running"


def test_no_two_choices_of_a_knob_read_alike():
    for _, model in architectures.items():
        for field in model.Config.model_fields.values():
            choices = getattr(field.annotation, "__args__", ())
            words = [choice_words(choice) for choice in choices if isinstance(choice, str)]
            assert len(set(words)) == len(words)
