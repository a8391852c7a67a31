"""What `evaluate` has to say: for a person, for a program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from leadline.evaluate.abstain import refusing_in_words
from leadline.evaluate.intervals import Interval
from leadline.evaluate.per_class import PerClass
from leadline.findings import Finding
from leadline.reports import Block, Grid, Heading, Paragraph, Report
from leadline.tasks.metrics import Metric
from leadline.workflow.looking import CloseLook, how_sure

_CLASSES_SHOWN = 20


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
    look: CloseLook
    metrics: dict[str, Interval]
    slices: list[Slice]
    findings: tuple[Finding, ...]
    promised: float | None = None  # share of rows like those of training that the model answers
    coverage: float | None = None  # share of truths inside their 90 % intervals
    refused: Interval | None = None  # share of these rows that got no answer and are in no score

    @property
    def metric(self) -> Metric:
        return self.look.metric

    @property
    def per_class(self) -> list[PerClass]:
        return self.look.per_class

    @property
    def confusion(self) -> list[list[int]]:
        """[truth][answer]; empty where an answer is not one of the classes."""
        return cast(list[list[int]], self.look.confusion.tolist())

    @property
    def classes(self) -> list[str]:
        """The names of what `confusion` counts."""
        return list(self.look.classes) if self.confusion else []

    @property
    def ece(self) -> float | None:
        return self.look.calibration_error

    def to_json(self) -> dict[str, Any]:
        return {
            "metrics": {name: interval.to_json() for name, interval in self.metrics.items()},
            "per_class": [c.to_json() for c in self.per_class],
            "confusion": {"classes": self.classes, "counts": self.confusion},
            "calibration": {"ece": self.ece, "coverage": self.coverage},
            "refused": None if self.refused is None else self.refused.to_json(),
            "decision": self.look.decision,
            "costs": self.look.costs,
            "slices": [s.to_json() for s in self.slices],
            "findings": [finding.to_json() for finding in self.findings],
        }  # fmt: skip

    def blocks(self) -> list[Block]:
        blocks: list[Block] = [Heading(f"{self.model} on {self.name}"), *self._findings(), self._measures()]
        blocks.append(Paragraph(f"{self.metrics[self.metric.name].n:,} rows.", "quiet"))
        blocks += [*self._refusing(), *self.look.deciding()]
        if self.ece is not None:
            blocks.append(Paragraph(f"When it says how sure it is, it is off by {self.ece:.1%} on average."))
        return [*blocks, *self._covering(), *self._class_blocks(), *self._slice_blocks()]

    def page(self) -> list[Block]:
        score = self.metrics[self.metric.name]
        most = "Answering without looking, by what these rows hold, would reach {}."
        sure = how_sure(self.metric, score, self.look.baseline, most)
        measures: list[Block] = [Heading("All measures"), self._measures()]
        return [
            *self._findings(), *sure, *self._refusing(), *self.look.deciding(), *self._covering(),
            *self.look.blocks(), *measures, *self._class_blocks(), *self._slice_blocks(),
        ]  # fmt: skip

    def _covering(self) -> list[Block]:
        if self.coverage is None:
            return []
        return [Paragraph(f"Of its intervals, meant for 90% of the truths, {self.coverage:.1%} held theirs.")]

    def _refusing(self) -> list[Block]:
        return [] if self.refused is None or self.promised is None else [Paragraph(refusing_in_words(self.refused, self.promised))]

    def _findings(self) -> list[Block]:
        return [Paragraph(finding.in_words, "warning") for finding in self.findings]

    def _measures(self) -> Grid:
        scores = [(self.look.task.metrics[name], interval) for name, interval in self.metrics.items()]
        rows = [(m.title, m.shown(i.value), f"{m.shown(i.low)} to {m.shown(i.high)}") for m, i in scores]
        return Grid(("measure", "score", "95% interval"), rows)

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
