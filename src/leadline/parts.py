"""The runtime's building block, and the graph that an artefact is: column -> encoder -> features -> head -> calibration."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import numpy as np

COLUMN = "column:"  # how a node names a column of the data as its input


class Part(Protocol):
    """Computes row-aligned values from row-aligned values, and can be written down without code.

    What a part learned is `config()` (JSON), `arrays()` (kept as safetensors) and `files()` (ONNX, already on disk);
    `load` gets the same three back and must answer equally to the last bit.
    """

    kind: ClassVar[str]

    def run(self, *inputs: Any) -> Any: ...

    def config(self) -> dict[str, Any]: ...

    def arrays(self) -> dict[str, np.ndarray]: ...

    def files(self) -> dict[str, Path | bytes]: ...

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self: ...


@dataclass(frozen=True)
class Node:
    """A part with a name and where its inputs come from: `column:NAME` or the name of an earlier node."""

    name: str
    part: Part
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    """Nodes in an order in which each one's inputs are known; the last one's output is the model's raw output."""

    nodes: tuple[Node, ...]

    def run(self, known: Mapping[str, Any]) -> Any:
        """`known` holds the columns and may hold outputs of nodes computed before (vectors from the store)."""
        values = ChainMap[str, Any]({}, known)  # type: ignore[arg-type]  # not a copy: what is known may be made when asked for
        for node in self.nodes:
            if node.name not in values:
                values[node.name] = node.part.run(*(values[name] for name in node.inputs))
        return values[self.nodes[-1].name]

    def extended(self, *nodes: Node) -> Graph:
        return Graph((*self.nodes, *nodes))

    def columns(self) -> list[str]:
        """Names of the columns that the graph reads."""
        names = [name.removeprefix(COLUMN) for node in self.nodes for name in node.inputs if name.startswith(COLUMN)]
        return list(dict.fromkeys(names))
