"""Gradients of the parameters over training steps: the global norm with clipping, and one row per layer.

Painted with QPainter. pyqtgraph, kept lean, draws the same in a similar time (both well under 2 ms), but importing it
holds the window for 0.2 to 0.4 s, longer than any gap of the event loop may be.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout

from seqviz.core.events import RunStarted
from seqviz.gui import theme
from seqviz.gui.history import History
from seqviz.gui.panels.base import ColourBar, Cursor, Explanation, Quantity, Snapshot, TimePanel, panels
from seqviz.gui.panels.loss import planned_steps
from seqviz.gui.reading import fitting
from seqviz.gui.widgets import colour_bar
from seqviz.gui.widgets.ghost import paint_ghost
from seqviz.gui.widgets.norm_map import HIGHEST, LOWEST, NARROW, NormMap
from seqviz.gui.widgets.step_plot import horizon_of

_BAR_HEIGHT = 22
_SCALES = ("logarithmic", "linear")
_RANGES = ("10⁻³ to 10", "fit to this run")
_FORMULA = (
    r"g = \left\| \frac{\partial L}{\partial \theta} \right\|_2, \quad "
    r"\hat{g} = \min\left(1, \frac{c}{g}\right) g"
)


@panels.register("parameter_gradients")
class ParameterGradientsPanel(TimePanel):
    """How strongly each layer is told to change, step by step, and how much of it clipping takes away."""

    name = "parameter_gradients"
    title = "Parameter gradients"
    question = "Which weights are told to move?"
    weight = 26
    order = 50
    minimum_height = 170

    def __init__(self) -> None:
        super().__init__()
        self._run: RunStarted | None = None
        self._log_steps, self._fitted = True, False
        self._reading = ""
        self._wide = False
        self.norms = NormMap()
        self._layout = QVBoxLayout(self)
        self._layout.addWidget(self.norms)
        self._place_bar()
        self.norms.setVisible(False)

    @classmethod
    def reason_unserved(cls, run: RunStarted) -> str | None:
        return None if run.layer_names else f"{run.title} learns without gradients"

    # the panel contract

    def present(self, snapshot: Snapshot) -> None:
        if snapshot.run is not self._run:
            self._begin(snapshot.run)
        if snapshot.run is not None and self.norms.set_history(snapshot.history):
            self._follow(snapshot.history)

    def clear(self) -> None:
        self._begin(None)
        self.norms.set_history(History())

    def subtitle(self) -> str:
        if self._run is None:
            return ""
        return "norm per optimiser step" if self._is_wide else "per step"

    def reading(self) -> str:
        return self._reading

    def colour_bar(self) -> ColourBar | None:
        """In the header where it is wide enough, else the panel paints it under its map."""
        return self._bar() if self._is_wide else None

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        return (
            ("steps axis", _SCALES, _SCALES[not self._log_steps]),
            ("colours", _RANGES, _RANGES[self._fitted]),
        )

    def choose(self, key: str, option: str) -> None:
        """Raises ValueError for an option that `menu_choices` does not offer."""
        offered = {k: options for k, options, _ in self.menu_choices()}
        if option not in offered.get(key, ()):
            raise ValueError(f'the parameter gradients panel has no "{option}" for "{key}"')
        if key == "steps axis":
            self._log_steps = option == "logarithmic"
            self._follow(self.norms.history)
        else:
            self._fitted = option == _RANGES[1]
            self.norms.set_limits(*(_fitted_range(self.norms.history) if self._fitted else (LOWEST, HIGHEST)))
        self.update()
        self.header_changed.emit()

    def explain(self, cursor: Cursor) -> Explanation:
        history = self.norms.history
        norms, layer_norms = history.series["grad_norm"].values, history.layer_norms
        rows: list[Quantity] = []
        if len(norms):
            scale = float(history.series["clip_scale"].values[-1])
            rows = [Quantity("global norm", theme.short(float(norms[-1])))]
            if np.isfinite(scale):
                rows.append(Quantity("after clipping", theme.short(float(norms[-1]) * scale)))
        if layer_norms is not None and layer_norms.length:
            rows += [
                Quantity(name, theme.short(float(v)))
                for name, v in zip(self.norms.layers, layer_norms.values[-1], strict=True)
            ]
        share = history.clipped_share()
        return Explanation(
            title=self.title,
            formula=_FORMULA,
            sentence="The length of the gradient of the whole loss with respect to the weights. Longer than c it is "
            "scaled back to c, its direction kept. This is one number per optimiser step, not per position.",
            quantities=tuple(rows),
            key_number=f"{100 * share:.0f} %" if share is not None else "",
            key_meaning="of the steps so far were clipped",
        )

    def export(self) -> Mapping[str, np.ndarray]:
        history = self.norms.history
        arrays = {
            "step": history.steps.values.copy(),
            "grad_norm": history.series["grad_norm"].values.copy(),
            "clip_scale": history.series["clip_scale"].values.copy(),
        }
        if history.layer_norms is not None:
            columns = history.layer_norms.values.T
            arrays |= {f"grad_norm {n}": c.copy() for n, c in zip(self.norms.layers, columns, strict=True)}
        return arrays

    # what the pictures are made of

    @property
    def _is_wide(self) -> bool:
        return self.width() >= theme.px(NARROW)

    def _bar(self) -> ColourBar:
        low, high = self.norms.limits
        return ColourBar("norm", theme.power_label(low), "viridis", theme.power_label(high))

    def _begin(self, run: RunStarted | None) -> None:
        self._run = run
        self.norms.set_layers(run.layer_names if run else ())
        self.norms.set_limits(LOWEST, HIGHEST)
        self._fitted = False
        self._reading = ""
        self.norms.reset_view()
        self.norms.setVisible(run is not None)
        self.update()
        self.header_changed.emit()

    def _follow(self, history: History) -> None:
        self.norms.set_steps(horizon_of(planned_steps(self._run), history.last_step), self._log_steps)
        training = self._run.config.get("training", {}) if self._run else {}
        self.norms.set_clip(clip_changes(float(training.get("clip_norm", 0.0) or 0.0), history))
        reading = reading_of(history, self.norms.layers, self.width())
        if reading != self._reading:
            self._reading = reading
            self.header_changed.emit()

    def _place_bar(self) -> None:
        self._wide = self._is_wide
        self._layout.setContentsMargins(0, 0, 0, 0 if self._wide else theme.px(_BAR_HEIGHT))

    # Qt overrides

    def on_theme_changed(self) -> None:
        self._place_bar()
        super().on_theme_changed()

    def resizeEvent(self, event: object) -> None:
        if self._is_wide != self._wide:
            self._place_bar()
            self.header_changed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._run is None:
            paint_ghost(painter, QRectF(self.rect()), "How strongly each layer is told to change, at every step")
        elif not self._wide:
            bar = self._bar()
            made = colour_bar.ColourBar(bar.quantity, bar.low, bar.high, bar.colours)
            right = self.norms.map_area().right()
            colour_bar.paint_colour_bar(painter, right, self.height() - theme.px(_BAR_HEIGHT) / 2 + 2, made)
        painter.end()


def clip_changes(at_start: float, history: History) -> tuple[tuple[float, float], ...]:
    """(from step, clip norm): where the run began, and every live change."""
    changes = [c for c in history.knob_changes if c.key == "training.clip_norm"]
    first = float(changes[0].old) if changes else at_start
    found = [(0.0, first), *((float(c.step), float(c.new)) for c in changes)]
    return tuple(found) if any(value > 0 for _, value in found) else ()


def reading_of(history: History, layers: tuple[str, ...], width: float) -> str:
    """How often clipping acts, and which layer hears most."""
    if not history.steps.length:
        return ""
    norm = _recent(history, "grad_norm")
    share = history.clipped_share()
    start = f"**{theme.short(norm)}** is the global norm now" if norm is not None else ""
    loudest = _loudest(history, layers)
    words = f"most of the gradient lands on **{loudest}**" if loudest else start
    if share is None:  # a script that clips by itself, if it does
        return fitting(width, words, start)
    clipped = f"**{100 * share:.0f} %** of the steps were clipped" if share else "nothing was clipped"
    return fitting(width, f"{clipped}, {words}" if words else clipped, clipped)


def _recent(history: History, name: str) -> float | None:
    steps = history.steps.values[-1:]
    value = float(history.curve(name).smoothed(steps, 0.05)[0])
    return value if np.isfinite(value) else None


def _loudest(history: History, layers: tuple[str, ...]) -> str:
    means, steps = history.layer_means(), history.steps.values
    if means is None or not layers:
        return ""
    start = np.searchsorted(steps, steps[-1:] * 0.95)
    mean = means.between(np.minimum(start, len(steps) - 1), np.array([len(steps)]))[0]
    return layers[int(np.nanargmax(mean))] if np.isfinite(mean).any() else ""


def _fitted_range(history: History) -> tuple[float, float]:
    """Whole decades that hold all but the extreme percent of the norms so far."""
    if history.layer_norms is None or not history.layer_norms.length:
        return LOWEST, HIGHEST
    values = history.layer_norms.values
    seen = values[:: max(1, len(values) // 2000)]
    seen = seen[np.isfinite(seen) & (seen > 0)]
    if not len(seen):
        return LOWEST, HIGHEST
    low, high = np.log10(np.percentile(seen, (1, 99)))
    bottom = float(np.floor(low))
    return 10.0**bottom, 10.0 ** max(float(np.ceil(high)), bottom + 1)
