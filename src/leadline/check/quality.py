"""One figure for the whole: 100 less what each kind of finding takes, by how bad it is and how many rows it concerns."""

from __future__ import annotations

from collections.abc import Sequence

from leadline.findings import Finding, Severity

MOST_POINTS = {Severity.HIGH: 25.0, Severity.MEDIUM: 8.0, Severity.LOW: 2.0}
_ALL = 0.1  # share of the rows from which on a finding takes all its points; one that names no rows is about all of them


def lost_points(findings: Sequence[Finding], num_rows: int) -> dict[str, float]:
    """Code -> points lost, the most first. Findings of one kind together take no more than the worst of them could."""
    lost, most = dict[str, float](), dict[str, float]()
    for finding in findings:
        lost[finding.code] = lost.get(finding.code, 0.0) + points_of(finding, num_rows)
        most[finding.code] = max(most.get(finding.code, 0.0), MOST_POINTS[finding.severity])
    points = {code: min(lost[code], most[code]) for code in lost}
    return dict(sorted(points.items(), key=lambda item: -item[1]))


def points_of(finding: Finding, num_rows: int) -> float:
    """What a finding takes by itself."""
    share = min(1.0, len(finding.rows) / max(1.0, _ALL * num_rows)) if finding.rows else 1.0
    return MOST_POINTS[finding.severity] * share


def quality_of(points: dict[str, float]) -> float:
    """0 to 100."""
    return max(0.0, 100.0 - sum(points.values()))
