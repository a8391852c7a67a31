"""What `check` has to say: the worst first for a person, everything for a program, a line for each row of the data for a table."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from leadline.check.contract import NotApplicable, Section
from leadline.check.mending import Mended
from leadline.check.quality import lost_points, quality_of
from leadline.check.view import Answers
from leadline.data.edits import Edit, proposed, write_edits
from leadline.data.table import Data
from leadline.errors import LeadlineError, listed
from leadline.evaluate.intervals import Interval
from leadline.files import write_atomically
from leadline.findings import Finding, Severity
from leadline.registry import CHECKS
from leadline.reports import Block, Card, Command, Gallery, Grid, Heading, Paragraph, Report
from leadline.workflow.setup import Setup

ROWS_FILE = "rows.parquet"
_SHOWN = 5  # rows of a finding on a screen
_CARDS = 12  # on a page
_FACTS, _CHARACTERS = 6, 300  # of a row's values on a card
_SEVERITY_WORDS = {Severity.HIGH: "Mend first", Severity.MEDIUM: "Worth a look", Severity.LOW: "Good to know"}
_TONES = {Severity.HIGH: "warning", Severity.MEDIUM: "plain", Severity.LOW: "quiet"}


@dataclass(frozen=True)
class Unasked:
    """A check that could not be asked of these data, and why."""

    code: str
    why: str


@dataclass(frozen=True)
class CheckReport(Report):
    """`facts` are keys of the JSON that checks add; `rows` what they say of every row, (n,) arrays by column."""

    data: Data  # the rows that checks looked at
    whole: Data  # all rows; of very many some drawn by lot are looked at
    setup: Setup | None  # of all rows
    looked_at: Setup | None  # of those that checks looked at
    class_counts: Mapping[str, int]
    findings: tuple[Finding, ...]
    asked: tuple[str, ...]  # codes of the checks that were run to their end
    unasked: tuple[Unasked, ...]
    facts: Mapping[str, Any]
    rows: Mapping[str, np.ndarray]
    answers: Answers | None
    score: Interval | None
    mended: Mended | NotApplicable  # the score to expect, or why that is not said
    seconds: float
    sections: tuple[Section, ...] = ()
    edits: Path | None = None  # where the list of proposed changes is written

    @property
    def num_rows(self) -> int:
        return len(self.whole)

    @cached_property
    def quality_parts(self) -> dict[str, float]:
        """What checks found is a share of the rows they looked at, what was found on reading one of all."""
        looked = set(self.data.source_rows().tolist())
        by_checks = [finding for finding in self.findings if finding.code in self.asked and looked.issuperset(finding.rows)]
        on_reading = [finding for finding in self.findings if finding not in by_checks]
        lost = lost_points(by_checks, len(self.data)) | lost_points(on_reading, self.num_rows)
        return dict(sorted(lost.items(), key=lambda item: -item[1]))

    @property
    def quality(self) -> float:
        return quality_of(self.quality_parts)

    def worst(self) -> Severity | None:
        return self.findings[0].severity if self.findings else None

    def to_json(self) -> dict[str, Any]:
        setup = self.setup
        asked = {"task": setup and setup.task.name, "classes": dict(self.class_counts)}
        splits = setup.partition.sizes() if setup else self.data.describe()["splits"]
        return {
            "data": {**self.data.describe(), "rows": self.num_rows, "looked_at": len(self.data), **asked, "splits": splits},
            "findings": [finding.to_json() for finding in self.findings],
            "quality": round(self.quality, 1),
            "quality_parts": [{"code": code, "points": round(points, 2)} for code, points in self.quality_parts.items()],
            "score": None if self.score is None else self.score.to_json(),
            "left_out": [{"learner": name, "why": why} for name, why in (self.answers.left_out if self.answers else ())],
            **self._mended_json(), "expected_label_errors": None, **self.facts,
            "asked": list(self.asked), "not_applicable": [{"code": one.code, "why": one.why} for one in self.unasked],
            "seconds": round(self.seconds, 2),
        }  # fmt: skip

    def _mended_json(self) -> dict[str, Any]:
        if isinstance(self.mended, NotApplicable):
            return {"score_if_mended": None, "score_if_mended_why": self.mended.why}
        return {"score_if_mended": self.mended.to_json(), "score_if_mended_why": None}

    def write_rows(self, folder: Path) -> None:
        """`rows.parquet`: one line for each row of the data."""
        sources = [self.data.source(row) for row in range(len(self.data))]
        columns = {"row": self.data.source_rows(), "source": sources, **self._split_and_label(), **dict(self.rows)}
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LeadlineError(f"{folder} cannot be written ({error.strerror})", "a folder", "another -o") from error
        file = BytesIO()
        pl.DataFrame(columns).write_parquet(file)
        write_atomically(folder / ROWS_FILE, file.getvalue())

    def write_edits(self, path: Path) -> None:
        """What the findings propose; an empty file where that is nothing."""
        write_edits(path, self._proposed)

    @cached_property
    def _proposed(self) -> list[Edit]:
        return proposed([*self.findings, *self.sections], self.whole)

    def _split_and_label(self) -> dict[str, Any]:
        setup = self.looked_at
        if setup is None:
            return {}
        split = np.full(len(self.data), "train", dtype=object)
        split[setup.partition.valid], split[setup.partition.test] = "valid", "test"
        labels = [setup.task.told(value, setup.target.classes) for value in setup.target.values]
        return {"split": split.tolist(), "label": labels}

    def blocks(self) -> list[Block]:
        told = [*self._listed(), *self._said(), *self._on_the_page()]
        return [*self._what(), *told, *self._questions(), *self._verdict(), *self._next()]

    def page(self) -> list[Block]:
        """The verdict first, and examples to look at under each finding."""
        return [
            *self._what(), *self._verdict(), *self._illustrated(), *self._said(), *self._shelves(), *self._questions(), *self._next()
        ]  # fmt: skip

    def _what(self) -> list[Block]:
        classes = f", {len(self.class_counts):,} classes" if self.class_counts else ""
        target = f'; the answers are in "{self.data.target}"' if self.data.target else "; no answers"
        columns = "1 column" if len(self.data.columns) == 1 else f"{len(self.data.columns):,} columns"
        drawn = (
            f" {len(self.data):,} rows, drawn by lot, were looked at; copies were sought among all."
            if self.num_rows > len(self.data)
            else ""
        )
        said = f"{self.num_rows:,} rows, {columns}{classes}{target}.{drawn}"
        return [Heading(f"How good the data are: {self.data.table.origin or self.data.name}"), Paragraph(said)]

    def _verdict(self) -> list[Block]:
        counts = [f"{self._number(severity)} {severity}" for severity in Severity if self._number(severity)]
        parts = [(code, f"-{points:.1f}") for code, points in self.quality_parts.items() if points >= 0.05]
        said = f"Quality {self.quality:.0f} of 100: {'nothing was found' if not counts else 'findings: ' + ', '.join(counts)}."
        blocks: list[Block] = [Heading("In one figure"), Paragraph(said, "strong")]
        if parts:
            blocks.append(Grid(("points", "for"), [(points, code) for code, points in parts]))
        if self.score is not None and self.setup is not None and self.answers is not None:
            metric = self.setup.metric
            value, low, high = (metric.shown(number) for number in (self.score.value, self.score.low, self.score.high))
            some = "half of the rows at a time" if self.answers.num_folds == 2 else "the rows"
            said = f"Learned from {some} as they are: {value} {metric.title} ({low} to {high}), by the {self.answers.title}."
            late = [f"{name} ({why})" for name, why in self.answers.left_out]
            blocks.append(Paragraph(f"{said} Left out: {'; '.join(late)}." if late else said, "quiet"))
            if isinstance(self.mended, Mended):
                blocks.append(Paragraph(self.mended.in_words(metric, self.score.value), "quiet"))
        return blocks

    def _number(self, severity: Severity) -> int:
        return sum(finding.severity == severity for finding in self.findings)

    def _listed(self) -> list[Block]:
        blocks = list[Block]()
        for heading, found in self._by_severity():
            blocks += [heading, *(block for finding in found for block in self._in_words(finding))]
        return blocks

    def _by_severity(self) -> Iterator[tuple[Heading, list[Finding]]]:
        """The findings under what to call them, the worst first; nothing for a severity without any."""
        for severity, words in _SEVERITY_WORDS.items():
            found = [finding for finding in self.findings if finding.severity == severity]
            if found:
                yield Heading(words), found

    def _in_words(self, finding: Finding) -> Iterator[Block]:
        yield Paragraph(f"{finding.in_words} [{finding.code}]", _TONES[finding.severity])
        if finding.rows:
            more = f" and {len(finding.rows) - _SHOWN:,} more" if len(finding.rows) > _SHOWN else ""
            yield Paragraph(f"  rows {', '.join(map(str, finding.rows[:_SHOWN]))}{more}", "quiet")
        if finding.fix:
            yield Paragraph(f"  try: {finding.fix}", "quiet")

    def _illustrated(self) -> list[Block]:
        places = {row: place for place, row in enumerate(self.data.source_rows().tolist())}
        blocks = list[Block]()
        for heading, found in self._by_severity():
            blocks.append(heading)
            for finding in found:
                blocks += self._in_words(finding)
                better = {row: mend.value for mend in finding.mends if mend.action == "relabel row" for row in mend.rows}
                shown = [row for row in finding.rows[:_CARDS] if row in places]
                blocks += [Gallery([self._card(places[row], better.get(row)) for row in shown])] if shown else []
        return blocks

    def _said(self) -> Iterator[Block]:
        """Sections that are sentences."""
        for section in self.sections:
            if section.said:
                yield Heading(section.title)
                yield from map(Paragraph, section.said)

    def _on_the_page(self) -> list[Block]:
        """Where the rows to look at are shown."""
        titles = [section.title for section in self.sections if section.shelves]
        return [Paragraph(f"--html FILE shows rows to look at: {listed(titles, _SHOWN)}.", "quiet")] if titles else []

    def _shelves(self) -> Iterator[Block]:
        """Sections that are rows to look at."""
        for section in self.sections:
            if section.shelves:
                yield Heading(section.title)
            for shelf in section.shelves:
                notes = shelf.notes or ("",) * len(shelf.rows)
                yield Paragraph(shelf.title, "quiet")
                if shelf.rows:
                    yield Gallery([self._card(row, None, note) for row, note in zip(shelf.rows, notes, strict=True)])

    def _card(self, row: int, better: str | None, note: str = "") -> Card:
        """`better` is the label that it should have, where that is known; `note` something else to say of it."""
        label = self.data.show(self.data.target, row) if self.data.target else f"row {self.data.source_row(row)}"
        label = label if better is None else f"{label}, or rather {better}?"
        facts = [(name, value[:_CHARACTERS]) for name, value in list(self.data.tell(row).items())[:_FACTS]]
        return Card(label, (self.data.source(row), note) if note else (self.data.source(row),), facts, partial(self.data.thumbnail, row))

    def _questions(self) -> list[Block]:
        """Those that were asked, and those that could not be."""
        titles, reasons, blocks = [CHECKS.get(code).title for code in self.asked], dict[str, list[str]](), list[Block]()
        if titles:
            blocks += [Heading("Asked"), Paragraph(" ".join(title[:1].upper() + title[1:] for title in titles), "quiet")]
        for one in self.unasked:
            reasons.setdefault(one.why, []).append(one.code)
        told = [Paragraph(f"{listed(codes, len(codes))}: {why}.", "quiet") for why, codes in reasons.items()]
        return [*blocks, Heading("Not asked"), *told] if told else blocks

    def _next(self) -> list[Block]:
        verb = ["leadline", "train" if self.setup is not None else "read", self.data.table.origin or "DATA"]
        target = ["--target", self.data.target] if self.data.target and self.data.table.target is None else []
        heading, command = Heading("What to type next"), Command(shlex.join([*verb, *target]))
        if self.edits is None or self.setup is None:
            return [heading, command]
        if not self._proposed:
            return [heading, Paragraph(f"Nothing was found that could be mended by a list, so {self.edits} is empty.", "quiet"), command]
        said = f"{len(self._proposed):,} changes are proposed in {self.edits}. Remove the lines that you do not agree with; then"
        return [heading, Paragraph(said), Command(shlex.join([*verb, *target, "--edits", str(self.edits)]))]
