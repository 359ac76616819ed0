from __future__ import annotations

from seqviz.data.corpora import corpora
from seqviz.data.corpora.arithmetic_trees import ArithmeticTreesConfig, valued
from seqviz.data.trees import flatten, parse_tree


def read(**knobs):
    return corpora.get("arithmetic_trees")(ArithmeticTreesConfig(**{"samples": 200, **knobs})).read()


def value(node, modulus):
    if len(node) == 2:
        assert node[0] == node[1]
        return int(node[0])
    result = (value(node[1], modulus) - value(node[2], modulus)) % modulus
    assert node[0] == str(result)
    return result


def test_every_label_is_left_minus_right_modulo_the_modulus():
    content = read(modulus=5)
    assert {value(tree, 5) for tree in content.train + content.valid} == {0, 1, 2, 3, 4}
    assert content.labels == ("0", "1", "2", "3", "4")


def test_sizes_run_from_two_numbers_to_the_most():
    leaves = {sum(bool(word) for word in flatten(tree).words) for tree in read(longest=5).train}
    assert leaves == {2, 3, 4, 5}


def test_the_same_seed_gives_the_same_trees_and_the_probe_is_one():
    content = read()
    assert content.sha256 == read().sha256 != read(seed=2).sha256
    assert len(parse_tree(content.probe)) == 3


def test_the_probe_has_the_value_of_every_part_so_that_it_has_a_loss():
    assert valued((("1", "0"), (("0", "1"), "1")), 3)[1] == 0
    assert valued(("1", "2"), 3)[0] == ("2", ("1", "1"), ("2", "2"))
    assert read(modulus=3).probe.count("(") == 9
