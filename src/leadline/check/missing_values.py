"""Columns with gaps."""

from __future__ import annotations

from typing import ClassVar

from leadline.check.contract import Check, Checked
from leadline.check.view import View
from leadline.findings import Finding, Severity

_NOTABLE, _SEVERE = 0.05, 0.5  # of a column's rows


class MissingValues(Check):
    code: ClassVar[str] = "missing-values"
    title: ClassVar[str] = "which columns have gaps?"

    def run(self, view: View) -> Checked:
        rows = max(1, len(view))
        gaps = {name: choice.missing / rows for name, choice in view.data.columns.items() if choice.missing / rows >= _NOTABLE}
        return Checked(tuple(self._finding(view, name, share) for name, share in sorted(gaps.items(), key=lambda gap: -gap[1])))

    def _finding(self, view: View, name: str, share: float) -> Finding:
        choice = view.data.columns[name]
        written = [f"{token} ({count:,})" for token, count in choice.missing_as.items()]
        detail = f"written as {', '.join(written)}" if written else ""
        severity = Severity.MEDIUM if share >= _SEVERE else Severity.LOW
        fix = "ask why they are missing: if it has to do with the answer, later rows may be missing for other reasons"
        return view.found(self.code, severity, f"{share:.1%} of {name} is missing", detail, column=name, fix=fix)
