"""The runtime's building block, and the graph that an artefact is: column -> encoder -> features -> head -> calibration."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import numpy as np

COLUMN = "column:"  # how a node names a column of the data as its input


class Part(Protocol):
    """Computes row-aligned values from row-aligned values, and can be written down without code.

    What a part learned is `config()` (JSON), `arrays()` (kept as safetensors) and `files()` (ONNX, already on disk);
    `load` gets the same three back and must answer equally to the last bit. A class that is a `Part` says only what it does keep.
    """

    kind: ClassVar[str]

    def run(self, *inputs: Any) -> Any: ...

    def config(self) -> dict[str, Any]:
        return {}

    def arrays(self) -> dict[str, np.ndarray]:
        return {}

    def files(self) -> dict[str, Path | bytes]:
        return {}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self: ...


@runtime_checkable
class Readable(Protocol):
    """A part, the last of what was learned, that a person can read."""

    def sentences(self, in_words: Callable[[np.ndarray], Sequence[str]]) -> list[str]:
        """All it would answer and when; `in_words` says raw outputs (k, num_outputs)."""
        ...


@dataclass(frozen=True)
class Node:
    """A part with a name and where its inputs come from: `column:NAME` or the name of an earlier node."""

    name: str
    part: Part
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    """Nodes in an order in which each one's inputs are known; the last one's output is the model's raw output.

    `beside` are further nodes that read the same and do not change it: the last one's output is familiarity (n,).
    """

    nodes: tuple[Node, ...]
    beside: tuple[Node, ...] = ()

    def run(self, known: Mapping[str, Any]) -> Any:
        """`known` holds the columns and may hold outputs of nodes computed before (vectors from the store)."""
        return self._values(self.nodes, known)[self.nodes[-1].name]

    def run_both(self, known: Mapping[str, Any]) -> tuple[Any, Any]:
        """The raw output, and that of the nodes beside; None where there are none."""
        values = self._values((*self.nodes, *self.beside), known)
        return values[self.nodes[-1].name], values[self.beside[-1].name] if self.beside else None

    def _values(self, nodes: tuple[Node, ...], known: Mapping[str, Any]) -> Mapping[str, Any]:
        made = dict[str, Any]()
        for node in nodes:
            if node.name not in known:
                made[node.name] = node.part.run(*(made[name] if name in made else known[name] for name in node.inputs))
        return ChainMap(made, known)  # type: ignore[arg-type]  # not a copy: what is known may be made when asked for

    def extended(self, *nodes: Node) -> Graph:
        return Graph((*self.nodes, *nodes))

    def columns(self) -> list[str]:
        """Names of the columns that the graph reads."""
        names = [name.removeprefix(COLUMN) for node in self.nodes for name in node.inputs if name.startswith(COLUMN)]
        return list(dict.fromkeys(names))
