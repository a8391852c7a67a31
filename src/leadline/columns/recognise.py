"""Which type each column has, with the reason, and what else it could have been."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from leadline.columns.contract import ColumnType, Confidence, Sample, WhyNot
from leadline.columns.missing import TOKENS, missing_rows, written_as
from leadline.registry import COLUMNS

_SAMPLED_ROWS = 5_000
_FEW_ROWS = 20  # in which values may well be different by chance
_NAMED_ID = re.compile(r"^(unnamed: ?\d+|index|row|key)?$|(^|[^a-z])(id|uuid|guid|no|nr|num|number|index)$|(?-i:[a-z](Id|ID))$", re.I)
_POSSIBLE = 0.2  # confidence from which a type is worth naming beside the one chosen
_FEW = 200  # values in an evenly spaced sample under which the whole column is searched for more


@dataclass(frozen=True)
class Choice:
    """The type a column was given; `others` are the types that would have been possible, with their reasons.

    `missing_as` counts how missing values are written ({"?": 1836}); those not counted there are empty. `settings` are the type's own.
    """

    type: str
    why: str
    missing: int
    others: Mapping[str, str] = field(default_factory=dict)
    missing_as: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def kind(self) -> ColumnType:
        """The type with its settings: what reads the column."""
        return self._kind

    @cached_property
    def _kind(self) -> ColumnType:
        made: ColumnType = COLUMNS.get(self.type)(**self.settings)
        return made

    def to_json(self) -> dict[str, Any]:
        """What the public JSON says of a column besides its name."""
        return {
            "type": self.type, "why": self.why, "could_also_be": dict(self.others), "missing": self.missing,
            "missing_as": dict(self.missing_as), "remarks": list(self.remarks),
        }  # fmt: skip


def recognise(name: str, values: pl.Series, root: Path | None = None, wanted: str | None = None, decimal: str = "") -> Choice | WhyNot:
    """The type that recognises the column with the most confidence, or the one that is `wanted`; WhyNot where none does.

    Types are told from an evenly spaced sample; missing values are counted in all rows. `decimal` is the mark that other columns have.
    """
    sample = _sample(name, values, root, decimal)
    if wanted is not None:
        COLUMNS.get(wanted)
        return _chosen(wanted, "as you said", {}, sample, values)
    types: list[ColumnType] = COLUMNS.make_all()
    verdicts = {kind.name: kind.recognise(sample) for kind in types}
    sure = {kind: verdict for kind, verdict in verdicts.items() if isinstance(verdict, Confidence)}
    if not sure:
        return WhyNot(f"no column type takes its values, which are {values.dtype}")
    best = max(sure, key=lambda kind: sure[kind].value)
    possible = [kind for kind in sure if kind != best and sure[kind].value >= _POSSIBLE]
    others = {kind: sure[kind].why for kind in sorted(possible, key=lambda kind: -sure[kind].value)}
    return _chosen(best, sure[best].why, others, sample, values)


def _chosen(type_name: str, why: str, others: Mapping[str, str], sample: Sample, values: pl.Series) -> Choice:
    kind: ColumnType = COLUMNS.get(type_name).for_values(sample)
    missing = missing_rows(values, kind.tokens)
    number = int(missing.sum())
    written = written_as(values, missing) if number else {}
    remarks = (*kind.remarks(sample, values), *_like_an_id(sample, kind))
    return Choice(type_name, why, number, others, written, kind.config(), remarks)


def _like_an_id(sample: Sample, kind: ColumnType) -> list[str]:
    """Names and whole numbers that never repeat tell rows apart and nothing else."""
    values = sample.values
    names, whole = "category" in kind.forms.values(), "number" in kind.forms.values() and values.dtype.is_integer()
    if not (names or whole) or len(values) < _FEW_ROWS or sample.num_distinct < len(values):
        return []
    if names or _NAMED_ID.search(sample.name):
        return [f"every value is different, as in an id: nothing to learn from; leave it out with --exclude {sample.name}"]
    return []


def _sample(name: str, values: pl.Series, root: Path | None, decimal: str) -> Sample:
    step = max(1, len(values) // _SAMPLED_ROWS)
    present = _without_missing(values.gather_every(step) if step > 1 else values)
    if step > 1 and len(present) < _FEW:  # a column that is nearly empty
        present = _without_missing(values)
        present = present.gather_every(max(1, len(present) // _SAMPLED_ROWS))
    return Sample(name, present, len(values), root, decimal)


def _without_missing(values: pl.Series) -> pl.Series:
    missing = missing_rows(values, TOKENS)
    return values.filter(~missing) if missing.any() else values
