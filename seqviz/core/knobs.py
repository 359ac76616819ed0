"""A knob is declared once, where it is used; the form, the TOML, the validation and the tooltip derive from it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

KnobKind = Literal["int", "float", "bool", "choice", "text", "path"]


class Knobs(BaseModel):
    """Base of every config class: strict, closed, frozen, finite numbers only."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


def knob(
    default: Any,
    *,
    label: str,
    help: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    log: bool = False,
    live: bool = False,
    kind: KnobKind | None = None,
    advanced: bool = False,
) -> Any:
    """Declare a field of a `Knobs` class.

    `live`: may change while the run goes on. `log`: its slider is logarithmic. `low`, `high` are inclusive and
    validated. `advanced`: folded away in the form until asked for.
    """
    extra: dict[str, Any] = {"unit": unit, "log": log, "live": live, "kind": kind, "advanced": advanced}
    return Field(default, ge=low, le=high, title=label, description=help, json_schema_extra=extra)


@dataclass(frozen=True)
class KnobDescription:
    """What the form needs to draw a knob; plain data, so that it can cross threads."""

    key: str  # dotted path in RunConfig, e.g. "model.d_hidden"
    label: str
    help: str
    kind: KnobKind
    default: Any
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    log: bool = False
    live: bool = False
    advanced: bool = False

    def error(self, value: object) -> str | None:
        """Why `value` is not allowed here, as a sentence; None when it is."""
        if self.kind == "choice":
            return None if value in self.choices else f"{self.key}: choose one of {', '.join(self.choices)}"
        if self.kind in ("int", "float"):
            return self._number_error(value)
        wanted = bool if self.kind == "bool" else str
        return None if isinstance(value, wanted) else f"{self.key}: {value!r} is not a {self.kind}"

    def _number_error(self, value: object) -> str | None:
        allowed = (int,) if self.kind == "int" else (int, float)
        if isinstance(value, bool) or not isinstance(value, allowed):
            return f"{self.key}: {value!r} is not {'a whole number' if self.kind == 'int' else 'a number'}"
        if not math.isfinite(value):
            return f"{self.key}: must be a finite number"
        if self.low is not None and value < self.low:
            return f"{self.key}: {value} is below {self.low:g}"
        if self.high is not None and value > self.high:
            return f"{self.key}: {value} is above {self.high:g}"
        return None


def describe_knobs(config: type[Knobs], prefix: str) -> tuple[KnobDescription, ...]:
    """Every knob of a config class, nested ones included, in the order of declaration."""
    found: list[KnobDescription] = []
    for name, info in config.model_fields.items():
        key = f"{prefix}.{name}" if prefix else name
        if isinstance(info.annotation, type) and issubclass(info.annotation, Knobs):
            found += describe_knobs(info.annotation, key)
            continue
        if not info.title:
            continue  # not for the form (names of parts, free text)
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        choices = get_args(info.annotation) if get_origin(info.annotation) is Literal else ()
        bounds = {type(m).__name__: m for m in info.metadata}
        found.append(
            KnobDescription(
                key=key,
                label=info.title,
                help=info.description or "",
                kind=_kind(info.annotation, extra.get("kind"), bool(choices)),
                default=info.default,
                low=getattr(bounds.get("Ge"), "ge", None),
                high=getattr(bounds.get("Le"), "le", None),
                choices=tuple(str(c) for c in choices),
                unit=str(extra.get("unit") or ""),
                log=bool(extra.get("log")),
                live=bool(extra.get("live")),
                advanced=bool(extra.get("advanced")),
            )
        )
    return tuple(found)


def _kind(annotation: Any, declared: Any, has_choices: bool) -> KnobKind:
    if declared:
        return declared  # type: ignore[no-any-return]
    if has_choices:
        return "choice"
    kinds: dict[Any, KnobKind] = {int: "int", float: "float", bool: "bool", str: "text"}
    assert annotation in kinds, f"a knob of type {annotation} needs a kind"
    return kinds[annotation]


def first_error(error: ValidationError, prefix: str = "") -> str:
    """The first thing wrong, on one line, naming the field by its dotted path."""
    item = error.errors()[0]
    path = ".".join(str(part) for part in item["loc"])
    key = ".".join(part for part in (prefix, path) if part)
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    if item["type"] == "extra_forbidden":
        return f"{key}: there is no such setting{more}"
    shown = repr(item["input"])
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return f"{key}: {item['msg'].lower()}, got {shown}{more}".replace("\n", " ")
