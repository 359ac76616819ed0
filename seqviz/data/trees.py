"""Binary trees: as nested tuples, as bracketed text, and as flat arrays with children before their parents.

A leaf is (label, word), a node (label, left, right). In text: "(2 (1 one) (0 two))", or without labels "(one two)".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqviz.core.batch import Tree

_PIECE = re.compile(r"[()]|[^\s()]+")
DEEPEST = 200


@dataclass(frozen=True)
class FlatTree:
    """One tree as arrays over its nodes, children before parents, the root last.

    `words`: the word of each leaf, "" at inner nodes. `labels`: None where a person typed a tree without labels.
    """

    tree: Tree
    words: tuple[str, ...]
    labels: tuple[str | None, ...]


def flatten(nested: Any) -> FlatTree:
    """A nested tree as arrays."""
    left: list[int] = []
    right: list[int] = []
    words: list[str] = []
    labels: list[str | None] = []

    def visit(node: Any) -> int:
        children = [visit(child) for child in node[1:]] if len(node) == 3 else [-1, -1]
        left.append(children[0])
        right.append(children[1])
        words.append("" if len(node) == 3 else node[1])
        labels.append(node[0])
        return len(left) - 1

    visit(nested)
    return FlatTree(tree_of(np.array(left), np.array(right)), tuple(words), tuple(labels))


def tree_of(left: np.ndarray, right: np.ndarray) -> Tree:
    """The tree with parents filled in from the children."""
    parent = np.full(len(left), -1)
    for children in (left, right):
        inner = np.flatnonzero(children >= 0)
        parent[children[inner]] = inner
    return Tree(left, right, parent)


def joined(trees: list[Tree]) -> Tree:
    """Several trees in one flat array of nodes, one after the other."""
    starts = np.cumsum([0, *(len(tree.left) for tree in trees[:-1])])

    def shifted(name: str) -> np.ndarray:
        parts = [getattr(tree, name) for tree in trees]
        return np.concatenate([np.where(p < 0, -1, p + s) for p, s in zip(parts, starts, strict=True)])

    return Tree(shifted("left"), shifted("right"), shifted("parent"))


def bracketed(nested: Any) -> str:
    """A nested tree as text."""
    label, *rest = nested
    return f"({label} {' '.join(part if isinstance(part, str) else bracketed(part) for part in rest)})"


def parse_tree(text: str) -> Any:
    """A nested tree from text; labels are None where the text has none.

    Outermost brackets with three parts mean that every bracket starts with its label; with two parts, none does.

    Raises
    ------
    ValueError
        one line: brackets that do not match, not two branches, nested too deep.
    """
    raw = _parse_brackets(text)
    if isinstance(raw, str) or len(raw) not in (2, 3):
        raise ValueError("probe: write a tree in brackets with two branches each, for example ((1 0) 2)")
    return _labelled(raw) if len(raw) == 3 else _unlabelled(raw)


def _parse_brackets(text: str) -> Any:
    stack: list[list[Any]] = [[]]
    for piece in _PIECE.findall(text):
        if piece == "(":
            stack.append([])
        elif piece != ")":
            stack[-1].append(piece)
        elif len(stack) == 1:
            raise ValueError("probe: a bracket closes that was never opened")
        else:
            stack[-2].append(stack.pop())
        if len(stack) > DEEPEST:
            raise ValueError(f"probe: the tree is deeper than {DEEPEST} brackets")
    if len(stack) > 1:
        raise ValueError("probe: a bracket is not closed")
    return stack[0][0] if len(stack[0]) == 1 else ""


def _labelled(raw: Any) -> Any:
    if isinstance(raw, list) and len(raw) == 2 and all(isinstance(part, str) for part in raw):
        return (raw[0], raw[1])
    if isinstance(raw, list) and len(raw) == 3 and isinstance(raw[0], str):
        return (raw[0], _labelled(raw[1]), _labelled(raw[2]))
    raise ValueError("probe: with labels, each bracket is (label word) or (label branch branch)")


def _unlabelled(raw: Any) -> Any:
    if isinstance(raw, str):
        return (None, raw)
    if len(raw) != 2:
        raise ValueError("probe: each bracket holds two branches, for example ((1 0) 2)")
    return (None, _unlabelled(raw[0]), _unlabelled(raw[1]))
