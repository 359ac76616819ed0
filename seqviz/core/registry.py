"""Registries and the package walk: adding a thing is adding a file."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")
C = TypeVar("C")


class Registry(Generic[T]):
    """Things of one kind by name, found by walking their package the first time anybody asks.

    A module of the package offers itself by decorating its class with `@registry.register("name")`.
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self.package = package
        self._items: dict[str, T] = {}
        self._walked = False

    def register(self, name: str) -> Callable[[C], C]:
        """Decorate a class to offer it under `name`; the class itself is returned unchanged."""

        def decorate(item: C) -> C:
            self.add(name, cast("T", item))
            return item

        return decorate

    def add(self, name: str, item: T) -> None:
        """Offer `item` under a name that nothing of this kind has yet.

        Raises
        ------
        ValueError
            when the name is taken (by one of ours, where a user's file registers).
        """
        if name in self._items:
            raise ValueError(f'the name "{name}" is taken by another {self.kind}: register yours under its own')
        self._items[name] = item

    def names(self) -> tuple[str, ...]:
        self._walk()
        return tuple(sorted(self._items))

    def items(self) -> Iterator[tuple[str, T]]:
        for name in self.names():
            yield name, self._items[name]

    def get(self, name: str) -> T:
        """The thing of that name.

        Raises
        ------
        ValueError
            when there is none; the sentence lists what there is.
        """
        self._walk()
        if name not in self._items:
            raise ValueError(f'no {self.kind} is called "{name}"; there is {", ".join(sorted(self._items))}')
        return self._items[name]

    def _walk(self) -> None:
        if not self._walked:
            self._walked = True
            import_all(self.package)


@contextmanager
def registering_anew(module: str, registries: Sequence[Registry[Any]]) -> Iterator[None]:
    """What `module` has registered gives way to what it registers inside the block; an error leaves all as it was."""
    for registry in registries:
        registry.names()  # walked: what comes now is the user's
    before = [dict(registry._items) for registry in registries]
    for registry, items in zip(registries, before, strict=True):
        registry._items = {name: item for name, item in items.items() if getattr(item, "__module__", "") != module}
    try:
        yield
    except BaseException:
        for registry, items in zip(registries, before, strict=True):
            registry._items = items
        raise


def import_all(package: str) -> list[ModuleType]:
    """Import every module directly inside `package` (no recursion), in name order."""
    root = importlib.import_module(package)
    names = sorted(info.name for info in pkgutil.iter_modules(root.__path__))
    return [importlib.import_module(f"{package}.{name}") for name in names]
