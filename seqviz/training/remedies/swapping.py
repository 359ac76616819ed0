"""What remedies share that may need another architecture: moving a run's knobs over to it, toggling what it adds."""

from __future__ import annotations

from typing import Any, ClassVar

from seqviz.core.config import Part, RunConfig
from seqviz.core.knobs import describe_knobs
from seqviz.core.lab_events import RemedySwitch
from seqviz.models.base import Model, architectures
from seqviz.training.remedies import Remedy, knob_of, model_class

OTHER_WEIGHTS = (
    "Another architecture has another number of weights at the same width; the batches are the same, the first "
    "weights come from the same seed."
)


def moved(config: RunConfig, name: str) -> RunConfig:
    """The config with another architecture, which keeps every knob that it has too and that allows the value."""
    own = {knob.key.removeprefix("model."): knob for knob in describe_knobs(architectures.get(name).Config, "model")}
    kept = {key: v for key, v in config.model.knobs.items() if key in own and own[key].error(v) is None}
    return config.model_copy(update={"model": Part(name=name, **kept)})


def plain(config: RunConfig, name: str, *features: str) -> RunConfig:
    """The config with a variant of its architecture that has these features and no other that a knob can turn off."""
    variant = moved(config, name)
    fields = architectures.get(name).Config.model_fields
    toggles = [key for key, info in fields.items() if info.annotation is bool and key not in config.model.knobs]
    return variant.replaced({f"model.{key}": key in features for key in toggles})


def variants(config: RunConfig) -> list[tuple[str, type[Model]]]:
    """Architectures that add to the one of this run, by name."""
    return [(name, cls) for name, cls in architectures.items() if cls.variant_of == config.model.name]


class FeatureRemedy(Remedy):
    """Something that an architecture has or lacks: by a knob called `feature`, or built into a variant of it."""

    feature: ClassVar[str]
    from_start = True
    thorough = 1

    def offered(self, config: RunConfig) -> RemedySwitch | None:
        knob = knob_of(config, f"model.{self.feature}")
        if knob is not None and knob.kind == "bool":
            return self.toggle(bool(config.value(knob.key)))
        if self.feature in model_class(config).adds:
            return self.toggle(True)
        return self.toggle(False) if self._variant(config) else None

    def _variant(self, config: RunConfig) -> str:
        """The architecture that has what this one lacks; "": there is none."""
        having = (n for n, c in variants(config) if self.feature in c.adds or self.feature in c.Config.model_fields)
        return next(having, "")

    def applied(self, config: RunConfig, value: Any) -> RunConfig:
        if not isinstance(value, bool):
            raise ValueError(f"{self.title}: it is on or off, not {value!r}")
        if self.feature in model_class(config).Config.model_fields:
            return config.replaced({f"model.{self.feature}": value})
        if self.feature in model_class(config).adds:
            return config if value else moved(config, model_class(config).variant_of)
        return plain(config, self._variant(config), self.feature) if value else config

    def notes(self, config: RunConfig, value: Any) -> tuple[str, ...]:
        here = (model_class(config), *(cls for _, cls in variants(config)))
        by_knob = any(self.feature in cls.Config.model_fields for cls in here)
        return () if by_knob else (OTHER_WEIGHTS,)
