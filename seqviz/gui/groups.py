"""Long lists told apart by family, in the order of a lecture: architectures and presets in a combo box."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox

from seqviz.gui import meanings, theme
from seqviz.gui.preset_list import PresetChoice

FAMILIES = {
    "ngram": "Counting",
    "hmm": "Estimating a hidden state",
    "convolution": "Windows and convolutions",
    "rnn": "Recurrent",
    "lstm": "LSTM and its kin",
    "gru": "GRU and its kin",
    "transformer": "Attention",
    "tree": "Trees",
}
OTHER, RACES, FIGURES, YOURS = "Other", "Races", "Published figures", "Yours"
_T = TypeVar("_T")
_ORDER = (YOURS, *FAMILIES.values(), OTHER, RACES, FIGURES)


def family_title(family: str) -> str:
    """The heading under which a family, or an architecture of this name, stands."""
    return FAMILIES.get(meanings.family_of(family), OTHER)


def preset_group(preset: PresetChoice) -> str:
    """The heading under which a preset stands."""
    if preset.name.startswith("yours/"):
        return YOURS
    if preset.racers:
        return RACES
    return FIGURES if preset.name.startswith("figures/") else family_title(preset.model)


def names_family(architecture: str) -> bool:
    """Whether it is the plain member that the family is called after."""
    return architecture in FAMILIES


def plain_first(preset: PresetChoice) -> tuple[bool, bool]:
    """Sorts the presets of a family: its plain member, on plain text, comes first."""
    return not names_family(preset.model), not preset.name.endswith(("-stories", "-text"))


def grouped(items: Iterable[_T], group: Callable[[_T], str]) -> list[tuple[str, list[_T]]]:
    """Headings in the order of a lecture, each with what stands under it in the order given."""
    found: dict[str, list[_T]] = {}
    for item in items:
        found.setdefault(group(item), []).append(item)
    return sorted(found.items(), key=lambda pair: _ORDER.index(pair[0]))


def add_heading(combo: QComboBox, title: str) -> None:
    """A row that names what follows and cannot be chosen."""
    combo.addItem(title)
    row = combo.count() - 1
    combo.setItemData(row, theme.font(11, bold=True), Qt.ItemDataRole.FontRole)
    combo.setItemData(row, theme.theme().ink3, Qt.ItemDataRole.ForegroundRole)
    disable(combo, row)


def disable(combo: QComboBox, row: int) -> None:
    """The row can be read and not chosen, by no key and no click."""
    model = combo.model()
    assert isinstance(model, QStandardItemModel)
    model.item(row).setFlags(Qt.ItemFlag.NoItemFlags)
