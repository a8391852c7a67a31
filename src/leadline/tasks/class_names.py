"""The answers of a target as names of classes: how they are written, in which order, and which have too few examples."""

from __future__ import annotations

from collections import Counter

import numpy as np
import polars as pl

from leadline.columns.category import as_names
from leadline.errors import LeadlineError, listed
from leadline.findings import Finding, Severity

_MOST_CLASSES_SHARE = 0.5  # more different answers than this share of the rows are names, not classes
RARE = 0.10  # share of the rarer of two classes under which accuracy says little


def names_of(target: pl.Series) -> pl.Series:
    """The answers as names; several labels in one cell are one name together."""
    if isinstance(target.dtype, pl.List):
        target = target.cast(pl.List(pl.String)).list.sort().list.join(", ")
    return as_names(target)


def why_no_classes(target: pl.Series) -> str | None:
    """None if a few answers repeat, else the reason in words."""
    distinct = names_of(target.unique()).n_unique()
    if distinct < 2:
        return f"all {len(target):,} rows have the same answer"
    if len(target) > 20 and distinct > _MOST_CLASSES_SHARE * len(target):
        return f"{distinct:,} different answers in {len(target):,} rows are not classes"
    if distinct == len(target):
        return f"each of the {distinct:,} classes has a single example"
    return None


def in_order(names: pl.Series, rows: pl.Series, dtype: pl.DataType, positive: str | None) -> list[str]:
    """Class names: numbers in the order of numbers, all else alphabetically; of two, the positive one is last.

    Unless the user names it, the positive class of two is the last one, or the rare one where one is rare: that is what is looked for.
    """
    counts = Counter[str]()
    for name, number in zip(names, rows, strict=True):  # a name may be written in several ways
        counts[name] += number
    classes = sorted(counts, key=float) if dtype.is_numeric() else sorted(counts)
    if positive is None:
        rare = len(classes) == 2 and min(counts.values()) < RARE * sum(counts.values())
        return sorted(classes, key=lambda name: -counts[name]) if rare else classes
    if positive not in classes or len(classes) != 2:
        raise LeadlineError(f'"{positive}" cannot be the positive class', f"one of two classes; the classes are {', '.join(classes[:20])}")
    return [name for name in classes if name != positive] + [positive]


def lone_classes(column: str, values: np.ndarray, classes: list[str]) -> tuple[Finding, ...]:
    """A finding where classes have one example each; `values` (n,) are class codes."""
    alone = np.flatnonzero(np.bincount(values, minlength=len(classes)) == 1)
    if not len(alone):
        return ()
    names = listed([classes[code] for code in alone.tolist()], shown=5)
    title = f"{len(alone):,} of {len(classes):,} classes have a single example, which cannot both teach and judge: {names}"
    rows = np.flatnonzero(np.isin(values, alone)).tolist()
    return (Finding("rare-class", Severity.LOW, title, column=column, rows=rows, fix="collect more examples, or leave these out"),)
