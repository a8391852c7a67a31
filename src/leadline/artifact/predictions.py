"""Predictions as people and programs take them: records, tables, a screen that shows the first ones."""

from __future__ import annotations

import json
import time
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import accumulate
from pathlib import Path
from typing import IO, Any

import numpy as np
import polars as pl

from leadline.artifact.manifest import Manifest
from leadline.data.table import Data
from leadline.errors import LeadlineError
from leadline.evaluate.abstain import refused
from leadline.evaluate.spread import half_widths
from leadline.reports import Block, Card, Gallery, Grid, Paragraph, Report
from leadline.tasks.contract import Task

_ROWS_SHOWN = 20
_PICTURES_SHOWN = 12


@dataclass(frozen=True)
class Answers:
    """Answers (n, num_classes) or (n,) for rows in reading order; rows in `bad` could not be read and hold NaN.

    `familiarity` (n,) says how much each resembles the training data; None where the model cannot tell.
    """

    values: np.ndarray
    bad: dict[int, LeadlineError]
    familiarity: np.ndarray | None = None


@dataclass(frozen=True)
class Batch:
    """Rows that were read and answered together."""

    manifest: Manifest
    data: Data
    answers: Answers
    seconds: float

    def __len__(self) -> int:
        return len(self.data)

    @cached_property
    def task(self) -> Task:
        return self.manifest.asked()

    @cached_property
    def answer_name(self) -> str:
        """What an answer is called: label, labels, value."""
        return next(iter(self.task.columns(self.answers.values[:0], tuple(self.manifest.classes))))

    @cached_property
    def half(self) -> np.ndarray | None:
        """(n,) half the width of the interval around each answer, where answers have intervals."""
        intervals = self.manifest.intervals
        return None if intervals is None else half_widths(intervals, self.answers.values)

    @cached_property
    def refused(self) -> np.ndarray:
        """(n,) rows that are too unlike the training data for an answer."""
        return refused(self.answers.familiarity, self.manifest.abstain, len(self))

    def record(self, row: int) -> dict[str, Any]:
        """The prediction for one row, keys as in docs/json.md."""
        known: dict[str, Any] = {"row": self.data.source_row(row), "source": self.data.source(row), "error": None, "refused": False}
        known |= {"familiarity": None, "low": None, "high": None, "seconds": self.seconds / max(1, len(self))}
        if row in self.answers.bad:
            return {**known, self.answer_name: None, "error": str(self.answers.bad[row])}
        if self.answers.familiarity is not None:
            known["familiarity"] = float(self.answers.familiarity[row])
        answer, half = self.answers.values[row], self.half
        told = self.task.to_json(answer, tuple(self.manifest.classes))
        if self.refused[row]:
            return known | told | {self.answer_name: None, "refused": True}
        if half is not None:
            known |= {"low": float(answer - half[row]), "high": float(answer + half[row])}
        return known | told

    def to_table(self) -> pl.DataFrame:
        """The same for all rows, a column for each key and one for the probability of each class; errors on one line."""
        values, bad, half = self.answers.values, self.answers.bad, self.half
        (name, answer), *others = self.task.columns(values, tuple(self.manifest.classes)).items()
        rows = range(len(self))
        errors = [None if row not in bad else str(bad[row]).splitlines()[0] for row in rows] if bad else [None] * len(self)
        unknown, familiarity = pl.Series([None] * len(self), dtype=pl.Float64), self.answers.familiarity
        columns = {
            "row": pl.Series(self.data.source_rows(), dtype=pl.Int64),
            "source": pl.Series([self.data.source(row) for row in rows], dtype=pl.String),
            name: answer,
            "error": pl.Series(errors, dtype=pl.String),
            "low": unknown if half is None else pl.Series(values - half),
            "high": unknown if half is None else pl.Series(values + half),
            "familiarity": unknown if familiarity is None else pl.Series(familiarity),
            "refused": pl.Series(self.refused, dtype=pl.Boolean),
            **dict(others),
        }
        told = [name, "low", "high", "familiarity", *(other for other, _ in others)]
        table = pl.DataFrame(columns).with_columns(pl.when(pl.col("error").is_null()).then(pl.col(*told)))
        return table.with_columns(pl.when(~pl.col("refused")).then(pl.col(name, "low", "high")))


@dataclass
class Summary(Report):
    """What came of many rows, added batch by batch: how many, how many bad, and the first ones to look at. A report."""

    out: Path | None = None
    num_rows: int = 0
    num_bad: int = 0
    num_refused: int = 0
    seconds: float = 0.0  # since the beginning, reading and writing included
    first_error: LeadlineError | None = None
    shown: list[tuple[str, str, str]] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)

    def add(self, batch: Batch) -> None:
        bad = batch.answers.bad
        if bad and self.first_error is None:
            self.first_error = bad[min(bad)]
        self.num_rows += len(batch)
        self.num_bad += len(bad)
        self.num_refused += int(batch.refused.sum())
        self.seconds = time.perf_counter() - self.began
        self.shown += [_shown(batch, row) for row in range(min(len(batch), _ROWS_SHOWN - len(self.shown)))]

    @property
    def all_bad(self) -> bool:
        return self.num_rows > 0 and self.num_bad == self.num_rows

    def to_json(self) -> dict[str, Any]:
        out = None if self.out is None else str(self.out)
        counts = {"num_rows": self.num_rows, "num_bad": self.num_bad, "num_refused": self.num_refused}
        return {**counts, "out": out, "seconds": round(self.seconds, 3)}

    def blocks(self) -> list[Block]:
        blocks: list[Block] = []
        if self.out is not None:
            rate = f", {self.num_rows / self.seconds:,.0f} a second" if self.num_rows > 1000 and self.seconds else ""
            blocks.append(Paragraph(f"{self.num_rows:,} predictions written to {self.out}{rate}"))
        elif self.num_rows:
            blocks.append(Grid(("source", "answer", "how sure"), self.shown))
        else:
            blocks.append(Paragraph("There are no rows to answer."))
        if self.out is None and self.num_rows > len(self.shown):
            blocks.append(Paragraph(f"and {self.num_rows - len(self.shown):,} more; write all to a file with -o predictions.csv", "quiet"))
        if self.num_refused:
            unlike = f"{self.num_refused:,} of {self.num_rows:,} are too unlike the training data and get no answer"
            blocks.append(Paragraph(unlike, "warning"))
        if self.num_bad:
            blocks.append(Paragraph(f"{self.num_bad:,} of {self.num_rows:,} could not be read and have no answer", "warning"))
            blocks.append(Paragraph(f"the first of them: {str(self.first_error).splitlines()[0]}", "quiet"))
        return blocks


def _shown(batch: Batch, row: int) -> tuple[str, str, str]:
    record = batch.record(row)
    if record["error"]:
        return record["source"], "could not be read", record["error"].splitlines()[0]
    if record["refused"]:
        return record["source"], "none of these", f"familiarity {record['familiarity']:.3f}"
    return record["source"], *batch.task.in_words(record)


def _card(batch: Batch, row: int) -> Card:
    source, answer, sure = _shown(batch, row)
    return Card(answer, (sure, source), picture=partial(batch.data.thumbnail, row))


class Predictions(Sequence[dict[str, Any]], Report):
    """Predictions in reading order: a sequence of dictionaries, a table, a report."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        self.batches = list(batches)
        self._starts = list(accumulate(map(len, self.batches), initial=0))

    def __len__(self) -> int:
        return self._starts[-1]

    def __getitem__(self, row: Any) -> Any:
        if isinstance(row, slice):
            return [self[place] for place in range(len(self))[row]]
        row = range(len(self))[row]
        place = bisect_right(self._starts, row) - 1
        return self.batches[place].record(row - self._starts[place])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (batch.record(row) for batch in self.batches for row in range(len(batch)))

    def to_table(self) -> pl.DataFrame:
        """A polars table: row, source, the answer, error, and what else docs/json.md names; a probability column per class."""
        return pl.concat([batch.to_table() for batch in self.batches])

    def to_json(self) -> dict[str, Any]:
        summary = self.summary()
        counts = {"num_rows": summary.num_rows, "num_bad": summary.num_bad, "num_refused": summary.num_refused}
        return {"predictions": list(self), **counts}

    def blocks(self) -> list[Block]:
        return self.summary().blocks()

    def page(self) -> list[Block]:
        """The first rows as pictures with their answers, where there is something to see."""
        batch = self.batches[0]
        if not len(batch) or batch.data.thumbnail(0) is None:
            return self.blocks()
        rows = range(min(len(batch), _PICTURES_SHOWN))
        return [
            Gallery([_card(batch, row) for row in rows]),
            *(block for block in self.blocks() if len(self) > len(rows) or not isinstance(block, Grid)),
        ]

    def summary(self) -> Summary:
        summary = Summary()
        for batch in self.batches:
            summary.add(batch)
        return summary


def write_json(batches: Iterator[Batch], stream: IO[str]) -> Summary:
    """The JSON object of `Predictions`, on one line, as batches come."""
    summary, mark = Summary(), ""
    stream.write('{"predictions": [')
    for batch in batches:
        for row in range(len(batch)):
            stream.write(mark + json.dumps(batch.record(row), ensure_ascii=False, allow_nan=False))
            mark = ", "
        summary.add(batch)
    stream.write(f'], "num_rows": {summary.num_rows}, "num_bad": {summary.num_bad}, "num_refused": {summary.num_refused}}}\n')
    return summary
