"""Rows that can neither teach nor judge are left out before the work begins, each time with a finding that names them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import polars as pl

from leadline.columns.missing import TOKENS, missing_rows
from leadline.data.table import Data
from leadline.errors import LeadlineError
from leadline.findings import Finding, Severity

_MANY = 20  # one row in so many that are broken is a sign that the whole source is


def drop_broken(data: Data) -> Data:
    """Without the rows that the reader could not read. Raises LeadlineError with the first reason where none is left."""
    broken = data.table.broken
    if not broken:
        return data
    first = broken[min(broken)]
    if len(broken) == len(data):
        raise first
    finding = Finding(
        "corrupt-file", Severity.HIGH if len(broken) * _MANY > len(data) else Severity.MEDIUM,
        f"{len(broken):,} of {len(data):,} rows are broken and are left out", str(first).splitlines()[0],
        rows=sorted(data.source_row(row) for row in broken), fix="mend these rows in the source",
    )  # fmt: skip
    good = np.setdiff1d(np.arange(len(data)), np.fromiter(broken, np.int64, len(broken)))
    return data.take(good).with_findings(finding)


def drop_missing_target(data: Data, blank_answers: bool = False) -> Data:
    """Without the rows that have no answer. Raises LeadlineError where none has one.

    With `blank_answers` an empty text is one, as for labels, of which a row may have none.
    """
    target = data.require_target()
    tokens = TOKENS if data.table.target is None else frozenset[str]()
    missing = _missing(data.raw(target), tokens - {""} if blank_answers else tokens)
    if not missing.any():
        return data
    if missing.all():
        raise LeadlineError(
            f'no row has an answer in "{target}"', "labelled examples", "choose another column with --target COL", column=target
        )
    rows = missing.arg_true().to_list()
    fix = "label these rows or remove them" + ("; [] says that no label applies" if blank_answers else "")
    finding = Finding(
        "missing-values", Severity.MEDIUM, f"{len(rows):,} of {len(data):,} rows have no {target} and are left out", column=target,
        rows=[data.source_row(row) for row in rows], fix=fix,
    )  # fmt: skip
    return data.take((~missing).arg_true().to_numpy()).with_findings(finding)


def at_source(data: Data, findings: Iterable[Finding]) -> list[Finding]:
    """Findings whose rows are positions in `data`, with the rows that these are in the source."""
    return [replace(finding, rows=[data.source_row(row) for row in finding.rows]) for finding in findings]


def _missing(values: pl.Series, tokens: frozenset[str]) -> pl.Series:
    """There are no `tokens` where folders name the classes: one may well be called NA, Namibia."""
    if values.dtype != pl.String:
        return missing_rows(values, tokens)
    missing, different = values.is_null(), values.unique().drop_nulls()  # a target has few of them, and rows may be many
    found = different.filter(missing_rows(different, tokens))
    return missing | values.is_in(found.implode()).fill_null(True) if len(found) else missing
