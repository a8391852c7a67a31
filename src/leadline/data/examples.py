"""What learners see: rows of decoded columns, the outputs of stateless encoders, and the target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from leadline.values import Rows, take_rows


@dataclass(frozen=True)
class Examples:
    """`values` holds `column:NAME` and the names of stateless nodes already computed, each aligned with the rows.

    `target` is what the task made of the target column (see `tasks.contract.Target`), `num_classes` its classes or labels, 0 for numbers.
    `types` maps the column's name to the form of its values: number, category, text, image, tags.
    """

    values: Mapping[str, Any]
    types: Mapping[str, str]
    target: np.ndarray
    num_classes: int = 0
    groups: np.ndarray | None = None  # (n,) equal numbers for rows that no split may part

    def __len__(self) -> int:
        return len(self.target)

    def take(self, rows: Rows) -> Examples:
        groups = None if self.groups is None else self.groups[rows]
        return replace(self, values=_Taken.of(self.values, rows), target=self.target[rows], groups=groups)

    def columns_of(self, *types: str) -> list[str]:
        """Names of the columns of these types, in the order of the data."""
        return [name for name, kind in self.types.items() if kind in types]


class _Taken(Mapping[str, Any]):
    """Some rows of each value, taken when they are first asked for: a learner pays for what it reads, not for what others read.

    Vectors of several encoders side by side are gigabytes where there are many pictures.
    """

    def __init__(self, values: Mapping[str, Any], rows: Rows) -> None:
        self._all, self._rows, self._taken = values, rows, dict[str, Any]()

    @classmethod
    def of(cls, values: Mapping[str, Any], rows: Rows) -> _Taken:
        return cls(values._all, values._rows[rows]) if isinstance(values, _Taken) else cls(values, rows)

    def __getitem__(self, name: str) -> Any:
        if name not in self._taken:
            self._taken[name] = take_rows(self._all[name], self._rows)
        return self._taken[name]

    def __contains__(self, name: object) -> bool:
        return name in self._all

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)
