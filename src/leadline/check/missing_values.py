"""Columns with gaps."""

from __future__ import annotations

from typing import ClassVar

from leadline.check.contract import Check, Checked
from leadline.check.view import View
from leadline.columns.missing import missing_rows
from leadline.findings import Finding, Severity

_NOTABLE, _SEVERE = 0.05, 0.5  # of a column's rows


class MissingValues(Check):
    code: ClassVar[str] = "missing-values"
    title: ClassVar[str] = "which columns have gaps?"

    def run(self, view: View) -> Checked:
        shares = {name: _share(view, name) for name, choice in view.data.columns.items() if choice.missing}
        gaps = sorted(((name, share) for name, share in shares.items() if share >= _NOTABLE), key=lambda gap: -gap[1])
        return Checked(tuple(self._finding(view, name, share) for name, share in gaps))

    def _finding(self, view: View, name: str, share: float) -> Finding:
        choice = view.data.columns[name]
        written = [f"{token} ({count:,})" for token, count in choice.missing_as.items()]
        detail = f"written as {', '.join(written)}" if written else ""
        severity = Severity.MEDIUM if share >= _SEVERE else Severity.LOW
        fix = "ask why they are missing: if it has to do with the answer, later rows may be missing for other reasons"
        return view.found(self.code, severity, f"{share:.1%} of {name} is missing", detail, column=name, fix=fix)


def _share(view: View, name: str) -> float:
    """Of the rows that are looked at; the choice of a type counts those of the whole file."""
    return float(missing_rows(view.data.raw(name), view.data.columns[name].kind().tokens).to_numpy().mean())
