"""What changes in a config when another architecture or corpus is chosen. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seqviz.core.config import RunConfig
from seqviz.core.events import PartDescription, Ready
from seqviz.gui.form_plan import part_named, shared_knobs

_ITS_OWN = {"probe": "", "sampling.prompt": ""}  # "": a corpus brings them along


def _title(model: PartDescription | None, corpus: PartDescription | None, config: RunConfig) -> str:
    one = model.title if model is not None else config.model.name
    other = corpus.title if corpus is not None else config.corpus.name
    return f"{one} on {other[:1].lower()}{other[1:]}"


def _words(title: str) -> dict[str, Any]:
    """The preset's own words no longer fit."""
    return {"title": title, "description": "", "watch_for": ""}


def architecture_changes(config: RunConfig, part: PartDescription, ready: Ready | None) -> dict[str, Any]:
    """Another architecture on the same text; settings both have are kept."""
    corpus = part_named(ready, "corpus", config.corpus.name)
    model = {"name": part.name, **shared_knobs(config, part)}
    return {"model": model, **_words(_title(part, corpus, config))}


def corpus_changes(
    config: RunConfig, part: PartDescription, ready: Ready | None, knobs: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Another corpus, with its own probe and prompt; task and architecture only change where they must."""
    task = config.task.name if config.task.name in part.serves or not part.serves else part.serves[0]
    changes: dict[str, Any] = {"corpus": {"name": part.name, **(knobs or {})}, **_ITS_OWN}
    if task != config.task.name:
        changes["task"] = {"name": task}
    model = part_named(ready, "model", config.model.name)
    if model is not None and model.serves and task not in model.serves:
        model = _first_able(ready, task, model.family) or model
        changes["model"] = {"name": model.name, **shared_knobs(config, model)}
    return changes | _words(_title(model, part, config))


def own_text_changes(
    config: RunConfig,
    ready: Ready | None,
    path: Path | None,
    text: str,
    task_knobs: dict[str, Any],
    keeps_prompt: bool = False,
) -> dict[str, Any]:
    """The user's own text, from a file or pasted, with the tokenizer chosen. `keeps_prompt`: it is the user's too."""
    knobs: dict[str, Any] = {"path": str(path)} if path is not None else {"text": text}
    part = part_named(ready, "corpus", "text")
    if part is None:
        changes = {"corpus": {"name": "text", **knobs}, **_ITS_OWN, **_words("Your own text")}
    else:
        changes = corpus_changes(config, part, ready, knobs)
    if keeps_prompt:
        changes.pop("sampling.prompt")
    if part is None:
        return changes
    task = changes.get("task", {"name": config.task.name})
    return {**changes, "task": {**task, **task_knobs}}


def _first_able(ready: Ready | None, task: str, family: str) -> PartDescription | None:
    parts = () if ready is None else ready.parts
    able = [part for part in parts if part.kind == "model" and task in part.serves]
    return min(able, key=lambda part: (part.family != family, part.name), default=None)
