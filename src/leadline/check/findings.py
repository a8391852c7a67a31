"""What there is to say about rows that are copies of one another."""

from __future__ import annotations

import numpy as np

from leadline.check.links import together
from leadline.data.table import Data
from leadline.findings import Finding, Mend, Severity

_KEPT = "in the splits that we make they stay on one side"
_SURE = 0.9  # that a copy is better dropped, as lines of an edit list say it


def _counted(groups: int) -> str:
    return "1 group" if groups == 1 else f"{groups:,} groups"


def findings_of(
    data: Data, exact: np.ndarray | None, upright: np.ndarray | None, every: np.ndarray | None, classes: np.ndarray | None
) -> list[Finding]:
    """Of groups (n,) of exact copies, of those that are not mirrored and of all copies, as `united` gives them; `classes` (n, ...) where
    answers are classes."""
    found = []
    same, near = together(exact), together(every)
    if exact is not None:
        groups = len(np.unique(exact[same]))
        title = f"{len(same):,} of {len(data):,} rows are exact copies of others, in {_counted(groups)}"
        fix = "remove the repeats, if they are mistakes"
        found.append(_finding(data, "exact-duplicate", Severity.LOW, title, _KEPT, same, fix, _without_repeats(data, exact, same, classes)))
    changed = near[_changed(near, exact, every)] if every is not None else near
    if every is not None and len(changed):
        groups = len(np.unique(every[changed]))
        title = f"{len(changed):,} of {len(data):,} rows are nearly copies of others, in {_counted(groups)}"
        turned = changed[(np.arange(len(data)) if upright is None else upright)[changed] != every[changed]]
        detail = f"{len(turned):,} of them as mirror images; {_KEPT}" if len(turned) else _KEPT
        found.append(_finding(data, "near-duplicate", Severity.LOW, title, detail, changed, "look at some of them"))
    if every is not None and classes is not None:
        found += _contradictions(data, upright, every, classes)
    return found


def _without_repeats(data: Data, exact: np.ndarray, same: np.ndarray, classes: np.ndarray | None) -> Mend:
    """All but the first of each group, unless its labels differ: then nobody but a person knows which row to keep."""
    if classes is not None:
        differs = (classes[same] != classes[exact[same]]).reshape(len(same), -1).any(axis=1)
        same = same[~np.isin(exact[same], exact[same[differs]])]
    repeats = same[exact[same] != same]
    return Mend("drop row", _SURE, tuple(data.source_row(row) for row in repeats.tolist()))


def _changed(rows: np.ndarray, exact: np.ndarray | None, every: np.ndarray | None) -> np.ndarray:
    """Which rows are in a group that is more than one group of exact copies."""
    if exact is None or every is None:
        return np.ones(len(rows), dtype=bool)
    kinds = np.bincount(every[np.unique(exact[rows])], minlength=len(every))  # the first rows of exact groups within each whole group
    changed: np.ndarray = kinds[every[rows]] > 1
    return changed


def _contradictions(data: Data, upright: np.ndarray | None, every: np.ndarray, classes: np.ndarray) -> list[Finding]:
    """Mirror images by themselves: an arrow to the left is none to the right."""
    found, odd = list[Finding](), _differing(upright, classes)
    if len(odd) and upright is not None:
        title = f"{len(odd):,} rows are copies of one another and have different {data.target}, in {_counted(len(np.unique(upright[odd])))}"
        fix = "decide which label is right"
        found.append(_finding(data, "duplicate-labels", Severity.MEDIUM, title, "at most one of the labels can be right", odd, fix))
    turned = _differing(every, classes)
    turned = turned[~np.isin(every[turned], every[odd])]
    if len(turned):
        groups = _counted(len(np.unique(every[turned])))
        title = f"{len(turned):,} rows are mirror images of one another and have different {data.target}, in {groups}"
        detail = "unless left and right matter, at most one of the labels can be right"
        found.append(_finding(data, "duplicate-labels", Severity.LOW, title, detail, turned, "look at some of them"))
    return found


def _differing(groups: np.ndarray | None, classes: np.ndarray) -> np.ndarray:
    """Rows of groups whose labels are not all the same."""
    rows = together(groups)
    if groups is None:
        return rows
    differs = (classes[rows] != classes[groups[rows]]).reshape(len(rows), -1).any(axis=1)
    odd: np.ndarray = rows[np.isin(groups[rows], groups[rows[differs]])]
    return odd


def repeats_by_nature(data: Data, exact: np.ndarray | None) -> Finding:
    """Names no rows: it is about the data as a whole."""
    title = f"{len(together(exact)):,} of {len(data):,} rows are equal to others, as so few different rows are possible"
    detail = "this is no sign of copies, so a split may part them"
    return Finding("exact-duplicate", Severity.LOW, title, detail, fix="name what belongs together with --group COL")


def skipped(seconds: float, allowed: float) -> Finding:
    """Near duplicates were not looked for."""
    title = "near duplicates were not looked for, so a split may part them; exact ones are kept together"
    detail = f"it would take about {seconds:.0f} s, and {allowed:.0f} s of the budget may go into it" if allowed else ""
    return Finding("near-duplicate", Severity.LOW, title, detail, fix="give a larger --budget; what was done so far is kept")


def _finding(
    data: Data, code: str, severity: Severity, title: str, detail: str, rows: np.ndarray, fix: str, mend: Mend | None = None
) -> Finding:
    mends = () if mend is None else (mend,)
    return Finding(code, severity, title, detail, rows=[data.source_row(row) for row in rows.tolist()], fix=fix, mends=mends)
