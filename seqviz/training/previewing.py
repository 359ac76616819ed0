"""How a text would be cut into tokens, before a run is built on it."""

from __future__ import annotations

from seqviz.core.commands import PreviewTokens
from seqviz.core.events import TokenPreviewed
from seqviz.data.text_files import read_text, text_from_paste
from seqviz.data.tokenizers import preview, train_tokenizer

ENOUGH = 500_000  # characters; a preview need not read more


def preview_tokens(command: PreviewTokens) -> TokenPreviewed:
    """Train the tokenizer on the start of the text and split its first lines.

    Raises
    ------
    ValueError
        one line: what is wrong with file or text.
    """
    loaded = read_text(command.path) if command.path is not None else text_from_paste(command.text)
    text = loaded.text[:ENOUGH]
    tokenizer = train_tokenizer(command.kind, text, command.vocab_size)
    seen = preview(tokenizer, text)
    per_token = 1 / seen.tokens_per_character if seen.tokens_per_character else 0.0
    summary = f"{len(loaded.text)} characters, {seen.vocab_size} kinds of token, {per_token:.1f} characters each"
    notes = " ".join(loaded.notices)
    return TokenPreviewed(
        command.kind, seen.vocab_size, seen.lines, seen.unknown_rate, f"{summary}. {notes}" if notes else summary
    )
