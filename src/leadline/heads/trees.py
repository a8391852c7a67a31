"""A bag of decision trees as the runtime sees it: one ONNX file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from leadline import machine
from leadline.onnx_runtime import open_session, session_options
from leadline.parts import Part
from leadline.values import Typed

_FILE = "trees.onnx"
_ROWS = 1024  # in one call; measured no slower than more, and enough calls for every thread


class TreesHead(Part):
    """Typed columns (n, d) -> raw outputs (n, num_outputs) float64: log odds of the second class, logits, or numbers.

    The file has one input `values` and one output `raw`, both float64; `learners.tree_onnx` writes it.
    """

    kind: ClassVar[str] = "trees"

    def __init__(self, model: bytes | Path) -> None:
        self.model = model

    @cached_property
    def _session(self) -> Any:
        """On one thread: several calls at once then share no barrier, where two threads within one call were a third slower beside
        other work, and a row's trees are added up in the same order whether it comes alone or among many."""
        return open_session(self.model if isinstance(self.model, bytes) else str(self.model), session_options(1))

    def run(self, *inputs: Any) -> np.ndarray:
        values: Typed = inputs[0]
        matrix = np.ascontiguousarray(values.matrix, np.float64)
        if len(matrix) <= _ROWS:
            return self._answer(matrix)
        return np.concatenate(machine.at_once(self._answer, (matrix[start : start + _ROWS] for start in range(0, len(matrix), _ROWS))))

    def _answer(self, matrix: np.ndarray) -> np.ndarray:
        return np.asarray(self._session.run(["raw"], {"values": matrix})[0])

    def files(self) -> dict[str, Path | bytes]:
        return {_FILE: self.model}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        head = cls(files[_FILE])
        head._session  # noqa: B018  opened now, so that a damaged file is found when loading and not at the first answer
        return head
