"""Tag: each example has any number of labels, none included (multi-label classification)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from leadline.columns.contract import Confidence, Sample, Where, WhyNot
from leadline.columns.tags import SEPARATORS, Tags, codes_in
from leadline.errors import LeadlineError, listed
from leadline.findings import Finding, Severity
from leadline.tasks.contract import ClassCount, Loss, Target, Task
from leadline.tasks.metrics import Metric, Weighted, mean_of, named

THRESHOLD = 0.5  # a label is named from this probability on
_LEAST_ROWS = 2  # of one label: with fewer nothing can be both learned and judged
_MOST_LABELS = 2_000
_MOST_SINGLES = 0.5  # of all labels given may be on one row only; more are remarks, not labels
_SAMPLED = 5_000
_LABELS_SHOWN = 6
_NUMBERS_AT_ONCE = 1 << 22


def is_named(probabilities: np.ndarray) -> np.ndarray:
    above: np.ndarray = probabilities >= THRESHOLD
    return above


def micro_f1(probabilities: np.ndarray, truth: np.ndarray) -> Weighted:
    """F1 over all labels of all rows together: each label given or named counts alike."""
    answers = is_named(probabilities)
    right, either = (answers & (truth == 1)).sum(axis=1), answers.sum(axis=1) + truth.sum(axis=1, dtype=np.int64)
    return lambda weights: _share(2 * float(weights @ right), float(weights @ either))


def macro_f1(probabilities: np.ndarray, truth: np.ndarray) -> Weighted:
    """Mean F1 of the labels that are given or named at all: each label counts alike, however rare."""
    answers, num_labels = is_named(probabilities), truth.shape[1]
    places = [np.nonzero(cells) for cells in (answers & (truth == 1), answers, truth)]

    def score(weights: np.ndarray) -> float:
        right, answered, there = (np.bincount(labels, weights[rows], minlength=num_labels) for rows, labels in places)
        known = answered + there > 0
        return float((2 * right[known] / (answered + there)[known]).mean()) if known.any() else float("nan")

    return score


def mean_average_precision(probabilities: np.ndarray, truth: np.ndarray) -> Weighted:
    """Mean over the labels that any row has of the average precision with which rows are ranked by that label."""
    step = max(1, _NUMBERS_AT_ONCE // max(1, len(truth)))
    blocks = [slice(start, start + step) for start in range(0, truth.shape[1], step)]
    parts = [_ranking(probabilities[:, block], truth[:, block]) for block in blocks]

    def score(weights: np.ndarray) -> float:
        found = np.concatenate([part(weights) for part in parts])
        known = found[np.isfinite(found)]
        return float(known.mean()) if len(known) else float("nan")

    return score


def _ranking(probabilities: np.ndarray, truth: np.ndarray) -> Any:
    """A function from weights to the average precision of each label, NaN where no row has it; sorts once."""
    num_rows, num_labels = truth.shape
    order = np.argsort(-probabilities, axis=0, kind="stable")
    ranked, there = np.take_along_axis(probabilities, order, axis=0), np.take_along_axis(truth, order, axis=0) == 1
    last = np.ones((num_rows, num_labels), dtype=bool)
    last[:-1] = ranked[:-1] != ranked[1:]
    ends = np.where(last, np.arange(num_rows)[:, None], num_rows)
    ends = np.minimum.accumulate(ends[::-1], axis=0)[::-1]  # the last place of those with an equal probability
    labels, rows = np.nonzero(there.T)  # label after label, each from the likeliest on
    end, example = ends[rows, labels], order[rows, labels]
    last_equal = np.searchsorted(labels * num_rows + end, labels * num_rows + end, side="right")

    def precisions(weights: np.ndarray) -> np.ndarray:
        mine, above = weights[example], weights[order].cumsum(axis=0)[end, labels]
        total = np.bincount(labels, mine, minlength=num_labels)
        right = np.append(0.0, mine.cumsum())[last_equal] - (total.cumsum() - total)[labels]
        gained = np.bincount(labels, mine * right / np.maximum(above, 1e-12), minlength=num_labels)
        return np.where(total > 0, gained / np.maximum(total, 1e-12), np.nan)

    return precisions


def all_right(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Whether the labels named are exactly those given."""
    right: np.ndarray = (is_named(probabilities) == (truth == 1)).all(axis=1).astype(np.float64)
    return right


def surprise(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Mean over labels of the negative log of the probability given to what is true of it, in nats."""
    of_truth = np.where(truth == 1, probabilities, 1 - probabilities)
    losses: np.ndarray = -np.log(np.clip(of_truth, 1e-12, 1)).mean(axis=1)
    return losses


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


class Tag(Task):
    """Labels are in the order of their frequency, the most frequent first. Answers are a probability for each by itself."""

    name = "tag"
    metrics = named((
        Metric("micro_f1", "F1 over all labels given", True, micro_f1, percent=True),
        Metric("macro_f1", "F1, every label counting alike", True, macro_f1, percent=True, skewed=True),
        Metric("mean_average_precision", "mean average precision of labels", True, mean_average_precision, every_answer=True, skewed=True),
        Metric("exact_match", "rows with all labels right", True, mean_of(all_right), all_right, of_hits=True, percent=True),
        Metric("log_loss", "log loss of a label", False, mean_of(surprise), surprise),
    ))  # fmt: skip
    calibrated_by = "log_loss"
    blank_is_an_answer = True

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
        """Labels are those at or above one half, the surest first."""
        return {"labels": _most_sure(answer, classes), "probabilities": {name: float(p) for name, p in zip(classes, answer, strict=True)}}

    def columns(self, answers: np.ndarray, classes: tuple[str, ...]) -> dict[str, pl.Series]:
        labels = pl.Series([_most_sure(answer, classes) for answer in answers], dtype=pl.List(pl.String))
        return {"labels": labels} | {f"p({name})": pl.Series(answers[:, place]) for place, name in enumerate(classes)}

    def told(self, value: Any, classes: tuple[str, ...]) -> str:
        labels = [classes[place] for place in np.flatnonzero(value).tolist()]
        return listed(labels, _LABELS_SHOWN) if labels else "no label"

    def in_words(self, prediction: Mapping[str, Any]) -> tuple[str, str]:
        chances, labels = prediction["probabilities"], prediction["labels"]
        if not labels:
            return "no label", f"the likeliest {max(chances.values()):.0%}"
        return listed(labels, _LABELS_SHOWN), ", ".join(f"{chances[label]:.0%}" for label in labels[:_LABELS_SHOWN])

    def default_metric(self, target: Target) -> str:
        return "micro_f1"

    def share_changed(self, first: np.ndarray, second: np.ndarray, values: np.ndarray) -> float:
        """Of the labels named by either, those not named by both."""
        before, after = is_named(first), is_named(second)
        return float((before != after).sum()) / max(1.0, float((before | after).sum()))

    def wrongness(self, answers: np.ndarray, values: np.ndarray) -> np.ndarray:
        """How far the probability of a label was from the truth, of the label where that is farthest; 0 where all labels are right."""
        farthest: np.ndarray = np.abs(answers - values).max(axis=1) * (1 - all_right(answers, values))
        return farthest

    def certainty(self, answers: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of the labels named: the many that are not named, and rightly, would hide everything."""
        said = is_named(answers)
        return answers[said], (values[said] == 1).astype(np.float64)

    def class_counts(self, answers: np.ndarray, values: np.ndarray, classes: tuple[str, ...]) -> list[ClassCount]:
        said = is_named(answers)
        there, answered = values.sum(axis=0, dtype=np.int64).tolist(), said.sum(axis=0).tolist()
        right = (said & (values == 1)).sum(axis=0).tolist()
        return [ClassCount(*counts) for counts in zip(classes, there, answered, right, strict=True)]


def _most_sure(answer: np.ndarray, classes: tuple[str, ...]) -> list[str]:
    """The labels named, the surest first."""
    said = np.flatnonzero(is_named(answer))
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
