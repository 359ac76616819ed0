"""Word vectors: at each word of a text, tell it from drawn ones by the words around it.

l_t is the loss of the word at t given its neighbours at distance 1 to `window` (models/heads/negative_sampling.py).
Words are lower case and without punctuation; rare ones are left out of the text before anything else, as in the
original program. Frequent ones are passed over at random while training (both as the word foretold and as a neighbour)
with probability 1 - sqrt(threshold / frequency); they still take their place in the window. The width of the window is
drawn anew for each position, so that near words count more.
Mikolov, Sutskever, Chen, Corrado and Dean, "Distributed representations of words and phrases", 2013.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from seqviz.core.batch import Batch, Field, Ruler
from seqviz.core.events import Baseline
from seqviz.core.interface import Interface, Needs, Space
from seqviz.core.knobs import knob
from seqviz.core.units import Unit
from seqviz.data.content import TextContent
from seqviz.data.tasks import Feeder, Task, TaskConfig, tasks
from seqviz.data.word_questions import (
    FEWEST_PAIRS,
    analogy_score,
    numbered,
    read_analogies,
    read_similarities,
    similarity_score,
)

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
WORDS_FILE = "words.json"
PROBE_CAP = 128  # words
NEGATIVE_POWER = 0.75
COUNTS = ("similarity_pairs", "analogy_questions")


class WordVectorsConfig(TaskConfig):
    window: int = knob(5, low=1, high=50, label="window", unit="words",
                       help="Most neighbours on each side that foretell a word; how many is drawn.")  # fmt: skip
    negatives: int = knob(5, low=1, high=100, label="drawn words",
                          help="Against how many drawn words the true one has to win.")  # fmt: skip
    min_count: int = knob(3, low=1, high=10_000, label="least count",
                          help="Words that occur less often are left out of the text.")  # fmt: skip
    vocab_size: int = knob(10_000, low=3, high=200_000, log=True, label="vocabulary", unit="words", advanced=True,
                           help="Most words kept, the commonest first.")  # fmt: skip
    subsample: float = knob(1e-3, low=0.0, high=1.0, label="threshold", advanced=True,
                            help="Words commoner than this share are passed over now and then (0: never).")  # fmt: skip
    similarity_file: str = knob("", label="similarity file", advanced=True,
                                help="Lines of word, word, score: judged by Spearman's correlation.")  # fmt: skip
    analogy_file: str = knob("", label="analogy file", advanced=True,
                             help="Lines of four words: a is to b as c is to d.")  # fmt: skip


class Windows(Feeder):
    """Random stretches of the text, with drawn widths, drawn words and frequent words passed over."""

    def __init__(self, task: WordVectorsTask) -> None:
        self.task = task

    def next(self, batch_size: int, rng: np.random.Generator) -> Batch:
        task, length = self.task, self.task.context_length
        starts = rng.integers(0, len(task.train_ids) - length + 1, size=(batch_size, 1))
        places = starts + np.arange(length)  # (B, T)
        chances = rng.random((batch_size, length + 2 * task.config.window))
        widths = rng.integers(1, task.config.window + 1, size=places.shape)
        drawn = task.draw(rng, places.shape)
        return task.batch(task.train_ids, places, widths, drawn, chances)


@tasks.register("word_vectors")
class WordVectorsTask(Task):
    """Give each word a vector by the company it keeps."""

    Config: ClassVar[type[TaskConfig]] = WordVectorsConfig
    title = "word vectors"
    takes = "text"
    needs = Needs("bag", "tokens", "negative_sampling", causal=False)
    config: WordVectorsConfig
    content: TextContent

    def __init__(
        self, config: WordVectorsConfig, content: TextContent, context_length: int, words: tuple[str, ...] = ()
    ) -> None:
        super().__init__(config, content, context_length)
        train, valid = split_words(content.train), split_words(content.valid)
        counts = Counter(train)
        if not words:
            ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: config.vocab_size]
            words = tuple(word for word, count in ranked if count >= config.min_count)
        if len(words) < 3:
            raise ValueError(f"task.min_count: fewer than 3 words occur {config.min_count} times or more")
        self.labels = words
        self.numbers = {word: number for number, word in enumerate(words)}
        self.train_ids, self.valid_ids = self._ids(train), self._ids(valid)
        if train and len(self.train_ids) < context_length:
            raise ValueError(
                f"training.context_length: {context_length} is longer than the corpus ({len(self.train_ids)} words)"
            )
        self._measure(np.array([max(counts[word], 1) for word in words], dtype=float))
        self._ask()
        space = Space("tokens", len(words))
        self.interface = Interface(space, space, "negative_sampling", context_length, "bag")
        self.unit = Unit("nats/word", 1.0, "word")
        self.rule = f"each word against {config.negatives} drawn ones, by the {config.window} words on each side"

    def _measure(self, counts: np.ndarray) -> None:
        """How often each word is drawn, and kept."""
        weights = counts**NEGATIVE_POWER
        self._up_to = np.cumsum(weights / weights.sum())
        share = counts / counts.sum()
        threshold = self.config.subsample
        self.keep = np.minimum(1.0, np.sqrt(threshold / share)) if threshold else np.ones_like(share)

    def _ask(self) -> None:
        """Read the questions that the vectors will be asked."""
        self.similarities = self._read("similarity_file", read_similarities)
        self.analogies = self._read("analogy_file", read_analogies)
        if self.analogies is None and self.content.analogies:
            self.analogies = numbered([list(four) for four in self.content.analogies], self.numbers, "corpus")

    def _read(self, knob_name: str, reader: Any) -> Any:
        path = getattr(self.config, knob_name)
        if not path:
            return None
        try:
            return reader(Path(path).expanduser(), self.numbers)
        except ValueError as error:
            raise ValueError(f"task.{knob_name}: {error}") from None

    @classmethod
    def from_saved(cls, config: Any, saved: Mapping[str, str], context_length: int) -> WordVectorsTask | None:
        if WORDS_FILE not in saved:
            return None
        words = tuple(json.loads(saved[WORDS_FILE]))
        nothing = TextContent("corpus not read", "", "", "", probe=" ".join(words[:12]))
        return cls(config, nothing, context_length, words)

    def saved_arrays(self) -> dict[str, str]:
        return {WORDS_FILE: json.dumps(list(self.labels), ensure_ascii=False)}

    def _ids(self, words: list[str]) -> np.ndarray:
        return np.array([self.numbers[word] for word in words if word in self.numbers], dtype=np.int64)

    # batches ---------------------------------------------------------------------------------------------------

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """(*shape, K) words by count^(3/4)."""
        found = np.searchsorted(self._up_to, rng.random((*shape, self.config.negatives)))
        return np.minimum(found, len(self.labels) - 1)

    def batch(
        self, ids: np.ndarray, places: np.ndarray, widths: np.ndarray, drawn: np.ndarray, chances: np.ndarray | None
    ) -> Batch:
        """The words at `places` (B, T), each with its neighbours up to `widths` (B, T) away.

        `chances` (B, T + 2 window): a random number for each place from `window` before the first to `window` behind
        the last; a word is passed over where it is above its share kept. None: all are kept.
        """
        window = self.config.window
        steps = np.concatenate([np.arange(-window, 0), np.arange(1, window + 1)])  # (W,)
        around = places[:, :, None] + steps  # (B, T, W)
        there = (around >= 0) & (around < len(ids)) & (np.abs(steps) <= widths[:, :, None])
        neighbours = ids[np.clip(around, 0, len(ids) - 1)]
        targets = ids[places]
        counted = np.ones(places.shape, bool)
        if chances is not None:
            columns = np.arange(places.shape[1])
            rows = np.arange(len(places))[:, None]
            counted = chances[rows, columns + window] < self.keep[targets]
            there &= chances[rows[:, :, None], (columns[:, None] + window + steps)[None]] < self.keep[neighbours]
        counted &= there.any(axis=2)
        if not counted.any():  # nothing to learn from at all: one word is taken as it is
            counted[0, 0], there[0, 0, window] = True, True
        return Batch(
            {
                "tokens": Field(neighbours, ("batch", "t", "neighbour"), there),
                "drawn": Field(drawn, ("batch", "t", "draw")),
            },
            {"tokens": Field(targets, ("batch", "t"), counted)},
            tokens=places.size,
        )

    def feeder(self, carry_state: bool) -> Feeder:
        if carry_state:
            raise ValueError("training.carry_state: word vectors carry no state")
        return Windows(self)

    def evaluation_batches(self, batch_size: int) -> Iterator[Batch]:
        """The validation words in stretches, every neighbour counted, the drawn words always the same."""
        rng = np.random.default_rng(0)
        length = self.context_length
        count = len(self.valid_ids) // length
        for start in range(0, count, batch_size):
            rows = np.arange(start, min(start + batch_size, count))
            places = rows[:, None] * length + np.arange(length)
            yield self._whole(self.valid_ids, places, rng, first=start == 0)
        if len(self.valid_ids) > max(count * length, 1):  # a lone word has no neighbour to be told by
            rest = np.arange(count * length, len(self.valid_ids))
            yield self._whole(self.valid_ids, rest[None], rng, first=count == 0)

    def _whole(self, ids: np.ndarray, places: np.ndarray, rng: np.random.Generator, first: bool) -> Batch:
        widths = np.full(places.shape, self.config.window)
        batch = self.batch(ids, places, widths, self.draw(rng, places.shape), None)
        return Batch(batch.inputs, batch.targets, tokens=batch.tokens, fresh=first)

    @property
    def tokens_per_epoch(self) -> int:
        return len(self.train_ids)

    def probe(self, text: str) -> tuple[Batch, str]:
        words = split_words(text)
        known = [word for word in words if word in self.numbers][:PROBE_CAP]
        left_out = sorted({word for word in words if word not in self.numbers})
        if len(known) < 2:
            raise ValueError("probe: needs at least two words that have a vector")
        ids = self._ids(known)
        batch = self._whole(ids, np.arange(len(ids))[None], np.random.default_rng(0), first=True)
        notice = f"no vector, left out: {' '.join(left_out)}" if left_out else ""
        return Batch(batch.inputs, batch.targets, {"t": Ruler(tuple(known), "word")}, tokens=len(ids)), notice

    # figures ---------------------------------------------------------------------------------------------------

    def metrics(self, output: Any, batch: Batch) -> Mapping[str, tuple[float, float]]:
        """What the vectors answer, asked once in a validation: `output` brings its own input vectors along."""
        vectors = output.predictive.input_vectors
        if vectors is None or not batch.fresh or (self.similarities is None and self.analogies is None):
            return {}
        table = vectors.detach().cpu().numpy().astype(float)
        found = {}
        if self.similarities is not None:
            found["similarity_spearman"] = (similarity_score(table, self.similarities), 1.0)
            found["similarity_pairs"] = (float(len(self.similarities.pairs)), 1.0)
        if self.analogies is not None:
            found["analogy_accuracy"] = (analogy_score(table, self.analogies), 1.0)
            found["analogy_questions"] = (float(len(self.analogies.words)), 1.0)
        return found

    def figures(self, means: Mapping[str, float]) -> Mapping[str, float]:
        """How many were asked is a whole number."""
        return {name: int(value) if name in COUNTS else value for name, value in means.items()}

    def notices(self) -> tuple[str, ...]:
        """Which questions cannot be judged, and why."""
        found, pairs, fours = [], self.similarities, self.analogies
        if pairs is not None and len(pairs.pairs) < FEWEST_PAIRS:
            known = f"both words have vectors in {len(pairs.pairs)} of {pairs.asked} pairs"
            found.append(f"task.similarity_file: {known}; {FEWEST_PAIRS} are needed for a rank correlation")
        if fours is not None and not len(fours.words):
            source = "task.analogy_file" if self.config.analogy_file else "analogies of the corpus"
            found.append(f"{source}: all four words have vectors in 0 of {fours.asked} questions; 1 is needed")
        return tuple(found)

    def baselines(self) -> tuple[Baseline, ...]:
        chance = (1 + self.config.negatives) * float(np.log(2.0))
        return (Baseline("zero vectors", "vectors that say nothing", chance),)


def split_words(text: str) -> list[str]:
    """Words in lower case, without punctuation and digits."""
    return WORD.findall(text.lower())
