from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QComboBox

from seqviz.gui import groups
from seqviz.gui.meanings import family_of
from seqviz.gui.preset_list import PresetChoice, preset_choices
from seqviz.models.base import architectures


def preset(name: str, model: str, racers: int = 0) -> PresetChoice:
    return PresetChoice(name, Path(name), name, "", model, "stories", racers)


def test_the_name_of_every_architecture_tells_its_family():
    strangers = [name for name, model in architectures.items() if family_of(name) != family_of(model.family)]
    assert strangers == []


def test_no_preset_of_the_program_is_without_a_family():
    assert groups.OTHER not in {groups.preset_group(choice) for choice in preset_choices((None,))}


def test_groups_follow_the_lecture_and_what_is_yours_comes_first():
    presets = [
        preset("figures/a", "lstm"),
        preset("b", "transformer"),
        preset("races/c", "lstm", 6),
        preset("d", "ngram"),
        preset("yours/e", "lstm"),
        preset("f", "something new"),
    ]
    found = [(title, [p.name for p in members]) for title, members in groups.grouped(presets, groups.preset_group)]
    assert found == [
        ("Yours", ["yours/e"]),
        ("Counting", ["d"]),
        ("Attention", ["b"]),
        ("Other", ["f"]),
        ("Races", ["races/c"]),
        ("Published figures", ["figures/a"]),
    ]


def test_the_plain_member_on_plain_text_comes_first():
    given = [preset("copy-memory-lstm", "lstm"), preset("x-stories", "lstm_peephole"), preset("lstm-stories", "lstm")]
    assert [p.name for p in sorted(given, key=groups.plain_first)] == ["lstm-stories", "copy-memory-lstm", "x-stories"]


def test_a_heading_carries_nothing_and_cannot_be_chosen(qtbot):
    combo = QComboBox()
    qtbot.addWidget(combo)
    groups.add_heading(combo, "Counting")
    assert combo.itemData(0) is None
    assert not combo.model().item(0).isEnabled()
