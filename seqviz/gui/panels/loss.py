"""Loss over training steps: training, validation, the lines to beat, and what was changed on the way."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeGuard

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout

from seqviz.core.events import RunStarted
from seqviz.core.knobs import KnobDescription
from seqviz.core.units import Unit, perplexity
from seqviz.gui import perplexity_words, theme
from seqviz.gui.history import History
from seqviz.gui.loss_units import ShownUnit, shown_units
from seqviz.gui.number_text import loss_text
from seqviz.gui.panels.base import Cursor, Explanation, Quantity, Snapshot, TimePanel, panels
from seqviz.gui.panels.counting_words import percent
from seqviz.gui.reading import change_words, fitting
from seqviz.gui.widgets.ghost import paint_ghost
from seqviz.gui.widgets.line_knob import LineKnob
from seqviz.gui.widgets.loss_curves import LossCurves, LossLook
from seqviz.gui.widgets.plot_painting import Baseline, Mark
from seqviz.gui.widgets.step_plot import horizon_of

_SMOOTHING = KnobDescription(
    key="smoothing",
    label="smoothing",
    help="The smoothed line is the mean of the last so many percent of the steps; raw losses stay visible.",
    kind="int",
    default=5,
    low=0,
    high=50,
    unit=" %",
    live=True,
)
_FORMULA = r"L = -\frac{1}{T}\sum_{t=1}^{T} \ln p(x_{t+1} \mid x_{\le t})"


def planned_steps(run: RunStarted | None) -> int:
    """The run's step budget, 0 where there is none."""
    training = {} if run is None else run.config.get("training", {})
    return int(training.get("steps", 0) or 0)


@panels.register("loss")
class LossPanel(TimePanel):
    """How wrong the model is on the text it trains on, and on text it has never seen."""

    name = "loss"
    title = "Loss"
    question = "Is it learning?"
    weight = 32
    order = 10
    rooms = {"backprop": 50, "depth": 50, "curvature": 50}
    minimum_height = 150

    def __init__(self) -> None:
        super().__init__()
        self._run: RunStarted | None = None
        self._units = shown_units(Unit("nats/token", 1.0, "token"))
        self._unit = self._units[0]
        self._wanted = ""  # the unit a person chose; it outlives the run
        self._log_steps, self._log_loss = True, False
        self._chose_scale = False  # by a person
        self._reading = ""
        self._placed: object = None  # for which state of the plot the names of the lines were placed
        self.curves = LossCurves()
        self.smoothing = LineKnob(_SMOOTHING, 5)
        self.smoothing.value_dragged.connect(self._smooth)
        self.smoothing.value_edited.connect(self._smooth)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.curves, 1)
        layout.addWidget(self.smoothing)
        self._show_plot(False)

    # the panel contract

    def present(self, snapshot: Snapshot) -> None:
        if snapshot.run is not self._run:
            self._begin(snapshot.run)
        if snapshot.run is None:
            return
        if self.curves.set_history(snapshot.history):
            self._follow(snapshot.history)

    def clear(self) -> None:
        self._begin(None)
        self.curves.set_history(History())
        self._say("")

    def subtitle(self) -> str:
        if self._run is None:
            return ""
        return f"{self._unit.axis} over {f'{self._run.unit.token}s read' if self._counts else 'training steps'}"

    @property
    def _counts(self) -> bool:
        """Whether the model reads its text in order: then what it has read says more than how many batches."""
        return self._run is not None and self._run.learns_by == "observe"

    def reading(self) -> str:
        return self._reading

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        units = tuple(u.option for u in self._units)
        scales = ("logarithmic", "linear")
        return (
            ("unit", units, self._unit.option),
            ("steps axis", scales, scales[not self._log_steps]),
            ("loss axis", scales, scales[not self._log_loss]),
        )

    def choose(self, key: str, option: str) -> None:
        """Raises ValueError for an option that `menu_choices` does not offer."""
        offered = {k: options for k, options, _ in self.menu_choices()}
        if option not in offered.get(key, ()):
            raise ValueError(f'the loss panel has no "{option}" for "{key}"')
        if key == "unit":
            self._wanted = option
            self._unit = next(u for u in self._units if u.option == option)
        elif key == "steps axis":
            self._log_steps = option == "logarithmic"
        else:
            self._chose_scale = True
            self._log_loss = option == "logarithmic"
        self._apply_look()
        self._follow(self.curves.history)
        self.header_changed.emit()

    def explain(self, cursor: Cursor) -> Explanation:
        history, unit = self.curves.history, self._unit
        valid = _last(history.valid_losses.values)
        token = self._run.unit.token if self._run else "token"
        rows = []
        if valid is not None:
            rows = [Quantity(f"unseen text, {u.axis}", u.number(valid)) for u in self._units]
        train = self._smoothed_train(history)
        if train is not None:
            rows.append(Quantity("training text", unit.number(train)))
        if train is not None and valid is not None:
            rows.append(Quantity("gap, unseen − training", _signed(unit.value(valid) - unit.value(train))))
        rate = _last(history.series["learning_rate"].values)
        if rate is not None:
            rows.append(Quantity("learning rate", theme.short(rate)))
        return Explanation(
            title=self.title,
            formula=perplexity_words.FORMULA if unit.exponential else _FORMULA,
            sentence=f"The mean surprise at each next {token}, given everything before it. Divided by ln 2 it is in "
            "bits; its exponential is the perplexity: how many equally likely choices would puzzle as much."
            + self._perplexity_now(valid),
            quantities=tuple(rows),
            key_number=f"{1 / perplexity(valid):.2f}" if _in_bits(valid, unit) else "",
            key_meaning=f"probability that the model gives the true next {token} of unseen text, on (geometric) mean"
            if _in_bits(valid, unit)
            else "",
        )

    def _perplexity_now(self, valid: float | None) -> str:
        """The formula with the numbers of now: from nats and from bits, per token and per character."""
        told = perplexity_words.lines(valid, self._run.unit)[1:] if self._run is not None else ()
        return f" Now {'; '.join(told)}." if told else ""

    def export(self) -> Mapping[str, np.ndarray]:
        history = self.curves.history
        return {
            "step": history.steps.values.copy(),
            "train_loss_nats": history.series["loss"].values.copy(),
            "clip_scale": history.series["clip_scale"].values.copy(),
            "learning_rate": history.series["learning_rate"].values.copy(),
            "valid_step": history.valid_steps.values.copy(),
            "valid_loss_nats": history.valid_losses.values.copy(),
        }

    # what the pictures are made of

    def _begin(self, run: RunStarted | None) -> None:
        self._run = run
        if run is not None:
            self._units = shown_units(run.unit)
            self._unit = next((u for u in self._units if u.option == self._wanted), self._units[0])
            if not self._chose_scale:  # a squared error falls over decades
                self._log_loss = not run.unit.name.startswith(("bits", "nats"))
        self.curves.reset_view()
        self._apply_look()
        self._show_plot(run is not None)
        self.header_changed.emit()

    def _show_plot(self, on: bool) -> None:
        self.curves.setVisible(on)
        self.smoothing.setVisible(on)

    def _apply_look(self) -> None:
        value = self.smoothing.value()
        share = value / 100 if isinstance(value, int | float) else 0.0
        family = self._run.family if self._run else ""
        self.curves.set_look(LossLook(self._unit, family, share, self._log_loss))

    def _smooth(self, percent: object) -> None:
        """The slider moved."""
        self._apply_look()

    def _follow(self, history: History) -> None:
        """Take over what changed: range, lines to beat, flags, words."""
        last = max(history.last_step, int(_last(history.valid_steps.values) or 0))
        read = _last(history.series["tokens"].values)
        per = read / history.last_step if self._counts and read and history.last_step else 1.0
        self.curves.set_steps(horizon_of(planned_steps(self._run), last), self._log_steps, per)
        unit = self._unit
        self._place_lines(history, last)
        changes = [Mark(c.step, change_words(c.key, c.old, c.new)) for c in history.knob_changes if c.old != c.new]
        self.curves.set_marks(changes + [Mark(halt.step, "halted") for halt in history.halts])
        self.curves.set_words(words_for_no_curve(history))
        self._say(reading_of(history, unit, self.width()))

    def _place_lines(self, history: History, last: int) -> None:
        """Lines to beat, their names clear of the curve: looked for anew when the curve has moved a good way on."""
        unit, nats = self._unit, tuple(line.nats for line in history.baselines.values())
        moved = int(8 * math.log2(last + 1)), len(history.evaluations)
        key = (nats, unit, self._log_loss, self.curves.size().toTuple(), self.curves.x_axis(), moved)
        if key == self._placed:
            return
        self._placed = key
        lines = []
        for line in history.baselines.values():
            words = f"{line.name} {unit.number(line.nats)}"
            lines.append(Baseline(words, unit.value(line.nats), *self.curves.place_of(line.nats, words)))
        self.curves.set_baselines(lines)

    def _say(self, reading: str) -> None:
        if reading != self._reading:
            self._reading = reading
            self.header_changed.emit()

    def _smoothed_train(self, history: History) -> float | None:
        steps = history.steps.values
        if not len(steps):
            return None
        return float(history.curve("loss").smoothed(steps[-1:], self.curves.look.smoothing)[0])

    # Qt overrides

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._run is not None:
            return
        painter = QPainter(self)
        paint_ghost(painter, QRectF(self.rect()), "How the loss falls while the model learns")
        painter.end()


def reading_of(history: History, unit: ShownUnit, width: float) -> str:
    """The newest validation loss, and how it moved; in fewer words where `width` px are few."""
    if history.diverged is not None:
        step = theme.thousands(history.diverged.step)
        return fitting(width, f"**Diverged** at step {step}: {history.diverged.text}", f"**Diverged** at step {step}")
    losses, steps = history.valid_losses.values, history.valid_steps.values
    if not len(losses):
        train = _last(history.series["loss"].values)
        return "" if train is None else f"**{unit.text(train)}** on the training text so far"
    if not math.isfinite(float(losses[-1])):
        return fitting(width, *words_without_bits(history))
    now = unit.text(float(losses[-1]))
    start = f"**{now}** on unseen text"
    best = int(np.argmin(np.where(np.isfinite(losses), losses, np.inf)))
    before = best if best < len(losses) - 1 else int(np.searchsorted(steps, steps[-1] / 2, side="right")) - 1
    if before < 0 or before == len(losses) - 1:
        return start
    change = unit.value(float(losses[-1])) - unit.value(float(losses[before]))
    amount, step = _size(change), theme.thousands(float(steps[before]))
    words: tuple[str, ...]
    if best < len(losses) - 1:
        words = (
            f"{start}, {amount} above its best at step {step}",
            f"{start}, best at step {step}",
            f"{start}, best at {step}",
        )
    else:
        words = (f"{start}, {amount} less than at step {step}", f"{start}, best so far")
    return fitting(width, *words, start)


def words_without_bits(history: History) -> tuple[str, ...]:
    """Why the newest validation loss is no number, longest words first."""
    event = history.evaluations[-1] if history.evaluations else None
    metrics = {} if event is None else event.metrics
    if event is not None and math.isnan(event.loss):
        right = f"; best guess right **{percent(metrics['accuracy'])}**" if "accuracy" in metrics else ""
        return f"**no bits**: scores are no distribution{right}", f"**no bits**{right}", "**no bits**"
    if "given_zero" not in metrics:
        return ("**infinite** loss",)
    share = percent(metrics["given_zero"])
    return f"**infinite**: {share} of unseen text was never seen in its place", f"**infinite**: {share} never seen here"


def words_for_no_curve(history: History) -> str:
    """What stands in the plot where the model has no finite loss at all; "" elsewhere."""
    losses, train = history.valid_losses.values, history.series["loss"].values
    newest = [values[-1] for values in (losses, train) if len(values)]
    if not len(losses) or any(np.isfinite(newest)):
        return ""  # at once: a long run has millions of them
    if np.isfinite(losses).any() or np.isfinite(train).any():
        return ""
    if math.isnan(float(losses[-1])):
        return "no bits: the scores do not add up to 1"
    return "infinite: one symbol that was never seen\nin its place is enough"


def _in_bits(valid: float | None, unit: ShownUnit) -> TypeGuard[float]:
    return valid is not None and math.isfinite(valid) and (unit.per_nat != 1.0 or unit.exponential)


def _last(values: np.ndarray) -> float | None:
    return float(values[-1]) if len(values) else None


def _size(change: float) -> str:
    return loss_text(abs(change))


def _signed(change: float) -> str:
    return ("+" if change >= 0 else "−") + _size(change)
