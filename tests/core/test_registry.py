from __future__ import annotations

import pytest

from seqviz.core.registry import Registry, registering_anew


def test_an_unknown_name_is_answered_with_the_names_there_are():
    registry: Registry[int] = Registry("thing", "seqviz.core")
    registry.add("one", 1)
    with pytest.raises(ValueError, match='no thing is called "two"; there is one'):
        registry.get("two")


def test_a_name_that_is_taken_is_refused():
    registry: Registry[int] = Registry("thing", "seqviz.core")
    registry.add("one", 1)
    with pytest.raises(ValueError, match='the name "one" is taken by another thing'):
        registry.add("one", 2)
    assert registry.get("one") == 1


class Own:
    """Stands for a class of a user's file."""


def test_what_a_module_registers_again_takes_the_place_of_what_it_had():
    registry: Registry[object] = Registry("thing", "seqviz.core")
    registry.add("ours", 1)
    registry.add("mine", Own)
    with registering_anew(Own.__module__, [registry]):
        registry.add("mine, better", Own)
    assert registry.names() == ("mine, better", "ours")


def test_an_error_while_registering_anew_leaves_everything_as_it_was():
    registry: Registry[object] = Registry("thing", "seqviz.core")
    registry.add("mine", Own)
    with pytest.raises(ZeroDivisionError), registering_anew(Own.__module__, [registry]):
        registry.add("other", 1 / 0)
    assert registry.names() == ("mine",)
