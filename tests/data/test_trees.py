from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqviz.data.trees import bracketed, flatten, joined, parse_tree

leaves = st.tuples(st.sampled_from("012"), st.sampled_from(["one", "two", "x"]))
trees = st.recursive(leaves, lambda t: st.tuples(st.sampled_from("012"), t, t), max_leaves=12)


@settings(deadline=None)
@given(trees.filter(lambda tree: len(tree) == 3))
def test_a_tree_written_as_text_is_read_back_equal(tree):
    assert parse_tree(bracketed(tree)) == tree


@settings(deadline=None)
@given(trees)
def test_children_come_before_parents_and_know_them(tree):
    flat = flatten(tree).tree
    for node in range(len(flat.left)):
        for child in (flat.left[node], flat.right[node]):
            if child >= 0:
                assert child < node
                assert flat.parent[child] == node
    assert flat.parent[-1] == -1
    assert (flat.parent == -1).sum() == 1


def test_joined_trees_keep_their_shape_and_stay_apart():
    a, b = (flatten(parse_tree(text)).tree for text in ("((a b) c)", "(d e)"))
    both = joined([a, b])
    assert both.left.tolist() == [-1, -1, 0, -1, 2, -1, -1, 5]
    assert both.right.tolist() == [-1, -1, 1, -1, 3, -1, -1, 6]
    assert both.parent.tolist() == [2, 2, 4, 4, -1, 7, 7, -1]


def test_a_tree_typed_without_labels_has_none():
    flat = flatten(parse_tree("((1 0) 2)"))
    assert flat.words == ("1", "0", "", "2", "")
    assert flat.labels == (None,) * 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "two branches"),
        ("word", "two branches"),
        ("(a b) (c d)", "two branches"),
        ("(a b c d)", "two branches"),
        ("((a b)", "not closed"),
        ("(a b))", "never opened"),
        ("(1 (0 a) b)", "with labels"),
        ("((a) b)", "two branches"),
        ("(" * 500, "deeper"),
    ],
)
def test_what_is_no_tree_is_refused_in_one_line(text, message):
    with pytest.raises(ValueError, match=message) as error:
        parse_tree(text)
    assert "\n" not in str(error.value)
