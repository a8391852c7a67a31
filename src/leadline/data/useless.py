"""Columns from which nothing can be learned are left out before the work begins, each with a finding that says why."""

from __future__ import annotations

import polars as pl

from leadline.columns.contract import WhyNot
from leadline.columns.recognise import Choice
from leadline.findings import Finding, Severity

_FEW = 10  # rows that do not show yet that a column never changes
_GLANCE = 100


def why_useless(name: str, values: pl.Series, choice: Choice | WhyNot) -> Finding | None:
    """None for a column that may teach something."""
    if values.null_count() == len(values) or (isinstance(choice, Choice) and choice.missing == len(values)):
        return Finding("missing-values", Severity.LOW, f'column "{name}" is empty and is left out', column=name)
    if isinstance(choice, WhyNot):
        fix = f"turn it into columns of plain values, or say what it is (--type {name}=TYPE)"
        return Finding("unknown-type", Severity.MEDIUM, f'column "{name}" is left out', choice.why, column=name, fix=fix)
    if len(values) >= _FEW and _is_constant(values):
        title = f'column "{name}" holds the same value in every row and is left out'
        return Finding("constant-column", Severity.LOW, title, str(values[0])[:_GLANCE], column=name)
    return None


def _is_constant(values: pl.Series) -> bool:
    """Missing values are a value of their own here: where some are missing, that may mean something."""
    if values.null_count() or values.dtype.is_nested() or values.dtype in (pl.Binary, pl.Object):
        return False
    first, last = values[0], values[-1]
    if first == first and first != last:  # which most columns show; NaN is not even equal to itself
        return False
    return all(bool((part == values[0]).all()) for part in (values.head(_GLANCE), values))
