"""Which type each column has, with the reason, and what else it could have been."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from leadline.columns.contract import ColumnType, Confidence, Sample
from leadline.columns.missing import MISSING_TOKENS
from leadline.errors import LeadlineError
from leadline.registry import COLUMNS

_SAMPLED_ROWS = 5_000


@dataclass(frozen=True)
class Choice:
    """The type a column was given; `others` are the types that would have been possible, with their reasons."""

    type: str
    why: str
    missing: int
    others: Mapping[str, str]


def recognise(name: str, values: pl.Series, root: Path | None = None, wanted: str | None = None) -> Choice:
    """The type that recognises the column with the most confidence, or the one that is `wanted`."""
    present = without_missing(values)
    missing = len(values) - len(present)
    if wanted is not None:
        COLUMNS.get(wanted)
        return Choice(wanted, "as you said", missing, {})
    step = max(1, len(present) // _SAMPLED_ROWS)
    sample = Sample(name, present.gather_every(step), len(values), root)
    types: list[ColumnType] = COLUMNS.make_all()
    verdicts = {kind.name: kind.recognise(sample) for kind in types}
    sure = {kind: verdict for kind, verdict in verdicts.items() if isinstance(verdict, Confidence)}
    if not sure:
        reasons = "; ".join(f"not {kind} because {verdict.why}" for kind, verdict in verdicts.items())
        raise LeadlineError(
            f"we do not know what kind of values these are: {reasons}", f"one of {', '.join(COLUMNS)}",
            f"leave it out (--exclude {name}) or say what it is (--type {name}=TYPE)", column=name,
        )  # fmt: skip
    best = max(sure, key=lambda kind: sure[kind].value)
    return Choice(best, sure[best].why, missing, {kind: c.why for kind, c in sure.items() if kind != best})


def without_missing(values: pl.Series) -> pl.Series:
    present = values.drop_nulls()
    if present.dtype == pl.String:
        return present.filter(~present.is_in(MISSING_TOKENS))
    return present.drop_nans() if present.dtype.is_float() else present
