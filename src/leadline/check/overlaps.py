"""What the parts of a split that the data bring have in common, so that the score on one of them promises too much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from leadline.check.links import Links, united
from leadline.data.table import Data
from leadline.findings import Finding, Mend, Severity

CODE = "split-leak"
_SURE = 0.9  # that a copy is better moved, as lines of an edit list say it
_SEVERE, _NOTABLE = 0.05, 0.01  # shares of a judging part that occur in what teaches
_NEWEST = 0.01  # of the teaching rows may be newer without anything being said: a date is mistyped now and then


@dataclass(frozen=True)
class Sides:
    """A part that judges, and what teaches the model that it judges: row positions, and what the latter is called."""

    part: str
    judging: np.ndarray
    teaching: np.ndarray
    where: str


def sides(data: Data) -> Iterator[Sides]:
    """Of a split that the data bring: test beside train and valid, valid beside train."""
    for part, others in (("test", ("train", "valid")), ("valid", ("train",))):
        if data.split is None or not (data.split == part).any() or not np.isin(data.split, others).any():
            continue
        where = " or ".join(other for other in others if (data.split == other).any())
        yield Sides(part, np.flatnonzero(data.split == part), np.flatnonzero(np.isin(data.split, others)), where)


def overlaps(data: Data, exact: np.ndarray | None, every: np.ndarray | None, own: Links) -> list[Finding]:
    """Rows that judge and also teach, by groups (n,) of exact and of all copies, or that are of one group of the user with such a row."""
    found, groups = list[Finding](), united(len(data), [own])
    for side in sides(data):
        leaked, copied = _leaked(side, every), len(_leaked(side, exact))
        if len(leaked):
            share = f"{len(leaked):,} of {len(side.judging):,} {side.part} rows ({len(leaked) / len(side.judging):.1%})"
            near = len(leaked) - copied
            detail = f"{copied:,} of them exactly, {near:,} nearly" if near else "exactly as they are"
            fix = "leave these rows out of the part that judges"
            mend = Mend("move to train", _SURE, tuple(data.source_row(row) for row in leaked.tolist()))
            found.append(_leak(data, side, f"{share} also occur in {side.where}", detail, leaked, fix, (mend,)))
        mixed = _leaked(side, groups)
        if len(mixed):
            title = f"{len(mixed):,} of {len(side.judging):,} {side.part} rows are of a {data.group} that is also in {side.where}"
            found.append(_leak(data, side, title, "", mixed, f"split by {data.group}, or leave out --group if that is meant"))
    return found


def backwards(data: Data, order: np.ndarray | None) -> list[Finding]:
    """Rows that judge although they are older than what teaches, by the time (n,) of the rows that the user named; NaN is unknown."""
    found = list[Finding]()
    if order is None:
        return found
    for side in sides(data):
        taught = side.teaching[np.isfinite(order[side.teaching])]
        if not len(taught):
            continue
        newest = taught[np.argsort(order[taught], kind="stable")[int(np.ceil((1 - _NEWEST) * len(taught))) - 1]]
        older = side.judging[order[side.judging] < order[newest]]  # unknown ones are not
        if len(older):
            share = f"{len(older):,} of {len(side.judging):,} {side.part} rows ({len(older) / len(side.judging):.1%})"
            title = f"{share} are older than rows of {side.where} by {data.time}: time runs backwards"
            detail = f"{side.where} goes on to {data.raw(str(data.time))[int(newest)]}, so that what is judged is known from later"
            found.append(_leak(data, side, title, detail, older, f"let the latest rows by {data.time} judge"))
    return found


def _leaked(side: Sides, groups: np.ndarray | None) -> np.ndarray:
    if groups is None:
        return side.judging[:0]
    known = np.zeros(len(groups), dtype=bool)
    known[groups[side.teaching]] = True
    leaked: np.ndarray = side.judging[known[groups[side.judging]]]
    return leaked


def _leak(data: Data, side: Sides, title: str, detail: str, rows: np.ndarray, fix: str, mends: tuple[Mend, ...] = ()) -> Finding:
    share = len(rows) / len(side.judging)
    severity = Severity.HIGH if share >= _SEVERE else Severity.MEDIUM if share >= _NOTABLE else Severity.LOW
    return Finding(CODE, severity, title, detail, rows=[data.source_row(row) for row in rows.tolist()], fix=fix, mends=mends)
