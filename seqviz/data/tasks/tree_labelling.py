r"""Tree labelling: a label for every node of a tree; words stand at the leaves only.

          2            (1 - 0) - 2  =  2 modulo 3, each node with its value
        /   \          tokens   1  0  <none>  2  <none>      children before parents
       1     2         targets  1  0    1     2    2
     /   \
    1     0

Several trees of a batch lie in one flat array of nodes, so every field has one row: (1, node).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from seqviz.core.batch import Batch, Field, Ruler
from seqviz.core.events import Baseline
from seqviz.core.interface import Interface, Needs, Space
from seqviz.core.units import bits_per
from seqviz.data.content import LabelledTrees
from seqviz.data.row_task import RowTask, Split
from seqviz.data.tasks import TaskConfig, tasks
from seqviz.data.trees import FlatTree, flatten, joined, parse_tree

INNER, UNKNOWN = 0, 1
LONGEST_LABEL = 24
_AXES = ("batch", "node")


@tasks.register("tree_labelling")
class TreeLabellingTask(RowTask):
    """Label every node of a tree, from the leaves up."""

    title = "tree labelling"
    takes = "labelled_trees"
    needs = Needs("tree", "tokens", "softmax", causal=False)
    content: LabelledTrees

    def __init__(self, config: TaskConfig, content: LabelledTrees, context_length: int) -> None:
        self.trees = {"train": [flatten(t) for t in content.train], "valid": [flatten(t) for t in content.valid]}
        largest = max(len(flat.words) for split in self.trees.values() for flat in split)
        super().__init__(config, content, largest)
        words = sorted({word for flat in self.trees["train"] for word in flat.words if word})
        self.words = ("<none>", "<unknown>", *words)
        self.labels = content.labels
        self._word_ids = {word: i for i, word in enumerate(self.words)}
        self._label_ids = {label: i for i, label in enumerate(self.labels)}
        self.interface = Interface(
            Space("tokens", len(self.words)), Space("tokens", len(self.labels)), "softmax", largest, "tree"
        )
        self.unit = bits_per("node")

    def rows(self, split: Split) -> int:
        return len(self.trees[split])

    def batch_of(self, split: Split, rows: np.ndarray) -> Batch:
        return self._batch([self.trees[split][row] for row in rows])

    def _batch(self, flats: list[FlatTree]) -> Batch:
        words = [word for flat in flats for word in flat.words]
        labels = [label for flat in flats for label in flat.labels]
        tokens = np.array([[self._word_ids.get(word, UNKNOWN) if word else INNER for word in words]])
        targets = np.array([[self._label_ids.get(label or "", 0) for label in labels]])
        return Batch(
            {"tokens": Field(tokens, _AXES, tokens != INNER)},
            {"tokens": Field(targets, _AXES, np.array([[label is not None for label in labels]]))},
            structure=joined([flat.tree for flat in flats]),
            tokens=len(words),
        )

    @property
    def tokens_per_epoch(self) -> int:
        return sum(len(flat.words) for flat in self.trees["train"])

    def labels_of(self, field: str) -> tuple[str, ...]:
        return tuple("·" if number == INNER else word for number, word in enumerate(self.words))

    def probe(self, text: str) -> tuple[Batch, str]:
        """A tree in brackets, with labels or without: "(2 (1 (1 1) (0 0)) (2 2))" or "((1 0) 2)"."""
        flat = flatten(parse_tree(text))
        strange = {label for label in flat.labels if label is not None} - set(self.labels)
        if strange:
            raise ValueError(f"probe: {min(strange)} is no label of this corpus; there is {' '.join(self.labels)}")
        batch = self._batch([flat])
        unseen = sorted({word for word in flat.words if word and word not in self._word_ids})
        notice = f"not in the vocabulary: {' '.join(unseen)}" if unseen else ""
        ruler = Ruler(node_labels(flat), "node")
        return Batch(batch.inputs, batch.targets, {"node": ruler}, batch.structure, batch.tokens), notice

    def metrics(self, output: Any, batch: Batch) -> Mapping[str, tuple[float, float]]:
        """Share of right nodes, and of right roots."""
        target, structure = batch.targets["tokens"], batch.structure
        assert structure is not None
        assert target.mask is not None
        right = output.predictive.log_probs().argmax(-1) == target.values  # (1, node)
        roots = torch.from_numpy(structure.parent < 0).to(right.device)[None] & target.mask
        return {
            "node_accuracy": (float((right & target.mask).sum()), float(target.mask.sum())),
            "root_accuracy": (float((right & roots).sum()), float(roots.sum())),
        }

    def baselines(self) -> tuple[Baseline, ...]:
        size = len(self.labels)
        train, valid = (self._label_counts(split) for split in ("train", "valid"))
        share = (train + 1) / (train.sum() + size)
        common = float(-(valid * np.log(share)).sum() / max(valid.sum(), 1))
        return (
            Baseline("uniform", "guessing blindly", float(np.log(size))),
            Baseline("unigram", "knowing how common each is", common),
        )

    def _label_counts(self, split: str) -> np.ndarray:
        ids = [self._label_ids[label] for flat in self.trees[split] for label in flat.labels if label is not None]
        return np.bincount(ids, minlength=len(self.labels))


def node_labels(flat: FlatTree) -> tuple[str, ...]:
    """What stands under each node, from left to right: a leaf is its word, an inner node its words in a row."""
    under: list[str] = []
    for word, left, right in zip(flat.words, flat.tree.left, flat.tree.right, strict=True):
        text = word or f"{under[left]} {under[right]}"
        under.append(text)
    return tuple(text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…" for text in under)
