"""Columns that name the row: a model can learn rows by heart from them, and nothing for new ones."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from leadline.check.contract import Check, Checked
from leadline.check.equal_rows import tells_apart
from leadline.check.view import View
from leadline.findings import Finding, Severity

_LEAST_ROWS = 20  # of fewer, any column may tell all apart
_IN_ORDER = 0.999  # rank correlation with the order of the rows


class IdLike(Check):
    code: ClassVar[str] = "id-like"
    title: ClassVar[str] = "which columns only name the row?"

    def run(self, view: View) -> Checked:
        data = view.data
        names = [name for name, kind in data.types.items() if len(data) >= _LEAST_ROWS and tells_apart(data, name, kind)]
        return Checked(tuple(self._finding(view, name) for name in names))

    def _finding(self, view: View, name: str) -> Finding:
        counted = view.data.raw(name).dtype.is_numeric() and _in_order(view.data.raw(name).to_numpy())
        detail = "it counts the rows" if counted else f"such as {view.data.show(name, 0)}"
        fix = f"leave it out: --exclude {name}"
        return view.found(self.code, Severity.MEDIUM, f"{name} is different in every row", detail, column=name, fix=fix)


def _in_order(values: np.ndarray) -> bool:
    """Whether the values rise or fall with the rows."""
    ranks, places = np.argsort(np.argsort(values, kind="stable")).astype(float), np.arange(len(values), dtype=float)
    return bool(abs(np.corrcoef(ranks, places)[0, 1]) >= _IN_ORDER)
