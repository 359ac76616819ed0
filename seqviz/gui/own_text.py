"""The page of one's own text: open, drop or paste; choose what a token is; see how the text falls into pieces."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from seqviz.core.events import TokenPreviewed
from seqviz.core.knobs import KnobDescription
from seqviz.core.paths import data_root
from seqviz.gui import theme
from seqviz.gui.experiment import own_text_changes
from seqviz.gui.file_picker import pick_file
from seqviz.gui.knob_words import in_words
from seqviz.gui.labels import TextLabel
from seqviz.gui.session import RunSession
from seqviz.gui.surfaces import Surface
from seqviz.gui.token_tiles import TokenTiles
from seqviz.gui.widgets.knob_row import KnobRow

KINDS = (("char", "characters"), ("word", "words"), ("bpe", "byte pairs"))
PREVIEW_MS = 300
LONGEST_IN_CONFIG, LONGEST_PASTE = 20_000, 10_000_000  # characters
OF_THE_RAIL = ("model.", "optimizer.", "training.", "sampling.", "probe")  # refusals that no text is to blame for
_FILTER = "Text (*.txt *.md *.py *.csv *.tex *.html *.gz *.zip);;All files (*)"


def keep_paste(text: str) -> Path:
    """A long pasted text as a file below the program's folder, named by its content.

    Raises
    ------
    OSError
        when the folder cannot be written.
    """
    data = text.encode("utf-8", "replace")
    path = data_root() / "texts" / f"pasted-{hashlib.sha256(data).hexdigest()[:12]}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


class PasteField(QPlainTextEdit):
    """A text too long to be edited here is handed on instead: a field lays every line out, and would stand still."""

    long_pasted = Signal(str)

    def insertFromMimeData(self, source: QMimeData) -> None:
        text = source.text()
        if len(text) > LONGEST_IN_CONFIG:
            self.long_pasted.emit(text)
        else:
            super().insertFromMimeData(source)


class OwnTextPage(Surface):
    """Nothing changes before "Train on this text"; `left` when the page is done with."""

    left = Signal()
    refused = Signal(str)

    def __init__(self, session: RunSession, parent: QWidget | None = None) -> None:
        super().__init__("sheet", parent=parent)
        self._session = session
        self._path: Path | None = None
        self._building = False  # a run on this text was asked for
        self.path_field = QLineEdit()
        self.path_field.setPlaceholderText("path of a text file, or drop one on the window")
        self.open_button = QPushButton("Open ...")
        self.paste = PasteField()
        self.paste.setPlaceholderText("or paste or type a text here")
        self.kinds = QButtonGroup(self)
        self.vocabulary = KnobRow(_vocabulary_knob(), 2000)
        self.summary = TextLabel("", 12, "ink2", wrap=True)
        self.tiles = TokenTiles()
        self.train = QPushButton("Train on this text")
        self.train.setProperty("primary", "true")
        self.back = QPushButton("Back")
        self._build()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._ask_preview)
        self.path_field.textChanged.connect(self._type_path)
        self.paste.textChanged.connect(self._soon)
        self.paste.long_pasted.connect(self.take_text)
        self.kinds.idClicked.connect(self._soon)
        self.vocabulary.value_edited.connect(self._soon)
        self.open_button.clicked.connect(self._open)
        self.train.clicked.connect(self._train)
        self.back.clicked.connect(self.left)
        session.tokens_previewed.connect(self._show_preview)
        session.rejected.connect(self._show_error)
        session.run_started.connect(self._leave_for_run)
        self._soon()

    def _build(self) -> None:
        box = QVBoxLayout(self)
        box.setContentsMargins(theme.px(24), theme.px(20), theme.px(24), theme.px(20))
        box.setSpacing(theme.px(10))
        box.addWidget(TextLabel("Your own text", 24, bold=True))
        words = "The last tenth is kept apart to judge by. Nothing leaves this computer."
        box.addWidget(TextLabel(words, 12, "ink2", wrap=True))
        line = QHBoxLayout()
        line.addWidget(self.path_field, 1)
        line.addWidget(self.open_button)
        box.addLayout(line)
        box.addWidget(self.paste, 2)
        choice = QHBoxLayout()
        choice.addWidget(TextLabel("one token is", 12, "ink2"))
        for number, (_, title) in enumerate(KINDS):
            button = QRadioButton(title)
            self.kinds.addButton(button, number)
            choice.addWidget(button)
        self.kinds.button(0).setChecked(True)
        choice.addSpacing(theme.px(24))
        self.vocabulary.setFixedWidth(theme.px(200))
        choice.addWidget(self.vocabulary)
        choice.addStretch(1)
        box.addLayout(choice)
        box.addWidget(TextLabel("How it falls into tokens", 13, bold=True))
        box.addWidget(self.summary)
        box.addWidget(self.tiles, 2)
        last = QHBoxLayout()
        last.addWidget(self.train)
        last.addWidget(self.back)
        last.addStretch(1)
        box.addLayout(last)
        self.paste.setTabChangesFocus(True)
        for plain in (self.open_button, self.train, self.back):
            plain.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    # what is chosen

    @property
    def kind(self) -> str:
        return KINDS[self.kinds.checkedId()][0]

    def choose_kind(self, kind: str) -> None:
        """Take one of `KINDS` by its name."""
        self.kinds.button([k for k, _ in KINDS].index(kind)).setChecked(True)
        self._soon()

    def take_file(self, path: Path) -> None:
        """A file was opened or dropped."""
        self.path_field.setText(str(path))

    @Slot(str)
    def take_text(self, text: str) -> None:
        """Words were pasted or dropped; long ones are kept as a file of the program's own."""
        if len(text) <= LONGEST_IN_CONFIG:
            self.path_field.clear()
            self.paste.setPlainText(text)
            return
        try:
            self.take_file(_kept(text))
        except (ValueError, OSError) as error:
            self.refused.emit(" ".join(str(error).split()))

    def says(self, refusal: str) -> bool:
        """Whether a refusal is this page's to say."""
        return self.isVisible() and not refusal.startswith(OF_THE_RAIL)

    def stop(self) -> None:
        self._timer.stop()

    @Slot(str)
    def _type_path(self, text: str) -> None:
        self._path = Path(text.strip()).expanduser() if text.strip() else None
        self.paste.setEnabled(self._path is None)
        self._soon()

    @Slot()
    def _open(self) -> None:
        pick_file(self.window(), "Open a text", "open", self.take_file, _FILTER)

    # the preview

    @Slot()
    def _soon(self) -> None:
        self.vocabulary.setVisible(self.kind != "char")
        ready = self._path is not None or bool(self.paste.toPlainText())
        self.train.setEnabled(ready)
        if ready:
            self._timer.start(PREVIEW_MS)
        else:
            self.summary.setText("")
            self.tiles.set_lines(())

    @Slot()
    def _ask_preview(self) -> None:
        text = "" if self._path is not None else self.paste.toPlainText()[:LONGEST_PASTE]
        size = self.vocabulary.value()
        assert isinstance(size, int)
        self._session.preview_tokens(self.kind, text, self._path, size)

    @Slot(object)
    def _show_preview(self, event: TokenPreviewed) -> None:
        if event.kind == self.kind:
            unknown = f"; {100 * event.unknown_rate:.1f} % unknown" if event.unknown_rate else ""
            self.summary.set_tone("ink2")
            self.summary.setText(event.summary + unknown)
            self.tiles.set_lines(event.lines)

    @Slot(str)
    def _show_error(self, text: str) -> None:
        self._building = False
        if self.says(text):
            self.summary.set_tone("warn")
            self.summary.setText(in_words(text, self._session.parts))
            self.tiles.set_lines(())
            self.train.setEnabled(False)  # until something is changed

    @Slot()
    def _train(self) -> None:
        config, text, path = self._session.config, self.paste.toPlainText(), self._path
        if config is None:
            return
        try:
            if path is None and len(text) > LONGEST_IN_CONFIG:
                path = _kept(text)
            knobs = {"tokens": self.kind, "vocab_size": self.vocabulary.value()}
            changes = own_text_changes(config, self._session.parts, path, text, knobs, self._prompt_is_users())
            self._session.rebuild_with(changes)
        except (ValueError, OSError) as error:
            self.refused.emit(" ".join(str(error).split()))
            return
        self._building = True  # the page stays until the text has proved good

    def _prompt_is_users(self) -> bool:
        """Whether the prompt was typed in this run, or belongs to the text that one had here before."""
        config, edits = self._session.config, self._session.history.knob_changes
        own = config is not None and config.corpus.name == "text"
        return own or any(edit.key == "sampling.prompt" for edit in edits)

    @Slot()
    def _leave_for_run(self) -> None:
        if self._building:
            self._building = False
            self.left.emit()


def _kept(text: str) -> Path:
    """See `keep_paste`; ValueError for a text that is better opened as a file."""
    if len(text) > LONGEST_PASTE:
        raise ValueError("the pasted text is longer than 10 M characters; save it as a file and open that")
    return keep_paste(text)


def _vocabulary_knob() -> KnobDescription:
    return KnobDescription(
        key="task.vocab_size",
        label="vocabulary",
        help="Most tokens kept.",
        kind="int",
        default=2000,
        low=256,
        high=100_000,
        log=True,
        live=True,
    )
