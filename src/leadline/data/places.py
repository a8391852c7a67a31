"""Where a row stands in its file, in the words of messages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class RowNumbers:
    """`path:row 7`, for formats without lines; rows count from 0."""

    def __init__(self, path: str, first_row: int = 0) -> None:
        self.path, self.first_row = path, first_row

    def __call__(self, row: int) -> str:
        return f"{self.path}:row {self.first_row + row}"


class LineNumbers:
    """`path:7`, where every row is one line and some lines are blank; lines count from 1."""

    def __init__(self, path: str, first_line: int = 1, blank: Sequence[int] = ()) -> None:
        """`first_line` is the number of the first line looked at, `blank` the numbers of the blank ones from there on, ascending."""
        self.path, self.first_line = path, first_line
        self._full_before = np.asarray(blank, dtype=np.int64) - np.arange(len(blank))

    def __call__(self, row: int) -> str:
        line = self.first_line + row
        return f"{self.path}:{line + int(np.searchsorted(self._full_before, line, side='right'))}"
