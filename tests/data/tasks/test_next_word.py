from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqviz.core.config import parse_config
from seqviz.core.events import Event, RunFinished, Sample
from seqviz.data.content import SentenceLines
from seqviz.data.tasks.next_word import VOCABULARY_FILE, NextWordConfig, NextWordTask
from seqviz.training.builder import build
from seqviz.training.ports import NoStore
from seqviz.training.trainer import Trainer
from tests.models.smoothings.by_hand import ModifiedKneserNey

TRAIN = " the cat sat \n\n a dog <unk> the cat \n <s> the end </s> \n"
VALID = "the dog sat\na strange cat\n"


def make(train: str = TRAIN, valid: str = VALID, test: str = "", **knobs: Any) -> NextWordTask:
    return NextWordTask(NextWordConfig(**knobs), SentenceLines("", "", train, valid, test), 64)


def words(task: NextWordTask, ids: np.ndarray) -> list[str]:
    return [task.labels[i] for i in ids]


def test_each_line_is_predicted_to_its_end_after_its_own_start() -> None:
    task = make()
    batch = next(iter(task.reading_batches(8)))
    tokens, target = batch.inputs["tokens"].values, batch.targets["tokens"]
    assert batch.tokens == target.mask.sum() == 4 + 6 + 3  # the blank line is none
    rows = [words(task, target.values[i][target.mask[i]]) for i in range(3)]
    assert rows[0] == ["the", "cat", "sat", "</s>"]
    assert rows[1] == ["a", "dog", "<unk>", "the", "cat", "</s>"]
    assert rows[2] == ["the", "end", "</s>"]  # marks that the file brings are ours to set
    assert words(task, tokens[0][:4]) == ["</s>", "the", "cat", "sat"]


def test_the_vocabulary_is_every_training_word_and_the_end_of_a_sentence() -> None:
    task = make()
    assert set(task.labels) == {"the", "cat", "sat", "a", "dog", "<unk>", "end", "</s>"}
    assert task.interface.outputs.size == task.interface.inputs.size == 8
    small = make(vocab_size=4)
    assert small.labels == ("the", "cat", "<unk>", "</s>")


def test_unknown_words_are_read_as_unk_and_the_rule_says_how_many() -> None:
    task = make()
    target = next(iter(task.evaluation_batches(8))).targets["tokens"]
    assert words(task, target.values[1]) == ["a", "<unk>", "cat", "</s>"]
    assert "12.5% of them <unk>" in task.rule
    assert "replaced by <unk>: strange" in task.probe("a strange cat")[1]


def test_a_text_without_unk_still_reads_unknown_words() -> None:
    task = make(train="the cat\nthe dog\n", valid="the bird\n")
    assert task.labels[-2:] == ("<unk>", "</s>")
    assert words(task, next(iter(task.evaluation_batches(1))).targets["tokens"].values[0]) == ["the", "<unk>", "</s>"]


def test_probe_starts_with_the_start_and_has_no_last_target() -> None:
    batch, notice = make().probe("the cat sat")
    assert notice == ""
    assert batch.rulers["t"].labels == ("<s>", "the", "cat", "sat")
    assert batch.targets["tokens"].mask.tolist() == [[True, True, True, False]]
    with pytest.raises(ValueError, match="at least one word"):
        make().probe("  ")


def test_bits_per_character_count_every_character_of_the_lines() -> None:
    task = make()
    characters = len("the dog sat\na strange cat\n".replace("strange", "<unk>"))
    assert task.unit.per_nat == pytest.approx(8 / characters / math.log(2))


def test_written_words_become_running_text() -> None:
    task = make()
    ids, _ = task.encode_prompt("the cat")
    assert words(task, ids) == ["</s>", "the", "cat"]
    assert "".join(task.decode_pieces([*ids[1:], task.vocabulary.end])) == " the cat\n"


def test_a_stored_run_reads_without_its_corpus() -> None:
    task = make()
    again = NextWordTask.from_saved(NextWordConfig(), task.saved_arrays(), 64)
    assert again is not None
    assert again.labels == task.labels
    assert NextWordTask.from_saved(NextWordConfig(), {}, 64) is None
    assert VOCABULARY_FILE in task.saved_arrays()


def test_a_line_too_long_for_a_sentence_is_named() -> None:
    with pytest.raises(ValueError, match="line 2 of the train text has 3000 words"):
        make(train="a b\n" + "a " * 3000 + "\n")


def test_a_training_text_of_one_word_is_refused() -> None:
    with pytest.raises(ValueError, match="fewer than 2 different words"):
        make(train="one one one\n")


# whole runs ----------------------------------------------------------------------------------------------------


def bank_of_words(folder: Path, seed: int = 0) -> dict[str, list[list[str]]]:
    """A folder like the Penn Treebank's: a few hundred sentences of words with <unk> among them."""
    rng = np.random.default_rng(seed)
    names = ["<unk>", *(f"w{i}" for i in range(1, 80))]
    chance = 1 / np.arange(1, 81)
    chance /= chance.sum()
    splits = {}
    for part, number in (("train", 400), ("valid", 40), ("test", 60)):
        sizes = rng.integers(1, 15, number)
        splits[part] = [[names[i] for i in rng.choice(80, size, p=chance)] for size in sizes]
        text = "".join(f" {' '.join(sentence)} \n" for sentence in splits[part])
        (folder / f"small.{part}.txt").write_text(text)
    return splits


def run(folder: Path, model: dict[str, Any], **training: Any) -> tuple[dict[str, Any], list[Event]]:
    config = parse_config(
        {
            "corpus": {"name": "split_text", "path": str(folder)},
            "task": {"name": "next_word"},
            "model": model,
            "training": {"steps": 0, "batch_size": 7, "threads": 1, **training},
            "sampling": {"prompt": "w1", "length": 12},
        }
    )
    heard: list[Event] = []
    trainer = Trainer(build(config), NoStore(), heard.append)
    trainer.begin()
    for _ in trainer.turns():
        pass
    finished = heard[-1]
    assert isinstance(finished, RunFinished)
    return dict(finished.summary), heard


@pytest.mark.parametrize("order", [1, 2, 5])
def test_test_perplexity_of_kneser_ney_is_that_of_the_equations_sentence_by_sentence(
    tmp_path: Path, order: int
) -> None:
    splits = bank_of_words(tmp_path)
    known = Counter(word for sentence in splits["train"] for word in sentence)
    number = {word: i for i, word in enumerate([*known, "</s>"])}

    def ids(sentence: list[str]) -> list[int]:
        return [number["</s>"], *(number.get(w, number["<unk>"]) for w in sentence), number["</s>"]]

    hand = ModifiedKneserNey([ids(sentence) for sentence in splits["train"]], order, len(number))
    nats, count = 0.0, 0
    for sentence in map(ids, splits["test"]):
        for t in range(1, len(sentence)):
            context = tuple(sentence[max(t - order + 1, 0) : t]) if order > 1 else ()
            nats -= math.log(hand.probability(context, sentence[t]))
            count += 1
    summary, heard = run(tmp_path, {"name": "ngram", "order": order})
    assert summary["test_loss"] == pytest.approx(nats / count, rel=1e-9)
    assert summary["test_perplexity"] == pytest.approx(math.exp(nats / count), rel=1e-9)
    assert summary["valid_rule"].startswith("each sentence by itself")
    assert any(isinstance(event, Sample) for event in heard)


def test_an_lstm_learns_it_as_any_next_token_task(tmp_path: Path) -> None:
    bank_of_words(tmp_path)
    summary, heard = run(tmp_path, {"name": "lstm", "d_hidden": 8, "d_embedding": 8}, steps=6)
    assert summary["status"] == "finished"
    assert math.isfinite(summary["test_perplexity"])
    sample = [event for event in heard if isinstance(event, Sample)][-1]
    assert all(token == "\n" or token.startswith(" ") for token in sample.tokens)
