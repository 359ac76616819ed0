"""What changes in a race when a racer comes, goes or is another; and the first race of an experiment. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seqviz.core.config import MOST_RACERS, Part, Racer, RunConfig
from seqviz.core.events import PartDescription, Ready
from seqviz.gui.experiment import corpus_changes
from seqviz.gui.form_plan import part_named

FEWEST = 2
_USUAL = ("ngram", "rnn", "gru", "lstm", "transformer")  # met first where somebody asks for "some others"


def reasons(ready: Ready | None, task: str) -> list[tuple[PartDescription, str]]:
    """Every architecture with the reason why it cannot race on this task; "" where it can. The able ones first."""
    found = []
    for part in () if ready is None else ready.parts:
        if part.kind == "model":
            able = not part.serves or task in part.serves
            words = "" if able else f"serves {', '.join(s.replace('_', ' ') for s in part.serves)}"
            found.append((part, words))
    return sorted(found, key=lambda pair: (bool(pair[1]), pair[0].title.lower()))


def race_of(config: RunConfig, ready: Ready | None) -> RunConfig:
    """A race on the corpus, task, probe and training of an experiment: its own architecture, a bigram where that
    serves the task, and others of other families.
    """
    able = [part for part, reason in reasons(ready, config.task.name) if not reason]
    own = part_named(ready, "model", config.model.name)
    chosen: list[PartDescription] = [] if own is None else [own]
    families = {part.family for part in chosen}
    for part in sorted(able, key=_usual_first):
        if part.family not in families and len(chosen) < MOST_RACERS:
            chosen.append(part)
            families.add(part.family)
    if len(chosen) < FEWEST:
        chosen += [part for part in able if part not in chosen][: FEWEST - len(chosen)]
    racers = [_first_entry(part, config) for part in sorted(chosen, key=_usual_first)]
    if len(racers) < FEWEST:
        racers += [Racer(label="the same again", model=config.model)] * (FEWEST - len(racers))
    title = f"Race: {config.title}" if config.title else "Race"
    words = {"title": title, "description": "", "watch_for": ""}
    return config.model_copy(update={"racers": tuple(racers), **words})


def _usual_first(part: PartDescription) -> tuple[int, bool, str]:
    place = _USUAL.index(part.name) if part.name in _USUAL else len(_USUAL)
    return place, part.learns_by != "gradient", part.title


def _first_entry(part: PartDescription, config: RunConfig) -> Racer:
    if part.name == config.model.name:
        return Racer(label=part.title, model=config.model)
    if any(knob.key == "model.order" for knob in part.knobs):
        return Racer(label="Bigram", model=Part.model_validate({"name": part.name, "order": 2}))
    return Racer(label=part.title, model=Part(name=part.name))


def with_racer(config: RunConfig, part: PartDescription) -> RunConfig:
    """One more lane.

    Raises
    ------
    ValueError
        when there are as many as there may be.
    """
    if len(config.racers) >= MOST_RACERS:
        raise ValueError(f"racers: at most {MOST_RACERS} race at once")
    label = free_label(config, part.title)
    return _with(config, (*config.racers, Racer(label=label, model=Part(name=part.name))))


def without_racer(config: RunConfig, number: int) -> RunConfig:
    """One lane less.

    Raises
    ------
    ValueError
        when two are left.
    """
    if len(config.racers) <= FEWEST:
        raise ValueError(f"racers: a race needs at least {FEWEST}")
    return _with(config, tuple(racer for n, racer in enumerate(config.racers) if n != number))


def with_model(config: RunConfig, number: int, part: PartDescription) -> RunConfig:
    """Another architecture in a lane, with its own default settings."""
    label = free_label(config, part.title, number)
    return with_changed(config, number, label=label, model=Part(name=part.name), learning_rate=0.0)


def with_knobs(config: RunConfig, number: int, knobs: Mapping[str, Any]) -> RunConfig:
    """Other settings of a lane's model."""
    model = config.racers[number].model
    return with_changed(config, number, model=Part(name=model.name, **{**model.knobs, **knobs}))


def with_changed(config: RunConfig, number: int, **changes: Any) -> RunConfig:
    """A lane with other label, model or learning rate."""
    racers = list(config.racers)
    racers[number] = racers[number].model_copy(update=changes)
    return _with(config, tuple(racers))


def with_corpus(config: RunConfig, part: PartDescription, ready: Ready | None) -> RunConfig:
    """The same racers on another corpus; the task changes only where it must, and who cannot serve it stays behind."""
    changes = corpus_changes(config, part, ready)
    of_the_text = ("corpus", "task", "probe", "sampling.prompt")
    moved = config.replaced({key: value for key, value in changes.items() if key in of_the_text})
    if moved.task.name == config.task.name:
        return moved
    able = {part.name for part, reason in reasons(ready, moved.task.name) if not reason}
    left = tuple(racer for racer in moved.racers if racer.model.name in able)
    if len(left) >= FEWEST:
        return _with(moved, left)
    present = next((p for p, reason in reasons(ready, moved.task.name) if not reason), None)
    model = Part(name=present.name) if present is not None else moved.model
    return race_of(moved.model_copy(update={"racers": (), "model": model}), ready)


def free_label(config: RunConfig, wanted: str, but: int = -1) -> str:
    """`wanted`, with a number where another racer is called so."""
    taken = {racer.label for n, racer in enumerate(config.racers) if n != but}
    text, number = wanted, 2
    while text in taken:
        text, number = f"{wanted} {number}", number + 1
    return text


def _with(config: RunConfig, racers: tuple[Racer, ...]) -> RunConfig:
    return config.model_copy(update={"racers": racers})
