"""A Universal Dependencies treebank of yours: words and their universal part of speech, from CoNLL-U files.

    1	From	from	ADP	IN	_	3	case	_	_

A line a word, its fields apart by tabs: the second is the word as it stands in the text, the fourth its tag. A blank
line ends a sentence. Lines of several words at once (1-2) and of words that are not in the text (1.1) are no words of
their own. A folder holds ...-train.conllu, ...-dev.conllu and, if it likes, ...-test.conllu, each plain, .gz or .zip.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import ClassVar

from seqviz.core.knobs import knob
from seqviz.data.content import Sentence, TaggedSentences
from seqviz.data.corpora import Corpus, CorpusConfig, corpora
from seqviz.data.corpora.user_text import named
from seqviz.data.text_files import LoadedText, read_text

SPLITS = ("train", "dev", "test")
FIELDS = 10


class ConlluConfig(CorpusConfig):
    path: str = knob("", kind="path", label="folder",
                     help="Where the -train, -dev and -test files of a treebank lie (.conllu, also .gz).")  # fmt: skip


@corpora.register("conllu")
class Conllu(Corpus):
    """A treebank of Universal Dependencies: real sentences with a part of speech for every word."""

    Config: ClassVar[type[CorpusConfig]] = ConlluConfig
    title = "Tagged sentences (CoNLL-U)"
    gives = "tagged_sentences"
    config: ConlluConfig

    def read(self) -> TaggedSentences:
        if not self.config.path:
            raise ValueError("corpus.path: name the folder of a treebank with its -train, -dev and -test .conllu files")
        folder = Path(self.config.path).expanduser()
        loaded = {split: _load(folder, split) for split in SPLITS}
        train, valid, test = (() if text is None else sentences(text.text, name) for name, text in loaded.items())
        if not train or not valid:
            raise ValueError(f"corpus.path: the {'dev' if train else 'train'} file has no sentence")
        digest = hashlib.sha256("".join(text.sha256 for text in loaded.values() if text is not None).encode())
        tags = tuple(sorted({tag for _, given in train for tag in given}))
        words = sum(len(given) for given, _ in train)
        summary = f"{len(train)} sentences, {words // 1000} k words to learn from, {len(tags)} tags"
        notices = tuple(dict.fromkeys(n for text in loaded.values() if text is not None for n in text.notices))
        probe = as_typed(next((s for s in valid if 6 <= len(s[0]) <= 14), valid[0]))
        return TaggedSentences(summary, digest.hexdigest(), train, valid, test, tags, notices=notices, probe=probe)


def _load(folder: Path, split: str) -> LoadedText | None:
    """The text of a split's file; None where there is no test file.

    Raises
    ------
    ValueError
        no such folder, no file or several for a split, or one that cannot be read.
    """
    if not folder.is_dir():
        raise ValueError(f"corpus.path: there is no folder {folder.name}")
    found = sorted(p for end in ("", ".gz", ".zip") for p in folder.glob(f"*{split}.conllu{end}"))
    if not found and split == "test":
        return None
    if len(found) != 1:
        what = "no file" if not found else f"{len(found)} files"
        raise ValueError(f"corpus.path: {what} in {folder.name} with a name that ends in {split}.conllu")
    return named("corpus.path", read_text, found[0])


def sentences(text: str, name: str = "") -> tuple[Sentence, ...]:
    """Every sentence of a CoNLL-U text.

    Raises
    ------
    ValueError
        a line with too few fields, by its number.
    """
    found: list[Sentence] = []
    words: list[str] = []
    tags: list[str] = []
    for number, line in enumerate((*text.split("\n"), ""), 1):
        if not line.strip():
            if words:
                found.append((tuple(words), tuple(tags)))
            words, tags = [], []
        elif not line.startswith("#"):
            fields = line.split("\t")
            if len(fields) != FIELDS:
                raise ValueError(
                    f"corpus.path: line {number} of the {name} file has {len(fields)} fields, not {FIELDS}"
                )
            if fields[0].isdecimal():
                words.append(fields[1])
                tags.append(fields[3])
    return tuple(found)


def as_typed(sentence: Sentence) -> str:
    """`They/PRON can/AUX fish/VERB`: a sentence as a probe is typed."""
    return " ".join(f"{word}/{tag}" for word, tag in zip(*sentence, strict=True))
