"""The language reference that Python carries for its `help()`: English prose about a language, nothing to download."""

from __future__ import annotations

from seqviz.data.content import TextContent
from seqviz.data.corpora import Corpus, corpora
from seqviz.data.corpora.user_text import split_in_order
from seqviz.data.plain_text import plain_ascii, text_sha256

PROBE = "The following statement is equivalent to a call"


@corpora.register("reference_prose")
class ReferenceProse(Corpus):
    """Half a million characters of careful technical English."""

    title = "Python reference, prose"
    gives = "text"

    def read(self) -> TextContent:
        try:
            from pydoc_data.topics import topics  # half a megabyte: only when asked for
        except ImportError:
            raise ValueError("corpus: this Python comes without its reference text (pydoc_data)") from None
        text = "\n\n".join(plain_ascii(topics[name]).strip() for name in sorted(topics)) + "\n"
        return split_in_order(text, text_sha256(text), valid_share=0.1, probe=PROBE)
