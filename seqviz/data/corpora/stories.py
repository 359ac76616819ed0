"""Generated stories whose last sentence can only be finished by remembering the first.

    I grew up in France. The dogs near the old mill were hungry. So I speak fluent French.

How many sentences stand in between is a knob; the accuracy at the language, "agreement", tells how far a model can
remember.
"""

from __future__ import annotations

from typing import ClassVar

from seqviz.core.knobs import knob
from seqviz.data.content import TextContent
from seqviz.data.corpora import Corpus, CorpusConfig, corpora
from seqviz.data.plain_text import text_sha256
from seqviz.data.story_writer import WIDEST_GAP, dependent_spans, example_story, write_stories

VALID_SHARE = 0.1


class StoriesConfig(CorpusConfig):
    gap: int = knob(
        0, low=0, high=WIDEST_GAP, label="gap", unit="sentences",
        help="At most so many sentences between cause and dependent word, about 25 characters each.",
    )  # fmt: skip
    characters: int = knob(400_000, low=10_000, high=20_000_000, log=True, label="characters",
                           help="How much is written, in whole stories.")  # fmt: skip
    seed: int = knob(0, low=0, high=2**31 - 1, label="data seed", advanced=True,
                     help="Another seed gives other stories of the same kind.")  # fmt: skip


@corpora.register("stories")
class Stories(Corpus):
    """Small English stories with one thing to remember from the first sentence to the last."""

    Config: ClassVar[type[CorpusConfig]] = StoriesConfig
    title = "Stories with agreement"
    gives = "text"
    config: StoriesConfig

    def read(self) -> TextContent:
        config = self.config
        text = write_stories(config.characters, config.gap, config.seed)
        border = text.rindex("\n", 0, int(len(text) * (1 - VALID_SHARE))) + 1  # between two stories
        valid = text[border:]
        spans = tuple(dependent_spans(valid))
        return TextContent(
            f"{text.count(chr(10))} stories, {len(text) // 1000} k characters, {len(set(text))} symbols",
            text_sha256(text),
            text[:border],
            valid,
            spans,
            "agreement",
            probe=example_story(config.gap),
        )
