"""Samples: the same prompt continued with the same seed, again and again while the model learns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from seqviz.core.events import RunStarted, Sample
from seqviz.gui import theme
from seqviz.gui.history import History
from seqviz.gui.loss_units import ShownUnit, shown_units
from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, Quantity, Snapshot, TimePanel, panels
from seqviz.gui.reading import common_knobs, fitting, value_text
from seqviz.gui.widgets import colour_bar
from seqviz.gui.widgets.ghost import paint_ghost
from seqviz.gui.widgets.knob_row import KnobRow
from seqviz.gui.widgets.sample_diary import SampleDiary, diary_entries

_WIDE, _BAR_HEIGHT = 420, 20
_SURPRISAL = ("underlined", "hidden")
_ENTRIES = ("a few", "all")
_CONTROLS = (("sampling.temperature", "T"), ("sampling.top_k", "top k"), ("sampling.top_p", "top p"))
_HIGHEST_TEMPERATURE = 2.0
_FORMULA = r"p_i = \frac{e^{z_i / T}}{\sum_j e^{z_j / T}}"


@panels.register("samples")
class SamplesPanel(TimePanel):
    """What the model writes: the same prompt and seed at each sampling, so that only the model differs."""

    name = "samples"
    title = "Samples"
    question = "What does it write?"
    needs = ("samples",)
    weight = 36
    order = 40
    minimum_height = 150

    def __init__(self) -> None:
        super().__init__()
        self._run: RunStarted | None = None
        self._history = History()
        self._seen: tuple[int, int] = (-1, -1)
        self._unit: ShownUnit | None = None
        self._settings: dict[str, Any] = {}
        self._underlined, self._all = True, False
        self._reading = ""
        self.diary = SampleDiary()
        self.controls: dict[str, KnobRow] = {}
        self._row = QHBoxLayout()
        self._row.setSpacing(theme.px(12))
        self._layout = QVBoxLayout(self)
        self._layout.setSpacing(theme.px(4))
        policy = self.diary.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # the knobs stay below while the ghost stands in its place
        self.diary.setSizePolicy(policy)
        self._layout.addWidget(self.diary, 1)
        self._layout.addLayout(self._row)
        self._place_bar()
        self.diary.setVisible(False)

    # the panel contract

    def present(self, snapshot: Snapshot) -> None:
        if snapshot.run is not self._run:
            self._begin(snapshot.run)
        history = snapshot.history
        seen = (len(history.samples), len(history.knob_changes))
        if snapshot.run is None or (history is self._history and seen == self._seen):
            return
        self._history, self._seen = history, seen
        self._follow()

    def clear(self) -> None:
        self._begin(None)

    def subtitle(self) -> str:
        if self._run is None:
            return ""
        words = f"same prompt, same seed, T = {value_text(self._settings.get('temperature', 1.0))}"
        limits = (("top_k", 0, "top k"), ("top_p", 1.0, "top p"))
        extra = [
            f"{label} = {value_text(self._settings[k])}"
            for k, off, label in limits
            if self._settings.get(k, off) != off
        ]
        return ", ".join([words, *extra])

    def reading(self) -> str:
        return self._reading

    def colour_bar(self) -> ColourBar | None:
        """In the header where it is wide enough, else the panel paints it under the diary."""
        return self._bar() if self._is_wide and self._underlined and self._run is not None else None

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        return (
            ("surprisal", _SURPRISAL, _SURPRISAL[not self._underlined]),
            ("entries", _ENTRIES, _ENTRIES[self._all]),
        )

    def choose(self, key: str, option: str) -> None:
        """Raises ValueError for an option that `menu_choices` does not offer."""
        offered = {k: options for k, options, _ in self.menu_choices()}
        if option not in offered.get(key, ()):
            raise ValueError(f'the samples panel has no "{option}" for "{key}"')
        if key == "surprisal":
            self._underlined = option == _SURPRISAL[0]
        else:
            self._all = option == _ENTRIES[1]
        self._place_bar()
        self._follow()
        self.header_changed.emit()

    def explain(self, cursor: Cursor) -> Explanation:
        rows = [
            Quantity(common_knobs()[f"sampling.{key}"].label, value_text(self._settings[key]))
            for key in ("temperature", "top_k", "top_p", "seed", "length")
            if key in self._settings
        ]
        latest = self._history.samples[-1] if self._run is not None and self._history.samples else None
        bits = None if latest is None else _mean_bits(latest)
        token = self._run.unit.token if self._run else "token"
        return Explanation(
            title=self.title,
            formula=_FORMULA,
            sentence=f"Each {token} is drawn from the model's own distribution and read again as the next input. "
            "T below 1 makes the likely likelier; top k and top p cut away the unlikely.",
            quantities=tuple(rows),
            key_number="" if bits is None else f"{bits:.1f}",
            key_meaning=f"bits of surprise per {token} at its own latest sample",
        )

    def export(self) -> Mapping[str, np.ndarray]:
        samples = self._history.samples if self._run is not None else []
        nan = math.nan
        return {
            "step": np.array([s.step for s in samples], dtype=np.int64),
            "prompt": np.array([s.prompt for s in samples], dtype=np.str_),
            "text": np.array(["".join(s.tokens) for s in samples], dtype=np.str_),
            "mean_surprisal_bits": np.array([_mean_bits(s) or nan for s in samples], dtype=np.float64),
            "valid_loss_nats": np.array([nan if s.valid_loss is None else s.valid_loss for s in samples]),
        }

    # what the picture is made of

    @property
    def _is_wide(self) -> bool:
        return self.width() >= theme.px(_WIDE)

    @property
    def highest_bits(self) -> int:
        """End of the surprisal scale, the same as on the probe strip: log2 of the vocabulary, one bit more."""
        size = len(self._run.vocabulary) if self._run else 0
        return math.ceil(math.log2(max(size, 2))) + 1

    def _bar(self) -> ColourBar:
        return ColourBar("surprisal, bits", "0", "cividis", str(self.highest_bits))

    def _begin(self, run: RunStarted | None) -> None:
        self._run, self._seen, self._history = run, (-1, -1), History()
        self._unit = shown_units(run.unit)[0] if run else None
        self._settings = dict(run.config.get("sampling", {})) if run else {}
        self._reading = ""
        self._make_controls()
        self.diary.set_samples((), theme.short)
        self.diary.setVisible(False)
        self._place_bar()
        self.update()
        self.header_changed.emit()

    def _make_controls(self) -> None:
        """Three small sliders for what may be turned while the run goes on; they start at the run's values."""
        for old in self.controls.values():
            self._row.removeWidget(old)
            old.setVisible(False)
            old.deleteLater()
        self.controls = {}
        if self._run is None:
            return
        highest = {"top_k": max(len(self._run.vocabulary), 2), "temperature": _HIGHEST_TEMPERATURE}
        for key, label in _CONTROLS:
            name = key.split(".")[1]
            known = common_knobs()[key]
            value = self._settings.get(name, known.default)
            limit = max(highest.get(name, known.high or 1.0), value)
            row = KnobRow(replace(known, label=label, high=limit), value)
            row.setMinimumWidth(theme.px(64))
            row.setToolTip(f"{known.label}: {known.help}")
            row.value_edited.connect(lambda new, key=key: self._edit(key, new))
            self._row.addWidget(row, 1)
            self.controls[key] = row

    def _edit(self, key: str, value: object) -> None:
        """A person turned a control: shown at once, and told to the window."""
        self._settings[key.split(".")[1]] = value
        self.header_changed.emit()
        self.knob_edited.emit(key, value)

    def _follow(self) -> None:
        """Take over new samples and settings changed elsewhere."""
        for change in self._history.knob_changes:
            section, _, name = change.key.partition(".")
            if section == "sampling":
                self._settings[name] = change.new
        for key, row in self.controls.items():
            value = self._settings.get(key.split(".")[1])
            if value is not None and value != row.value():
                row.set_value(value)
        samples = self._history.samples
        unit = self._unit
        self.diary.set_highest_bits(float(self.highest_bits) if self._underlined else 0.0)
        shown = samples if self._all else diary_entries(samples)
        self.diary.set_samples(shown, unit.number if unit else theme.short)
        if self.diary.isVisibleTo(self) != bool(samples):
            self.diary.setVisible(bool(samples))
            self.update()
        token = self._run.unit.token if self._run else "token"
        self._reading = reading_of(samples, token, self.width())
        self.header_changed.emit()

    def _place_bar(self) -> None:
        below = self._underlined and not self._is_wide and self._run is not None
        self._layout.setContentsMargins(0, 0, 0, theme.px(_BAR_HEIGHT) if below else 0)
        self.update()

    # Qt overrides

    def on_theme_changed(self) -> None:
        self._place_bar()
        super().on_theme_changed()

    def resizeEvent(self, event: object) -> None:
        self._place_bar()
        self.header_changed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._run is None or not self._history.samples:
            below = self._row.sizeHint().height() + theme.px(_BAR_HEIGHT + 8) if self.controls else 0
            area = QRectF(self.rect()).adjusted(0, 0, 0, -below)
            paint_ghost(painter, area, "What the model writes, from noise to text")
        if self._layout.contentsMargins().bottom():
            bar = self._bar()
            made = colour_bar.ColourBar(bar.quantity, bar.low, bar.high, bar.colours)
            colour_bar.paint_colour_bar(painter, self.width(), self.height() - theme.px(_BAR_HEIGHT) / 2 + 2, made)
        painter.end()


def reading_of(samples: list[Sample], token: str, width: float) -> str:
    """How surprised the model is by its own text, now and at first."""
    now = _mean_bits(samples[-1]) if samples else None
    if now is None:
        return ""
    start, first = f"**{now:.1f} bits** of surprise per {token}", samples[0]
    then = _mean_bits(first)
    if first.step == samples[-1].step or then is None:
        return start
    step = theme.thousands(first.step)
    return fitting(
        width,
        f"It writes with {start}, {then:.1f} at step {step}",
        f"{start}, {then:.1f} at step {step}",
        f"**{now:.1f} bits** of surprise, {then:.1f} at step {step}",
    )


def _mean_bits(sample: Sample) -> float | None:
    finite = np.asarray(sample.surprisal)[np.isfinite(sample.surprisal)]
    return float(finite.mean()) if len(finite) else None
