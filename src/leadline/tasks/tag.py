"""Tag: each example has any number of labels, none included (multi-label classification)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from leadline.columns.contract import Confidence, Sample, Where, WhyNot
from leadline.columns.tags import SEPARATORS, Tags, codes_in
from leadline.errors import LeadlineError, listed
from leadline.findings import Finding, Severity
from leadline.tasks.contract import ClassCount, Loss, Target, Task
from leadline.tasks.deciding import numbers
from leadline.tasks.tag_metrics import all_right, metrics_of
from leadline.tasks.thresholds import f1_threshold

THRESHOLD = 0.5  # a label is named from this probability on, unless a metric asks otherwise
_LEAST_ROWS = 2  # of one label: with fewer nothing can be both learned and judged
_AIMS = {  # metrics that look at the labels named, which are decided for them, with the reason
    "micro_f1": "there the F1 over all labels is highest, as far as rows held out while learning tell",
    "macro_f1": "there its F1 is highest, as far as rows held out while learning tell",
}
_NUMBERS_ENOUGH = 1 << 22  # probabilities that tell a threshold: of more, those of evenly spaced rows
_MOST_LABELS = 2_000
_MOST_SINGLES = 0.5  # of all labels given may be on one row only; more are remarks, not labels
_SAMPLED = 5_000
_LABELS_SHOWN = 6


class Tag(Task):
    """Labels are in the order of their frequency, the most frequent first. Answers are a probability for each by itself."""

    name = "tag"
    metrics = metrics_of(lambda probabilities: probabilities >= THRESHOLD)
    calibrated_by = "log_loss"
    blank_is_an_answer = True

    def __init__(self, thresholds: Any = None, aim: str | None = None) -> None:
        """A label is named from its threshold on: one for all labels, one of each (num_labels,) or of each in every row (n, num_labels),
        chosen for the metric `aim`; None: one half.
        """
        self.thresholds, self.aim = np.asarray(THRESHOLD if thresholds is None else thresholds), aim
        if thresholds is not None:
            self.metrics = metrics_of(self.is_named)

    def is_named(self, probabilities: np.ndarray) -> np.ndarray:
        above: np.ndarray = probabilities >= self.thresholds
        return above

    def claims(self, target: pl.Series) -> Confidence | WhyNot:
        verdict = Tags().recognise(_sampled(target))
        if isinstance(verdict, WhyNot):
            return verdict
        return Confidence(verdict.value, f"the target {verdict.why}; --task classify takes each combination as a class")

    def why_not(self, target: pl.Series) -> str | None:
        if not (target.dtype.is_nested() or target.dtype in (pl.String, pl.Categorical, pl.Enum)):
            return f"its values are {target.dtype}, and labels are names or lists of names"
        counts = _counted(_labels(target, Tags.for_values(_sampled(target))))["count"].to_numpy()
        if not len(counts):
            return f"none of {len(target):,} rows has a label"
        if not (counts >= _LEAST_ROWS).any():
            return f"its {len(counts):,} labels are on one row each, so that nothing can be learned of any"
        if counts[counts < _LEAST_ROWS].sum() > _MOST_SINGLES * counts.sum():
            return f"most of its {len(counts):,} labels are on one row only"
        if (counts == len(target)).all():
            return f"all {len(target):,} rows have the same labels"
        return None

    def read_target(self, target: pl.Series, positive: str | None = None) -> Target:
        """Labels on a single row, and beyond the 2,000 most frequent, are left out with a finding."""
        if positive is not None:
            raise LeadlineError("labels have no positive class", "a target of two classes", "leave out --positive", column=target.name)
        labels = _labels(target, Tags.for_values(_sampled(target)))
        counts = _counted(labels)
        kept = counts.filter(pl.col("count") >= _LEAST_ROWS)["label"].head(_MOST_LABELS)
        others = counts.filter(~pl.col("label").is_in(kept.implode()))["label"].to_list()
        why = f"are on fewer than {_LEAST_ROWS} rows" if len(kept) < _MOST_LABELS else f"are not among the {_MOST_LABELS:,} most frequent"
        findings = (_left_out(target.name, labels, others, why, "label more rows with them, or give several one common label"),)
        return Target(_matrix(labels, kept.to_list()), tuple(kept), findings=findings if others else ())

    def codes_of(self, target: pl.Series, classes: tuple[str, ...]) -> Target:
        """Cells are taken apart as the model's labels are found best; labels it does not know are left out with a finding."""
        ways = [_labels(target, Tags(mark)) for mark in (("",) if target.dtype.is_nested() else ("", *SEPARATORS))]
        labels = max(ways, key=lambda way: int(way.explode().is_in(list(classes)).sum()))
        counts = _counted(labels)
        unknown = counts.filter(~pl.col("label").is_in(list(classes)))["label"].to_list()
        if unknown and len(unknown) == len(counts):
            raise LeadlineError(f'the model does not know the label "{unknown[0]}", nor any other here', f"some of: {listed(classes)}")
        findings = (_left_out(target.name, labels, unknown, "are unknown to the model", "train again on data that hold them"),)
        return Target(_matrix(labels, list(classes)), classes, findings=findings if unknown else ())

    def made_up(self, num_rows: int, seed: int) -> pl.Series:
        return Tags().made_up(num_rows, seed)

    def loss(self, num_classes: int) -> Loss:
        return "each-label"

    def num_outputs(self, num_classes: int) -> int:
        return num_classes

    def first_guess(self, values: np.ndarray, num_classes: int) -> np.ndarray:
        """Log odds of every label; yes and no each count half an example more than were seen, so that neither is impossible."""
        there = values.sum(axis=0, dtype=np.int64)
        odds: np.ndarray = np.log(there + 0.5) - np.log(len(values) - there + 0.5)
        return odds

    def strata(self, values: np.ndarray) -> np.ndarray:
        """The rarest label that a row has, so that rare labels are spread; rows without any are one more."""
        rarest = values.shape[1] - values[:, ::-1].argmax(axis=1)
        return np.where(values.any(axis=1), rarest, 0)

    def answers(self, raw: np.ndarray) -> np.ndarray:
        """Log odds (n, num_labels) -> probabilities (n, num_labels)."""
        probabilities: np.ndarray = 1 / (1 + np.exp(-np.clip(raw, -500, 500)))
        return probabilities

    def to_json(self, answer: Any, classes: tuple[str, ...]) -> dict[str, Any]:
        """Labels are those at or above their thresholds, the surest first."""
        return {
            "labels": _most_sure(answer, self.is_named(answer), classes),
            "probabilities": {name: float(p) for name, p in zip(classes, answer, strict=True)},
        }

    def columns(self, answers: np.ndarray, classes: tuple[str, ...]) -> dict[str, pl.Series]:
        pairs = zip(answers, self.is_named(answers), strict=True)
        labels = pl.Series([_most_sure(answer, said, classes) for answer, said in pairs], dtype=pl.List(pl.String))
        return {"labels": labels} | {f"p({name})": pl.Series(answers[:, place]) for place, name in enumerate(classes)}

    def told(self, value: Any, classes: tuple[str, ...]) -> str:
        labels = [classes[place] for place in np.flatnonzero(value).tolist()]
        return listed(labels, _LABELS_SHOWN) if labels else "no label"

    def in_words(self, prediction: Mapping[str, Any]) -> tuple[str, str]:
        chances, labels = prediction["probabilities"], prediction["labels"]
        if not labels:
            return "no label", f"the likeliest {max(chances.values()):.0%}"
        return listed(labels, _LABELS_SHOWN), ", ".join(f"{chances[label]:.0%}" for label in labels[:_LABELS_SHOWN])

    # How answers are decided.

    def deciding(self, decision: Mapping[str, Any] | None, num_classes: int) -> Tag:
        if decision is None:
            return self
        one_for_all = "threshold" in decision
        thresholds = numbers([decision["threshold"]], 1) if one_for_all else numbers(decision["thresholds"], num_classes)
        if not ((thresholds >= 0) & (thresholds <= 1)).all() or decision.get("metric") not in _AIMS:
            raise ValueError("it decides by thresholds that are none")
        return Tag(float(thresholds[0]) if one_for_all else thresholds, decision["metric"])

    def suiting(self, metric: str, answers: np.ndarray, values: np.ndarray, num_classes: int) -> Tag:
        """One threshold for all labels where each label of each row counts alike, else one of each; see `thresholds.f1_threshold`."""
        if metric not in _AIMS:
            return self
        step = -(-answers.size // _NUMBERS_ENOUGH)
        chances, truth = answers[::step], values[::step]
        if metric == "micro_f1":
            return Tag(f1_threshold(chances.ravel(), truth.ravel()), metric)
        return Tag(np.array([f1_threshold(*label) for label in zip(chances.T, truth.T, strict=True)]), metric)

    def settled(self, answers: np.ndarray) -> np.ndarray:
        return answers if self.aim is None else self.is_named(answers).astype(np.float64)

    def each_row(self, tasks: Sequence[Task], part: np.ndarray) -> Tag:
        """Thresholds of every row's own (n, 1 or num_labels)."""
        thresholds = np.stack([np.atleast_1d(task.thresholds) for task in tasks if isinstance(task, Tag)])
        return Tag(thresholds[part], self.aim)

    def of_row(self, row: int) -> Tag:
        by_row = self.thresholds.ndim > 1
        return Tag(self.thresholds[row], self.aim) if by_row else self

    @property
    def decision(self) -> dict[str, Any] | None:
        if self.aim is None:
            return None
        key = "thresholds" if self.thresholds.ndim else "threshold"
        return {key: self.thresholds.tolist(), "metric": self.aim}

    def decides_in_words(self, classes: tuple[str, ...]) -> str | None:
        if self.aim is None:
            return None
        if not self.thresholds.ndim:
            return f"It names a label from a probability of {self.thresholds:.1%} on: {_AIMS[self.aim]}."
        low, high = int(np.argmin(self.thresholds)), int(np.argmax(self.thresholds))
        ends = " and ".join(f'"{classes[place]}" from {self.thresholds[place]:.1%}' for place in (low, high))
        return f"It names each label from a probability of its own on, {ends}: {_AIMS[self.aim]}."

    def default_metric(self, target: Target) -> str:
        return "micro_f1"

    def share_changed(self, first: np.ndarray, second: np.ndarray, values: np.ndarray) -> float:
        """Of the labels named by either, those not named by both."""
        before, after = self.is_named(first), self.is_named(second)
        return float((before != after).sum()) / max(1.0, float((before | after).sum()))

    def wrongness(self, answers: np.ndarray, values: np.ndarray) -> np.ndarray:
        """How far the probability of a label was from the truth, of the label where that is farthest; 0 where all labels are right."""
        farthest: np.ndarray = np.abs(answers - values).max(axis=1) * (1 - all_right(self.is_named)(answers, values))
        return farthest

    def certainty(self, answers: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of the labels named: the many that are not named, and rightly, would hide everything."""
        said = self.is_named(answers)
        return answers[said], (values[said] == 1).astype(np.float64)

    def class_counts(self, answers: np.ndarray, values: np.ndarray, classes: tuple[str, ...]) -> list[ClassCount]:
        said = self.is_named(answers)
        there, answered = values.sum(axis=0, dtype=np.int64).tolist(), said.sum(axis=0).tolist()
        right = (said & (values == 1)).sum(axis=0).tolist()
        return [ClassCount(*counts) for counts in zip(classes, there, answered, right, strict=True)]


def _most_sure(answer: np.ndarray, is_named: np.ndarray, classes: tuple[str, ...]) -> list[str]:
    """The labels named, the surest first."""
    said = np.flatnonzero(is_named)
    return [classes[place] for place in said[np.argsort(-answer[said], kind="stable")].tolist()]


def _sampled(target: pl.Series) -> Sample:
    present = target.drop_nulls()
    return Sample(target.name, present.gather_every(max(1, len(present) // _SAMPLED)), len(target))


def _labels(target: pl.Series, kind: Tags) -> pl.Series:
    labels: pl.Series = kind.decode(target, Where(target.name)).values
    return labels


def _counted(labels: pl.Series) -> pl.DataFrame:
    """label and count, the most frequent first."""
    counts = labels.explode().drop_nulls().alias("label").value_counts(name="count")
    return counts.sort("count", "label", descending=[True, False])


def _matrix(labels: pl.Series, classes: list[str]) -> np.ndarray:
    """(n, num_labels) uint8: 1 where a row has the label."""
    found = codes_in(labels, classes)
    matrix = np.zeros((len(labels), len(classes)), dtype=np.uint8)
    matrix[found["row"].to_numpy(), found["code"].to_numpy()] = 1
    return matrix


def _left_out(column: str, labels: pl.Series, names: list[str], why: str, fix: str) -> Finding:
    """`rows` are positions in the column."""
    has_one = pl.DataFrame({"label": labels}).with_row_index("row").explode("label").filter(pl.col("label").is_in(names))
    rows = has_one["row"].unique().sort().to_list()
    title = f"{len(names):,} label{'s' * (len(names) > 1)} of {column} {why} and {'are' if len(names) > 1 else 'is'} left out"
    return Finding("rare-label", Severity.LOW, title, listed(names), column=column, rows=rows, fix=fix)
