"""The map of the vectors that stand for words: who lies near whom, and where each came from."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, QTimer, Slot
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QPushButton, QVBoxLayout

from seqviz.core.events import RunStarted
from seqviz.core.word_algebra import unit_rows
from seqviz.gui import theme
from seqviz.gui.labels import TextLabel
from seqviz.gui.panels.base import Cursor, Explanation, FreePanel, Snapshot, panels
from seqviz.gui.panels.embedding_planes import Plane, Planes
from seqviz.gui.panels.embedding_words import (
    FORMULA,
    SENTENCE,
    axis_words,
    four_words,
    key_words,
    near_words,
    size_words,
    tsne_words,
    word_quantities,
)
from seqviz.gui.panels.word_questions import WordQuestions
from seqviz.gui.reading import fitting
from seqviz.gui.row_stack import scrolled
from seqviz.gui.tsne_job import MOST_POINTS, TsneJob
from seqviz.gui.widgets.choice_switch import ChoiceSwitch
from seqviz.gui.widgets.strip_painting import is_characters, shown_token
from seqviz.gui.widgets.word_map import WordMap
from seqviz.gui.widgets.word_map_painting import Arrow, MapPicture

MATRIX = "vectors.matrix"
PCA, FOUR, TSNE = "PCA", "analogy", "t-SNE"
NEAR_MARKED = 5
_COLUMN, _COLUMN_FROM, _POLL_MS = 232, 540, 80
_TIPS = {
    PCA: "the plane in which the vectors differ most: distances are true as far as two directions can hold them",
    FOUR: "the plane of the four words of the analogy: are the two arrows parallel?",
    TSNE: "neighbours stay neighbours; distances between clumps and their sizes mean nothing",
}


@panels.register("embedding_map")
class EmbeddingMapPanel(FreePanel):
    """Words as points where their vectors differ most, with trails of where they came from, and questions to them."""

    name = "embedding_map"
    title = "Embedding map"
    question = "Which words lie near each other?"
    place = "sheet"  # a map needs the room; it keeps its own axes
    wants = (MATRIX,)
    needs = (MATRIX,)
    order = 5
    weight = 54
    minimum_height = 240

    def __init__(self) -> None:
        super().__init__()
        self._snapshot = Snapshot()
        self._matrix: NDArray[np.floating] | None = None  # (V, E)
        self._unit: NDArray[np.floating] = np.empty((0, 0))
        self._names: tuple[str, ...] = ()
        self._picked: int | None = None
        self._step = 0  # of the matrix
        self._planes = Planes()
        self._projected: tuple[int, ...] | None = None  # whose plane was last worked out for this matrix; (): of all
        self._job: TsneJob | None = None
        self._job_step = 0
        self.map, self.questions = WordMap(), WordQuestions()
        self.column = scrolled(self.questions)
        self.switch = ChoiceSwitch("kind of map", (PCA, FOUR, TSNE), _TIPS)
        self.again = QPushButton("again")
        self.note = TextLabel("", 11, "ink3")
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL_MS)
        self._timer.timeout.connect(self._follow_job)
        self._lay_out()
        self.map.word_clicked.connect(self.pick)
        self.questions.picked.connect(self.pick)
        self.questions.asked.connect(self._show)
        self.switch.chosen.connect(self._choose_kind)
        self.again.clicked.connect(self._begin_tsne)
        self.setAccessibleName(self.title)

    def _lay_out(self) -> None:
        foot = QHBoxLayout()
        foot.setSpacing(theme.px(8))
        foot.addWidget(self.switch)
        foot.addWidget(self.note, 1)
        foot.addWidget(self.again)
        left = QVBoxLayout()
        left.setSpacing(theme.px(4))
        left.addWidget(self.map, 1)
        left.addLayout(foot)
        box = QHBoxLayout(self)
        box.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        box.setContentsMargins(0, 0, 0, theme.px(4))
        box.setSpacing(theme.px(16))
        box.addLayout(left, 1)
        box.addWidget(self.column)
        self.again.hide()
        self.column.hide()

    # the panel contract

    @classmethod
    def shown_at_first(cls, run: RunStarted) -> bool:
        """Where vectors are what is learned; with other nets it is there to be asked for."""
        return run.config.get("model", {}).get("name") is not None and "company.vector" in run.provides

    def present(self, snapshot: Snapshot) -> None:
        old, self._snapshot = self._snapshot, snapshot
        if snapshot.run is not old.run:
            self._forget()
        elif snapshot.cursor.column != old.cursor.column:
            self._picked = None
        matrix = snapshot.array(MATRIX)
        if matrix is not None and matrix is not self._matrix:
            self._take(matrix)
        elif snapshot.cursor == old.cursor and snapshot.run is old.run and snapshot.frame is old.frame:
            return
        self._show()

    def clear(self) -> None:
        self._snapshot = Snapshot()
        self._forget()
        self._show()

    def _forget(self) -> None:
        self._stop_job()
        self._matrix, self._unit, self._names, self._picked = None, np.empty((0, 0)), (), None
        self._planes.clear()
        self.map.set_picture(None)
        self.switch.show_option(PCA)

    def _take(self, matrix: NDArray[np.floating]) -> None:
        fresh = self._matrix is None or len(matrix) != len(self._matrix)
        self._matrix = matrix
        self._unit = unit_rows(matrix.astype(np.float64))
        frame = self._snapshot.frame
        self._step = 0 if frame is None else frame.made_at.get(MATRIX, frame.step)
        self._projected = None
        if fresh:
            run = self._snapshot.run
            words = () if run is None else run.vocabulary[: len(matrix)]
            self._names = tuple(shown_token(word) for word in words) + tuple(
                f"#{i}" for i in range(len(words), len(matrix))
            )
            self.questions.set_words(self._names, not is_characters(words))

    # what is looked at

    @property
    def word(self) -> int | None:
        """The word picked, else the one at the cursor."""
        if self._matrix is None:
            return None
        return self._picked if self._picked is not None else self._at_cursor()

    def _at_cursor(self) -> int | None:
        labels, run = self._snapshot.labels(), self._snapshot.run
        if run is None or not labels:
            return None
        label = labels[min(max(self._snapshot.cursor.column, 0), len(labels) - 1)]
        return run.vocabulary.index(label) if label in run.vocabulary[: len(self._names)] else None

    @Slot(int)
    def pick(self, word: int) -> None:
        """Look at a word; where the probe holds it, the cursor goes there."""
        run, labels = self._snapshot.run, self._snapshot.labels()
        name = run.vocabulary[word] if run is not None and word < len(run.vocabulary) else None
        if name in labels and labels[self._snapshot.cursor.column % len(labels)] != name:
            self.cursor_moved.emit(Cursor(labels.index(name)))
        self._picked = word
        self._show()

    @property
    def kind(self) -> str:
        return self.switch.current

    def _points(self) -> tuple[NDArray[np.floating] | None, Plane | None]:
        """Coordinates of the map shown, and the plane where it is one."""
        if self.kind == TSNE and self._job is not None:
            return self._job.newest()[0], None
        plane = self._planes.now
        return (None, None) if plane is None else (plane.points, plane)

    @Slot()
    def _show(self) -> None:
        if self._matrix is not None:
            self.questions.show_vectors(self._unit, self.word)
            self._project(self._matrix)
        self.map.set_picture(self._picture())
        self.note.setText(self._note())
        self.header_changed.emit()

    def _project(self, matrix: NDArray[np.floating]) -> None:
        """The plane of this moment, unless it is known: of all vectors, or of the four of the analogy at length 1."""
        words = self._four() if self.kind == FOUR else ()
        if words != self._projected:
            self._projected = words
            self._planes.take(self._step, self._unit if words else matrix, words)

    def _four(self) -> tuple[int, ...]:
        """a, b, c and the answer, as the analogy adds them up; () where it is not asked."""
        terms, answers = self.questions.terms_asked, self.questions.answers
        return (*terms, answers[0][0]) if len(terms) == 3 and answers else ()

    def _picture(self) -> MapPicture | None:
        points, plane = self._points()
        if points is None or self._matrix is None:
            return None
        here = len(points)
        near = tuple(w for w, _ in self.questions.neighbours[:NEAR_MARKED] if w < here)
        arrows, asked = self._arrows(here)
        framed = (self._projected or ()) if plane is not None else ()
        across, up = axis_words(plane, bool(framed))
        return MapPicture(
            points, self._names, self._planes.trails() if plane is not None else np.empty((0, 0, 2)),
            self.word if self.word is not None and self.word < here else None, near, asked, arrows, across, up,
            "" if self._snapshot.run is None else self._snapshot.run.family, framed,
        )  # fmt: skip

    def _arrows(self, here: int) -> tuple[tuple[Arrow, ...], tuple[int, ...]]:
        """From b to a and from c to the answer: parallel where the vectors know the analogy."""
        four = self._four()
        if not four or max(four) >= here:
            return (), ()
        a, b, c, answer = four
        return (Arrow(b, a), Arrow(c, answer)), four

    # t-SNE

    @Slot(str)
    def _choose_kind(self, kind: str) -> None:
        self.map.forget_scale()
        if kind == TSNE:
            self._begin_tsne()
        else:
            self._stop_job()
            self._show()

    @Slot()
    def _begin_tsne(self) -> None:
        self._stop_job()
        if self._matrix is None:
            self.switch.show_option(PCA)
            return
        self._job, self._job_step = TsneJob(self._unit[:MOST_POINTS]), self._step
        self._job.start()
        self._timer.start()
        self.again.hide()
        self._show()

    @Slot()
    def _follow_job(self) -> None:
        if self._job is None or not self._job.running:
            self._timer.stop()
            self.again.setVisible(self._job is not None)
        self._show()

    def _stop_job(self) -> None:
        self._timer.stop()
        self.again.hide()
        if self._job is not None:
            self._job.stop()
            self._job = None

    def _note(self) -> str:
        room = self.map.width() - self.switch.width() - (theme.px(90) if self.again.isVisibleTo(self) else 0)
        if self._matrix is None:
            return ""
        if self.kind == FOUR:
            return four_words(room, bool(self._four()))
        if self.kind == TSNE and self._job is not None:
            return self._job.error or tsne_words(room, self._job_step, self._job.newest()[1])
        return fitting(room, "wheel zooms, drag moves, click picks a word", "")

    # words

    def subtitle(self) -> str:
        if self._matrix is None:
            return ""
        run = self._snapshot.run
        count, size = self._matrix.shape
        return size_words(count, size, 0 if run is None else len(run.vocabulary))

    def reading(self) -> str:
        return "" if self.word is None else near_words(self.width(), self.word, self._names, self.questions.neighbours)

    def explain(self, cursor: Cursor) -> Explanation:
        word, plane = self.word, self._planes.now
        if word is None or plane is None or self._matrix is None:
            return Explanation(self.title, FORMULA, SENTENCE)
        length = float(np.linalg.norm(self._matrix[word]))
        quantities = word_quantities(self._names, word, length, plane, self._four(), self.questions.answers)
        number, meaning = key_words(self._names, word, self.questions.neighbours)
        return Explanation(self.title, FORMULA, SENTENCE, quantities, number, meaning)

    def export(self) -> Mapping[str, np.ndarray]:
        points, _ = self._points()
        if points is None or self._matrix is None:
            return {}
        return {"word": np.array(self._names), "points": points, MATRIX: self._matrix}

    def menu_choices(self) -> tuple[tuple[str, tuple[str, ...], str], ...]:
        return (("map", (PCA, FOUR, TSNE), self.kind),)

    def choose(self, key: str, option: str) -> None:
        if key == "map":
            self.switch.choose(option)

    # Qt overrides

    def minimumSizeHint(self) -> QSize:
        """The map alone; the column comes where there is room and scrolls where it is low."""
        return QSize(theme.px(160), theme.px(self.minimum_height))

    def hideEvent(self, event: QHideEvent) -> None:
        """Out of sight nothing is computed; what t-SNE has found so far stays."""
        if self._job is not None:
            self._job.stop()
        self._timer.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = self.width() >= theme.px(_COLUMN_FROM)
        self.column.setFixedWidth(theme.px(_COLUMN))
        self.column.setVisible(wide)
        self.note.setText(self._note())
        self.header_changed.emit()
