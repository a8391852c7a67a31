"""Classes that are much rarer than others: a model that never names them looks good all the same."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from leadline.check.contract import Check, Checked, NotApplicable
from leadline.check.view import View
from leadline.errors import listed
from leadline.findings import Severity

_NOTABLE, _SEVERE = 10.0, 100.0  # times as many rows in the largest class
_SHOWN = 5


class Imbalance(Check):
    """By the ratio of the largest class to each other one (He and Garcia, "Learning from Imbalanced Data", 2009)."""

    code: ClassVar[str] = "imbalance"
    title: ClassVar[str] = "are some classes much rarer than others?"

    def run(self, view: View) -> Checked | NotApplicable:
        codes = view.codes
        if view.labels is None or codes is None:
            return NotApplicable("the answers are not classes, one for each row")
        counts = np.bincount(codes, minlength=len(view.labels.classes))
        present = np.flatnonzero(counts)
        ratios = counts.max() / counts[present]
        rare = present[ratios >= _NOTABLE]
        if not len(rare):
            return Checked()
        severity = Severity.MEDIUM if ratios.max() >= _SEVERE else Severity.LOW
        largest = view.labels.classes[int(counts.argmax())]
        named = [f"{view.labels.classes[code]} ({counts[code]:,})" for code in sorted(rare.tolist(), key=lambda code: counts[code])]
        title = f"{largest} has {counts.max():,} rows, {ratios.max():.0f} times as many as the rarest class"
        always = f"saying {largest} to everything would be right for {counts.max() / counts.sum():.1%} of the rows"
        fix = "collect more of the rare ones, and judge by --metric balanced_accuracy or f1_macro"
        finding = view.found(self.code, severity, title, f"rare: {listed(named, _SHOWN)}; {always}", column=view.labels.name, fix=fix)
        return Checked((finding,))
