"""Columns that hold values of two kinds: numbers with a few words among them, names with a few numbers."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import polars as pl

from leadline.check.contract import Check, Checked
from leadline.check.view import View
from leadline.columns.missing import missing_rows
from leadline.errors import listed
from leadline.findings import Finding, Severity

_FEW = 0.2  # of the values are of the other kind at most: of more, neither is the odd one
_WRITTEN = ("category", "text")
_SHOWN = 5


class MixedTypes(Check):
    code: ClassVar[str] = "mixed-types"
    title: ClassVar[str] = "do columns hold values of two kinds?"

    def run(self, view: View) -> Checked:
        names = [name for name, kind in view.data.types.items() if kind in _WRITTEN and view.data.raw(name).dtype == pl.String]
        return Checked(tuple(finding for name in names if (finding := self._of_column(view, name))))

    def _of_column(self, view: View, column: str) -> Finding | None:
        raw = view.data.raw(column)
        present = np.flatnonzero(~missing_rows(raw, view.data.columns[column].kind().tokens).to_numpy())
        numeric = raw.gather(present).str.strip_chars().cast(pl.Float64, strict=False).is_not_null().to_numpy()
        share = float(numeric.mean()) if len(numeric) else 0.0
        if not 0 < min(share, 1 - share) <= _FEW:
            return None
        odd = present[numeric if share <= _FEW else ~numeric]
        kinds = ("words", "numbers") if share <= _FEW else ("numbers", "words")
        values = list(dict.fromkeys(raw.gather(odd).to_list()))
        title = f"{column} holds {kinds[0]}, but {len(odd):,} of its values are {kinds[1]}: {listed(values, _SHOWN)}"
        fix = "say what these stand for: missing values are best left empty"
        return view.found(self.code, Severity.LOW, title, column=column, rows=odd, fix=fix)
