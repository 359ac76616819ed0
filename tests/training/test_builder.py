"""From a config to living parts: where each of them lives."""

from __future__ import annotations

import pytest

from seqviz.training import builder


@pytest.mark.parametrize(("model", "device"), [("ngram", "cpu"), ("lstm", "cuda")])
def test_only_what_learns_by_gradient_leaves_the_processor(model, device, make_config, monkeypatch):
    monkeypatch.setattr(builder, "available_devices", lambda: ("cpu", "cuda"))
    assert builder.build(make_config(model, training__device="cuda")).device == device
