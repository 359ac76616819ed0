"""From a config to living parts: where each of them lives."""

from __future__ import annotations

import pytest

from seqviz.training import builder


@pytest.mark.parametrize(("model", "device"), [("ngram", "cpu"), ("lstm", "cuda")])
def test_only_what_learns_by_gradient_leaves_the_processor(model, device, make_config, monkeypatch):
    monkeypatch.setattr(builder, "available_devices", lambda: ("cpu", "cuda"))
    assert builder.build(make_config(model, training__device="cuda")).device == device


def test_what_tells_only_hidden_states_is_offered_for_no_running_text():
    parts = {part.name: part for part in builder.describe_everything().parts if part.kind == "model"}
    assert parts["bayes_filter"].serves == ("labelling",)
    assert {"labelling", "next_token"} <= set(parts["lstm"].serves)
