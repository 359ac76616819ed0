"""What is learned from, one corpus a file. Each registers itself; the package is walked at start-up."""

from __future__ import annotations

import abc
from typing import ClassVar

from seqviz.core.knobs import Knobs
from seqviz.core.registry import Registry
from seqviz.data.content import Content


class CorpusConfig(Knobs):
    """Base of every corpus's knobs."""


class Corpus(abc.ABC):
    """`gives` names the Content class it reads into (Content.gives); `read` may take seconds, never minutes."""

    Config: ClassVar[type[CorpusConfig]] = CorpusConfig
    title: ClassVar[str]
    gives: ClassVar[str]

    def __init__(self, config: CorpusConfig) -> None:
        self.config = config

    @abc.abstractmethod
    def read(self) -> Content:
        """The content, split into training and validation in order.

        Raises
        ------
        ValueError
            one line the user understands: file missing, empty, binary ...
        """


corpora: Registry[type[Corpus]] = Registry("corpus", "seqviz.data.corpora")
