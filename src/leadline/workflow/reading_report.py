"""What `read` has to say: for a person on one screen, for a program."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np

from leadline.columns.missing import missing_rows
from leadline.columns.recognise import Choice
from leadline.data.table import Data, together
from leadline.errors import LeadlineError, listed
from leadline.findings import Finding
from leadline.reports import Block, Card, Command, Gallery, Grid, Heading, Paragraph, Report
from leadline.workflow.looking import class_chart
from leadline.workflow.texts import text_remarks

_COLUMNS_SHOWN = 30
_CLASSES_SHOWN = (8, 3)  # the most and the least frequent
_PICTURES = 8
_EXAMPLES_FROM = 200  # values from all over the column
_EXAMPLE_LENGTH = 28


@dataclass(frozen=True)
class Answers:
    """What `train` would be asked: the task with its classes and their rows, or how the numbers are spread; and who would judge."""

    task: str
    why: str
    classes: Mapping[str, int]
    spread: str
    splits: Mapping[str, int]
    judged: str


@dataclass(frozen=True)
class ReadReport(Report):
    """`problem` says why these data cannot be learned from as they are; `candidates` are columns that could be the target where none is."""

    data: Data
    options: Mapping[str, Any]  # what was said beside the source, by the names of `read`
    at_hand: bool  # whether the source is an object in memory, which no command line can name
    answers: Answers | None
    problem: LeadlineError | None
    findings: Sequence[Finding]
    candidates: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _texts(self) -> list[tuple[str, str]]:
        return text_remarks(self.data)

    def to_json(self) -> dict[str, Any]:
        data, answers = self.data, self.answers
        columns = [{"name": name, **choice.to_json(), **self._values_of(name)} for name, choice in data.columns.items()]
        for column in columns:
            column["remarks"] += [said for said, name in self._texts if name == column["name"]]
        asked = {
            "task": answers and answers.task, "task_why": answers and answers.why, "classes": dict(answers.classes) if answers else {},
            "target_values": answers.spread if answers else "", "splits": dict(answers.splits) if answers else data.describe()["splits"],
            "splits_why": answers and answers.judged, "candidates": dict(self.candidates),
        }  # fmt: skip
        facts = {"origin": data.table.origin, "remarks": list(data.table.remarks), "rows": len(data), "columns": columns}
        problem = None if self.problem is None else self.problem.to_json()
        whole = {**facts, "target": data.target, "target_why": data.target_why, **asked}
        return {"data": whole, "findings": [finding.to_json() for finding in self.findings], "problem": problem, "next": self._next}

    def _values_of(self, name: str) -> dict[str, Any]:
        """How a column's values are spread, and two of them."""
        kind, raw = self.data.columns[name].kind(), self.data.raw(name)
        present = raw.filter(~missing_rows(raw, kind.tokens))
        if present.is_empty():
            return {"values": "", "examples": []}
        shown = [kind.show(value) for value in present.gather_every(max(1, len(present) // _EXAMPLES_FROM))]
        return {"values": kind.summary(present, self.data.where(name)), "examples": list(dict.fromkeys(shown))[:2]}

    @property
    def _next(self) -> str:
        ready = self.data.target is not None and self.problem is None
        verb = "train" if ready else "read"
        options = {name: value for name, value in self.options.items() if value}
        if not ready:
            options["target"] = next(iter(self.candidates), "COL")
        if self.at_hand:
            return f"leadline.{verb}({', '.join(['data', *(f'{name}={value!r}' for name, value in options.items())])})"
        return shlex.join(["leadline", verb, self.data.table.origin, *_words(options)])

    def blocks(self) -> list[Block]:
        return [*self._what(), *self._columns(), *self._target(), *self._worth_knowing(), *self._next_blocks()]

    def page(self) -> list[Block]:
        """The same with room for the rows of every class, and for some examples where there is something to see."""
        target = [block for block in self._target() if not isinstance(block, Grid)] if self.answers else self._target()
        classes = self.answers.classes if self.answers else {}
        chart = [class_chart(classes)] if classes else []
        return [*self._what(), *self._columns(), *self._examples(), *target, *chart, *self._worth_knowing(), *self._next_blocks()]

    def _examples(self) -> list[Block]:
        """Pictures from all over the data."""
        rows = np.linspace(0, len(self.data) - 1, min(_PICTURES, len(self.data))).astype(int).tolist()
        if not rows or self.data.thumbnail(rows[0]) is None:
            return []
        target = self.data.target
        cards = [Card(self.data.show(target, row) if target else "", picture=partial(self.data.thumbnail, row)) for row in rows]
        return [Heading("Some of them"), Gallery(cards)]

    def _what(self) -> list[Block]:
        data = self.data
        roles = [f"the target {data.target}"] if data.target else []
        roles += [f"{name} {role}" for name, role in ((data.group, "to group by"), (data.time, "to order by")) if name]
        said = f"{len(data):,} rows; columns: {_counted(data.types.values())}{', and ' if roles else ''}{' and '.join(roles)}."
        return [Heading(f"What we read: {data.table.origin}"), Paragraph(said), *(Paragraph(f"{r}.", "quiet") for r in data.table.remarks)]

    def _columns(self) -> list[Block]:
        names = list(self.data.columns)
        blocks: list[Block] = [
            Grid(("column", "type", "missing", "values", "such as"), [self._row(name) for name in names[:_COLUMNS_SHOWN]])
        ]
        if len(names) > _COLUMNS_SHOWN:
            kinds = _counted(self.data.types[name] for name in names[_COLUMNS_SHOWN:])
            blocks.append(Paragraph(f"and {len(names) - _COLUMNS_SHOWN:,} more columns ({kinds}); --json has them all", "quiet"))
        said = [
            *(Paragraph(f"{why}.", "quiet") for why in together(self._reasons())),
            *(Paragraph(f"{r}.") for r in together(self._remarks())),
        ]
        return [*blocks, *said]

    def _row(self, name: str) -> tuple[str, ...]:
        choice, values = self.data.columns[name], self._values_of(name)
        return name, choice.type, _missing(choice, len(self.data)), values["values"], _such_as(values["examples"])

    def _reasons(self) -> Iterator[tuple[str, str]]:
        """Why each column has its type and what else it could have been, with its name."""
        for name, choice in self.data.columns.items():
            yield f"{choice.type}, {choice.why}", name
        for name, choice in self.data.columns.items():
            for kind, why in choice.others.items():
                yield f"could also be {kind}, {why}", name

    def _remarks(self) -> Iterator[tuple[str, str]]:
        """What is said of each column, with its name."""
        yield from ((said, name) for name, choice in self.data.columns.items() for said in choice.remarks)
        yield from self._texts

    def _target(self) -> list[Block]:
        data, answers = self.data, self.answers
        blocks: list[Block] = [Heading("The target")]
        if data.target is None:
            blocks.append(Paragraph(f"Which column holds the answers is not certain: {data.target_why}.", "warning"))
            return [*blocks, Grid(("could be", "to"), list(self.candidates.items()))] if self.candidates else blocks
        if answers is None:
            return [*blocks, Paragraph(f'"{data.target}": {data.target_why}.')]
        blocks.append(Paragraph(f'"{data.target}": {data.target_why}. The task is to {answers.task}: {answers.why}.'))
        blocks.append(Paragraph(f"{answers.spread}.") if not answers.classes else _class_grid(answers.classes))
        splits = ", ".join(f"{rows:,} {name}" for name, rows in answers.splits.items() if rows)
        blocks.append(Paragraph(f"Splits: {splits} ({answers.judged})."))
        dates = [name for name, kind in data.types.items() if kind == "datetime"]
        if dates and data.time is None and data.split is None:
            blocks.append(Paragraph(f"To be judged on the latest rows instead, add --time {shlex.quote(dates[0])}.", "quiet"))
        return blocks

    def _worth_knowing(self) -> list[Block]:
        lines = [Paragraph(finding.in_words, "warning") for finding in self.findings]
        if self.problem is not None:
            lines.append(Paragraph(f"As it is this cannot be learned from: {self.problem}", "warning"))
        return [Heading("Worth knowing"), *lines] if lines else []

    def _next_blocks(self) -> list[Block]:
        return [Heading("What to type next"), Command(self._next)]


def _words(options: Mapping[str, Any]) -> Iterator[str]:
    """Options as the command line has them."""
    for name, value in options.items():
        if name == "types":
            yield from (word for column, kind in value.items() for word in ("--type", f"{column}={kind}"))
        else:
            yield from (word for each in ([value] if isinstance(value, str) else value) for word in (f"--{name}", each))


def _class_grid(classes: Mapping[str, int]) -> Grid:
    rows = [(name, f"{count:,}", f"{count / max(1, sum(classes.values())):.1%}") for name, count in classes.items()]
    most, least = _CLASSES_SHOWN
    if len(rows) > most + least + 1:
        rows = [*rows[:most], (f"{len(rows) - most - least:,} more", "", ""), *rows[-least:]]
    return Grid(("class", "rows", "share"), rows)


def _counted(kinds: Iterable[str]) -> str:
    return ", ".join(f"{number:,} {kind}" for kind, number in Counter(kinds).most_common())


def _missing(choice: Choice, rows: int) -> str:
    """1,836 (6%) as ?"""
    if not choice.missing:
        return ""
    empty = choice.missing - sum(choice.missing_as.values())
    ways = [*choice.missing_as, *(["empty"] if empty and choice.missing_as else [])]
    return f"{choice.missing / rows:.1%}" + (f" as {listed(ways, shown=3)}" if ways else "")


def _such_as(examples: Sequence[str]) -> str:
    """One example, or two short ones."""
    both = "; ".join(examples)
    return both if len(both) <= _EXAMPLE_LENGTH else _cut(examples[0])


def _cut(example: str) -> str:
    """The beginning of a text, the end of a path."""
    if len(example) <= _EXAMPLE_LENGTH:
        return example
    if "/" in example and " " not in example:
        return "…" + example[1 - _EXAMPLE_LENGTH :]
    return example[: _EXAMPLE_LENGTH - 1] + "…"
