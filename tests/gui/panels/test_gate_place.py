from __future__ import annotations

from seqviz.gui.panels.gate_place import GatePlace


def place_of(*names: str) -> GatePlace:
    made = GatePlace()
    made.see(names)
    return made


def test_the_top_layer_and_the_whole_step_are_shown_first() -> None:
    place = place_of("layers.0.carry_gate", "layers.1.carry_gate", "layers.1.depth.0.carry_gate")
    assert place.site("carry_gate") == "layers.1.carry_gate"
    assert place.words() == "layer 2, whole step"


def test_layer_and_depth_chosen_are_named_and_kept() -> None:
    names = [f"layers.{n}.depth.{k}.carry_gate" for n in range(2) for k in range(3)]
    place = place_of(*names)
    assert place.choose("layer", "layer 1")
    assert place.choose("depth", "depth 3")
    place.see(names)
    assert place.site("carry_gate") == "layers.0.depth.2.carry_gate"
    assert place.words() == "layer 1, depth 3 of 3"


def test_a_depth_that_another_net_lacks_is_not_asked_of_it() -> None:
    place = place_of("layers.0.depth.4.carry_gate")
    place.choose("depth", "depth 5")
    place.see(["layers.0.forget_gate"])
    assert place.site("forget_gate") == "layers.0.forget_gate"
    assert place.words() == ""
    assert place.choices() == []


def test_a_net_that_reads_both_ways_is_shown_reading_forward_until_asked() -> None:
    place = place_of("layers.0.backward.forget_gate", "layers.0.forward.forget_gate")
    assert place.site("forget_gate") == "layers.0.forward.forget_gate"
    place.choose("direction", "backward")
    assert place.words() == "reading backward"


def test_what_is_no_choice_of_place_is_left_to_the_panel() -> None:
    assert not place_of("layers.0.forget_gate").choose("every unit of", "forget")
