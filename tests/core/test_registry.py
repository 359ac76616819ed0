from __future__ import annotations

import pytest

from seqviz.core.registry import Registry


def test_an_unknown_name_is_answered_with_the_names_there_are():
    registry: Registry[int] = Registry("thing", "seqviz.core")
    registry.add("one", 1)
    with pytest.raises(ValueError, match='no thing is called "two"; there is one'):
        registry.get("two")


def test_two_things_of_one_name_are_a_mistake_of_ours():
    registry: Registry[int] = Registry("thing", "seqviz.core")
    registry.add("one", 1)
    with pytest.raises(AssertionError, match="two thing called one"):
        registry.add("one", 2)
