"""How steep and how bent the loss is around the weights; measured when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QRectF, Slot
from PySide6.QtGui import QPainter, QResizeEvent

from seqviz.core.events import Notice
from seqviz.core.lab_commands import Ask
from seqviz.gui import theme
from seqviz.gui.icon_button import IconButton
from seqviz.gui.panels.base import Cursor, Explanation, Quantity, panels
from seqviz.gui.panels.curvature_plots import Line, Plane, paint_line, paint_plane
from seqviz.gui.panels.painted_free import PaintedFreePanel
from seqviz.gui.session import RunSession

HEAD = 36
_FORMULA = r"\lambda_{max} = \max_{\|v\|=1} v^T \nabla^2 L \, v"


@panels.register("curvature")
class CurvaturePanel(PaintedFreePanel):
    """The loss along the gradient and at random, on the plane of the path, and the Hessian's largest eigenvalue."""

    name = "curvature"
    title = "Curvature"
    question = "How steep and how bent is the loss here?"
    place = "sheet"
    wants = ("curvature.*",)
    needs = ("curvature.*",)
    without_gradients = ": there is no slope to measure"
    rooms = {"curvature": 10}
    weight = 100
    minimum_height = 300
    shown_by_default = False
    ghost = "The loss around the weights, on 8 validation sequences. It takes seconds: it is measured when you ask (M)."

    def __init__(self) -> None:
        super().__init__()
        self._session: RunSession | None = None
        self._lines: dict[str, Line] = {}
        self._plane: Plane | None = None
        self._eigenvalue = self._residual = float("nan")
        self._step = -1
        self._asked = False
        self.button = IconButton(
            "play", "Measure the loss around the present weights (M)", "primary", "Measure", parent=self
        )
        self.button.clicked.connect(self.measure)

    def join(self, session: RunSession) -> None:
        self._session = session
        for ended in (session.rejected, session.run_started):
            ended.connect(self._end)
        session.notice.connect(self._hear)

    @Slot()
    def measure(self) -> None:
        """Ask the trainer; asked again meanwhile, give it up: training waits as long as it is measured."""
        if self._session is None or self._session.run is None:
            return
        if self._asked:
            self._session.send(Ask(frozenset()))
            self._rest()
            return
        self._asked = True
        self.button.set_sign("pause", "Stop", "It is being measured, and training waits: give it up (M)")
        self._session.send(Ask(frozenset({"curvature.*"})))

    @Slot(object)
    def _end(self, said: object) -> None:
        self._rest()

    @Slot(object)
    def _hear(self, notice: Notice) -> None:
        if notice.level == "error":
            self._rest()

    def _rest(self) -> None:
        self._asked = False
        self.button.set_sign("play", "Measure", "Measure the loss around the present weights (M)")

    # data

    def prepare(self) -> None:
        run = self.snapshot.run
        per_nat = 1.0 if run is None else run.unit.per_nat
        arrays = self.snapshot.matching("curvature.*")
        self._lines, self._plane = {}, None
        for name in ("gradient", "random"):
            if f"curvature.line.{name}.loss" in arrays:
                losses = arrays[f"curvature.line.{name}.loss"] * per_nat
                self._lines[name] = Line(arrays[f"curvature.line.{name}.distance"], losses)
        if self._lines and self.snapshot.frame is not None:
            self._step = max(self.snapshot.frame.made_at[f"curvature.line.{name}.loss"] for name in self._lines)
        if "curvature.slice.loss" in arrays:
            names = ("x", "y", "path", "path_steps", "share")
            x, y, path, steps, share = (arrays[f"curvature.slice.{name}"] for name in names)
            self._plane = Plane(arrays["curvature.slice.loss"] * per_nat, x, y, path, steps, share)
        found = arrays.get("curvature.eigenvalue")
        if found is None:
            self._eigenvalue = self._residual = float("nan")
        elif self.snapshot.frame is not None:
            made = self.snapshot.frame.made_at["curvature.eigenvalue"]
            self._eigenvalue, self._residual = float(found[-1]), float(arrays["curvature.residual"][-1])
            if self._asked and made == self.snapshot.frame.made_at.get("curvature.line.gradient.loss"):
                self._rest()

    def ready(self) -> bool:
        return len(self._lines) == 2

    @property
    def steps(self) -> int:
        return max(len(self.tokens), 1)

    # painting

    def paint(self, painter: QPainter) -> None:
        assert self.snapshot.run is not None
        unit, top = self.snapshot.run.unit.name, theme.px(HEAD)
        whole = QRectF(0, top, self.width(), max(self.height() - top - 4, 1))
        share = 0.46 if self._plane is not None else 1.0
        half = QRectF(whole.left(), whole.top(), whole.width() * share, whole.height() / 2)
        paint_line(painter, half, self._lines["gradient"], f"loss against the gradient, {unit}", "downhill →")
        half.translate(0, whole.height() / 2)
        paint_line(painter, half, self._lines["random"], f"loss along a random direction, {unit}", "")
        if self._plane is not None:
            left = whole.left() + whole.width() * share + theme.px(12)
            paint_plane(painter, QRectF(left, whole.top(), whole.right() - left, whole.height()), self._plane, unit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.button.move(0, theme.px(2))

    # words

    def subtitle(self) -> str:
        return f"measured at step {theme.thousands(self._step)}, on 8 validation sequences" if self.ready() else ""

    def reading(self) -> str:
        if not np.isfinite(self._eigenvalue):
            return "how bent it is, is being measured ..." if self._asked and self.ready() else ""
        words = f"the largest eigenvalue of the Hessian is **λ = {theme.short(self._eigenvalue)}**"
        rate = self._rate()
        if rate and self._eigenvalue > 0:
            limit = theme.short(2 / self._eigenvalue)
            words += f"; plain gradient descent would shake where its rate is above 2/λ = {limit}"
        return words + ("" if self._residual < 0.01 else f" (±{100 * self._residual:.0f} %: not settled)")

    def _rate(self) -> float:
        rates = self.snapshot.history.series["learning_rate"].values
        return float(rates[-1]) if len(rates) else 0.0

    def explain(self, cursor: Cursor) -> Explanation:
        sentence = (
            "How fast the slope of the loss changes along the most bent direction of all weights, found by power "
            "iteration with exact Hessian products. Adam divides by the size of past gradients, so its own limit is "
            "another than 2/λ."
        )
        if not np.isfinite(self._eigenvalue):
            return Explanation(self.title, _FORMULA, sentence)
        rows = [
            Quantity("largest eigenvalue λ", theme.short(self._eigenvalue)),
            Quantity("off by at most", f"{100 * self._residual:.2g} %"),
            Quantity("learning rate η", theme.short(self._rate())),
            Quantity("η λ (plain descent: under 2)", theme.short(self._rate() * self._eigenvalue)),
        ]
        if self.ready():
            line = self._lines["gradient"]
            best = int(np.nanargmin(line.loss))
            rows.append(Quantity("lowest downhill", f"{float(line.loss[best]):.3g} (here {line.here:.3g})"))
            rows.append(Quantity("at, of the weights' length", f"{float(line.distance[best]):.2g}"))
        return Explanation(self.title, _FORMULA, sentence, tuple(rows), theme.short(self._eigenvalue), "is λ, in nats")

    def export(self) -> Mapping[str, np.ndarray]:
        return self.snapshot.matching("curvature.*")
