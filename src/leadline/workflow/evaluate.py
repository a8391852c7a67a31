"""`evaluate`: a saved model judged on labelled rows, as a whole, per class, and where it is weak."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from leadline.artifact.inputs import read_for
from leadline.artifact.model import Model, load
from leadline.data.left_out import at_source, drop_broken, drop_missing_target
from leadline.data.table import Data
from leadline.errors import LeadlineError
from leadline.evaluate.abstain import refused, share_refused, some_answered
from leadline.evaluate.intervals import score_interval
from leadline.evaluate.spread import coverage
from leadline.findings import Finding, Severity
from leadline.progress import Progress
from leadline.tasks.metrics import Metric
from leadline.workflow.encode import left_out, readable
from leadline.workflow.evaluation_report import Evaluation, Slice
from leadline.workflow.looking import CloseLook

_SMALLEST_SLICE = 30
_MOST_VALUES = 12  # of a category column that is looked at value by value


def evaluate(
    model: str | Path | Model, source: Any, progress: Progress | None = None, *, table: str | None = None, query: str | None = None
) -> Evaluation:
    """Judges a saved model on rows whose answers are known. Of a source with a test part only that part counts. Raises LeadlineError."""
    model = model if isinstance(model, Model) else load(model)
    data = read_for(model.manifest, source, table, query)
    if data.target is None:
        raise LeadlineError(
            f'{data.table.origin} has no column "{model.manifest.target}"',
            "rows whose answers are known",
            "use leadline predict for rows without answers",
        )
    whole = drop_broken(_warned(_judging_part(data), model, data.fingerprint()))
    data = drop_missing_target(whole, model.task.blank_is_an_answer)
    target = model.task.codes_of(data.raw(model.manifest.target), model.classes)
    if not len(data):
        raise LeadlineError(f"{data.table.origin} has no rows", "rows whose answers are known", "name a source that has some")
    data, truth = data.with_findings(*at_source(data, target.findings)), target.values
    answers = model.answer(data, progress=progress)
    findings = data.findings
    if answers.bad:
        findings = (*findings, left_out(data, answers.bad, "evaluated"))
    good = readable(len(data), answers.bad)
    unknown = refused(answers.familiarity, model.manifest.abstain, len(data))[good]
    some_answered(unknown, data.table.origin)
    answered = good[~unknown]
    evaluation = _evaluation(model, data.take(answered), answers.values[answered], truth[answered], findings)
    abstain = model.manifest.abstain
    return evaluation if abstain is None else replace(evaluation, promised=abstain["promised"], refused=share_refused(unknown))


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
    task, classes, metric = model.task, model.classes, model.task.metrics[model.manifest.metric]
    look = CloseLook(task, metric, classes, data, answers, truth)
    metrics = {m.name: score_interval(m, answers, truth) for m in task.fitting_metrics(len(classes))}
    held = None if model.manifest.intervals is None else coverage(model.manifest.intervals, answers, truth)
    slices = _slices(metric, data, answers, truth)
    return Evaluation(data.table.origin, model.manifest.name, look, metrics, slices, findings, coverage=held)


def _slices(metric: Metric, data: Data, answers: np.ndarray, truth: np.ndarray) -> list[Slice]:
    found = list[Slice]()
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
