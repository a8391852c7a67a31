"""`evaluate`: a saved model judged on labelled rows, as a whole, per class, and where it is weak."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from leadline.artifact.inputs import read_for
from leadline.artifact.model import Model, load
from leadline.data.left_out import drop_broken, drop_missing_target
from leadline.data.table import Data
from leadline.errors import LeadlineError
from leadline.evaluate.calibration import expected_calibration_error
from leadline.evaluate.intervals import Interval, score_interval, wilson
from leadline.evaluate.metrics import METRICS, fitting_metrics
from leadline.findings import Finding, Severity
from leadline.progress import Progress
from leadline.reports import Block, Grid, Heading, Paragraph
from leadline.workflow.encode import left_out, readable
from leadline.workflow.training_report import show_score

_SMALLEST_SLICE = 30
_MOST_VALUES = 12  # of a category column that is looked at value by value
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

    def to_json(self) -> dict[str, Any]:
        recall = {"value": self.recall, "low": self.recall_low, "high": self.recall_high}
        return {"class": self.name, "n": self.n, "recall": recall, "precision": _finite(self.precision)}


@dataclass(frozen=True)
class Slice:
    column: str
    value: str
    score: Interval


@dataclass(frozen=True)
class Evaluation:
    name: str
    model: str
    metric: str
    metrics: dict[str, Interval]
    per_class: list[PerClass]
    classes: list[str]
    confusion: list[list[int]]  # [truth][answer]
    ece: float | None
    slices: list[Slice]
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "metrics": {name: interval.to_json() for name, interval in self.metrics.items()},
            "per_class": [c.to_json() for c in self.per_class],
            "confusion": {"classes": self.classes, "counts": self.confusion},
            "calibration": {"ece": self.ece},
            "slices": [{"column": s.column, "value": s.value, **s.score.to_json()} for s in self.slices],
            "findings": [finding.to_json() for finding in self.findings],
        }  # fmt: skip

    def blocks(self) -> list[Block]:
        rows = [
            (METRICS[n].title, show_score(n, i.value), f"{show_score(n, i.low)} to {show_score(n, i.high)}")
            for n, i in self.metrics.items()
        ]
        blocks: list[Block] = [Heading(f"{self.model} on {self.name}"), *(Paragraph(_sentence(f.title), "warning") for f in self.findings)]
        blocks.append(Grid(("measure", "score", "95% interval"), rows))
        blocks.append(Paragraph(f"{self.metrics[self.metric].n:,} rows.", "quiet"))
        if self.ece is not None:
            blocks.append(Paragraph(f"When it says how sure it is, it is off by {self.ece:.1%} on average."))
        return [*blocks, *self._class_blocks(), *self._slice_blocks()]

    def _class_blocks(self) -> list[Block]:
        if not self.per_class:
            return []
        worst = sorted(self.per_class, key=lambda c: c.recall)[:_CLASSES_SHOWN]
        rows = [
            (
                c.name,
                f"{c.n:,}",
                f"{c.recall:.1%}",
                f"{c.recall_low:.1%} to {c.recall_high:.1%}",
                _percent(c.precision),
                self._mistaken_for(c.name),
            )
            for c in worst
        ]
        return [
            Heading("Class by class, hardest first"),
            Grid(("class", "rows", "found", "95% interval", "right when named", "mostly mistaken for"), rows),
        ]

    def _mistaken_for(self, name: str) -> str:
        counts = list(self.confusion[self.classes.index(name)])
        counts[self.classes.index(name)] = 0
        return f"{self.classes[int(np.argmax(counts))]} ({max(counts)})" if max(counts) else ""

    def _slice_blocks(self) -> list[Block]:
        if not self.slices:
            return []
        better = METRICS[self.metric].better
        worst = sorted(self.slices, key=lambda s: better(s.score.value))[:8]
        rows = [
            (
                f"{s.column} = {s.value}",
                f"{s.score.n:,}",
                show_score(self.metric, s.score.value),
                f"{show_score(self.metric, s.score.low)} to {show_score(self.metric, s.score.high)}",
            )
            for s in worst
        ]
        return [Heading("Where it is weakest"), Grid(("rows where", "rows", self.metric, "95% interval"), rows)]


def evaluate(model: str | Path | Model, source: Any, progress: Progress | None = None) -> Evaluation:
    """Judges a saved model on rows whose answers are known. Of a source with a test part only that part counts. Raises LeadlineError."""
    model = model if isinstance(model, Model) else load(model)
    data = read_for(model.manifest, source)
    if data.target is None:
        raise LeadlineError(
            f'{data.table.origin} has no column "{model.manifest.target}"',
            "rows whose answers are known",
            "use leadline predict for rows without answers",
        )
    data = drop_missing_target(drop_broken(_warned(_judging_part(data), model, data.fingerprint())))
    truth = model.task.codes_of(data.raw(model.manifest.target), model.classes).values
    answers = model.answer(data, progress=progress)
    findings = data.findings
    if answers.bad:
        findings = (*findings, left_out(data, answers.bad, "evaluated"))
    good = readable(len(data), answers.bad)
    return _evaluation(model, data.take(good), answers.values[good], truth[good], findings)


def _warned(data: Data, model: Model, fingerprint: str) -> Data:
    """A finding where the model is judged on the very file that it learned from."""
    if fingerprint != model.manifest.data["fingerprint"] or data.split is not None:
        return data
    title = "the model learned from these very data, so these scores are too good; how good it is on new rows is in its card.md"
    return data.with_findings(Finding("split-leak", Severity.HIGH, title, fix="evaluate on rows that train never saw"))


def _judging_part(data: Data) -> Data:
    """Rows named train have taught somebody; where a test part is there it alone judges."""
    for part in ("test", "valid"):
        if data.split is not None and (data.split == part).any():
            return data.take(np.flatnonzero(data.split == part))
    return data


def _evaluation(model: Model, data: Data, answers: np.ndarray, truth: np.ndarray, findings: tuple[Finding, ...]) -> Evaluation:
    classes = list(model.classes)
    metrics = {m.name: score_interval(m, answers, truth) for m in fitting_metrics(model.task.metrics, len(classes))}
    confusion = np.zeros((len(classes), len(classes)), dtype=np.int64)
    if classes:
        np.add.at(confusion, (truth, answers.argmax(axis=1)), 1)
    return Evaluation(
        data.table.origin, model.manifest.name, model.manifest.metric, metrics, _per_class(classes, confusion), classes, confusion.tolist(),
        expected_calibration_error(answers, truth) if classes else None, _slices(model, data, answers, truth), findings,
    )  # fmt: skip


def _per_class(classes: list[str], confusion: np.ndarray) -> list[PerClass]:
    found = []
    for code, name in enumerate(classes):
        right, there, named = int(confusion[code, code]), int(confusion[code].sum()), int(confusion[:, code].sum())
        if there:
            found.append(PerClass(name, there, right / there, *wilson(right, there), right / named if named else float("nan")))
    return found


def _slices(model: Model, data: Data, answers: np.ndarray, truth: np.ndarray) -> list[Slice]:
    metric, found = METRICS[model.manifest.metric], list[Slice]()
    for name, form in data.forms.items():
        values = data.feature(name) if form == "category" else pl.Series()
        if form != "category" or values.n_unique() > _MOST_VALUES:
            continue
        for value in values.drop_nulls().unique().sort():
            rows = (values == value).arg_true().to_numpy()
            score = score_interval(metric, answers[rows], truth[rows]) if len(rows) >= _SMALLEST_SLICE else None
            if score is not None and score.defined:
                found.append(Slice(name, str(value), score))
    return found


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _percent(value: float) -> str:
    return f"{value:.1%}" if np.isfinite(value) else "never named"
