"""What learners see: rows of decoded columns, the outputs of stateless encoders, and the target."""

from __future__ import annotations

from collections.abc import Mapping
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
        values = {name: take_rows(column, rows) for name, column in self.values.items()}
        groups = None if self.groups is None else self.groups[rows]
        return replace(self, values=values, target=self.target[rows], groups=groups)

    def with_values(self, more: Mapping[str, Any]) -> Examples:
        return replace(self, values={**self.values, **more})

    def columns_of(self, *types: str) -> list[str]:
        """Names of the columns of these types, in the order of the data."""
        return [name for name, kind in self.types.items() if kind in types]
