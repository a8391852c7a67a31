"""What `evaluate` has to say: for a person, for a program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leadline.evaluate.intervals import Interval
from leadline.findings import Finding
from leadline.reports import Block, Grid, Heading, Paragraph, Report
from leadline.tasks.contract import Task
from leadline.tasks.metrics import Metric

_CLASSES_SHOWN = 20


@dataclass(frozen=True)
class PerClass:
    """`recall`: share of this class found; `precision`: share of answers naming it that are right (NaN if never named)."""

    name: str
    n: int
    recall: float
    recall_low: float
    recall_high: float
    precision: float

    def in_words(self) -> tuple[str, ...]:
        precision = f"{self.precision:.1%}" if np.isfinite(self.precision) else "never named"
        return self.name, f"{self.n:,}", f"{self.recall:.1%}", f"{self.recall_low:.1%} to {self.recall_high:.1%}", precision

    def to_json(self) -> dict[str, Any]:
        recall = {"value": self.recall, "low": self.recall_low, "high": self.recall_high}
        return {"class": self.name, "n": self.n, "recall": recall, "precision": finite(self.precision)}


@dataclass(frozen=True)
class Slice:
    column: str
    value: str
    score: Interval

    def to_json(self) -> dict[str, Any]:
        score = self.score.to_json()
        return {"column": self.column, "value": self.value, "score": score.pop("value"), **score}


@dataclass(frozen=True)
class Evaluation(Report):
    name: str
    model: str
    task: Task
    metric: Metric
    metrics: dict[str, Interval]
    per_class: list[PerClass]
    classes: list[str]
    confusion: list[list[int]]  # [truth][answer]; empty where an answer is not one of the classes
    ece: float | None
    slices: list[Slice]
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "metrics": {name: interval.to_json() for name, interval in self.metrics.items()},
            "per_class": [c.to_json() for c in self.per_class],
            "confusion": {"classes": self.classes, "counts": self.confusion},
            "calibration": {"ece": self.ece},
            "slices": [s.to_json() for s in self.slices],
            "findings": [finding.to_json() for finding in self.findings],
        }  # fmt: skip

    def blocks(self) -> list[Block]:
        scores = [(self.task.metrics[name], interval) for name, interval in self.metrics.items()]
        rows = [(m.title, m.shown(i.value), f"{m.shown(i.low)} to {m.shown(i.high)}") for m, i in scores]
        blocks: list[Block] = [Heading(f"{self.model} on {self.name}"), *(Paragraph(_sentence(f.title), "warning") for f in self.findings)]
        blocks.append(Grid(("measure", "score", "95% interval"), rows))
        blocks.append(Paragraph(f"{self.metrics[self.metric.name].n:,} rows.", "quiet"))
        if self.ece is not None:
            blocks.append(Paragraph(f"When it says how sure it is, it is off by {self.ece:.1%} on average."))
        return [*blocks, *self._class_blocks(), *self._slice_blocks()]

    def _class_blocks(self) -> list[Block]:
        if not self.per_class:
            return []
        worst = sorted(self.per_class, key=lambda c: c.recall)[:_CLASSES_SHOWN]
        head = ("class", "rows", "found", "95% interval", "right when named", *(("mostly mistaken for",) if self.confusion else ()))
        rows = [(*c.in_words(), *self._mistaken_for(c)) for c in worst]
        blocks: list[Block] = [Heading("Class by class, hardest first"), Grid(head, rows)]
        more = len(self.per_class) - len(worst)
        return [*blocks, Paragraph(f"and {more:,} more; all are in --json", "quiet")] if more else blocks

    def _mistaken_for(self, found: PerClass) -> tuple[str, ...]:
        if not self.confusion:
            return ()
        counts = list(self.confusion[self.classes.index(found.name)])
        counts[self.classes.index(found.name)] = 0
        return (f"{self.classes[int(np.argmax(counts))]} ({max(counts)})" if max(counts) else "",)

    def _slice_blocks(self) -> list[Block]:
        if not self.slices:
            return []
        shown = self.metric.shown
        worst = sorted(self.slices, key=lambda s: self.metric.better(s.score.value))[:8]
        rows = [
            (f"{s.column} = {s.value}", f"{s.score.n:,}", shown(s.score.value), f"{shown(s.score.low)} to {shown(s.score.high)}")
            for s in worst
        ]
        return [Heading("Where it is weakest"), Grid(("rows where", "rows", self.metric.name, "95% interval"), rows)]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def finite(value: float) -> float | None:
    """JSON knows no NaN."""
    return value if np.isfinite(value) else None
