"""`path:line` of a row of a text table, where rows may take several lines and lines may be blank: looked up when asked for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from leadline.data.text.careful import Marks
from leadline.data.text.scanner import line_numbers, scan


@dataclass(frozen=True)
class Stretch:
    """Rows that stand together in the text. `text` gives it again; None where each row is one line and there are no others."""

    first_row: int
    first_line: int  # 1-based
    marks: Marks
    width: int
    text: Callable[[], bytes] | None = None

    def line(self, row: int) -> int:
        place = row - self.first_row
        return self.first_line + (place if self.text is None else int(self._lines[place]))

    @cached_property
    def _lines(self) -> np.ndarray:
        assert self.text is not None
        text = self.text()
        return line_numbers(text, scan(text, self.marks, self.width).starts, self.marks)


class TextLines:
    """A table's source: of rows that are numbered from the first stretch on."""

    def __init__(self, path: str, stretches: list[Stretch], first_row: int = 0) -> None:
        self.path, self.stretches, self.first_row = path, stretches, first_row
        self._starts = [stretch.first_row for stretch in stretches]

    def __call__(self, row: int) -> str:
        number = self.first_row + row
        stretch = self.stretches[bisect_right(self._starts, number) - 1]
        try:
            return f"{self.path}:{stretch.line(number)}"
        except (OSError, IndexError):  # the file is not there any more, or not the same
            return f"{self.path}:row {number}"
