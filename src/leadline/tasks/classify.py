"""Classify: each example belongs to one of two or more classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from leadline.columns.category import as_names
from leadline.columns.contract import Confidence, WhyNot
from leadline.errors import LeadlineError, UsageError, listed
from leadline.findings import Finding, Severity
from leadline.tasks.contract import ClassCount, Loss, Target, Task
from leadline.tasks.costs import Costs, read_costs
from leadline.tasks.metrics import Metric, mean_of, named, weighted

_MOST_CLASSES_SHARE = 0.5  # more different answers than this share of the rows are names, not classes
_SAME_THRESHOLD = 1e-9
_RARE = 0.10  # share of the rarer of two classes under which accuracy says little
_FEW = 20  # different whole numbers that still are classes: digits, grades, stars


def decided(probabilities: np.ndarray, threshold: float | None = None) -> np.ndarray:
    """(n,) class codes: the likeliest, or with a threshold the second of two classes from that probability on."""
    codes: np.ndarray = probabilities.argmax(axis=1) if threshold is None else (probabilities[:, 1] >= threshold).astype(np.int64)
    return codes


def hits(probabilities: np.ndarray, truth: np.ndarray, threshold: float | None = None) -> np.ndarray:
    right: np.ndarray = (decided(probabilities, threshold) == truth).astype(np.float64)
    return right


def surprise(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Negative log of the probability given to the truth, in nats."""
    losses: np.ndarray = -np.log(np.clip(probabilities[np.arange(len(truth)), truth], 1e-12, 1))
    return losses


def balanced_accuracy(probabilities: np.ndarray, truth: np.ndarray, weights: np.ndarray, threshold: float | None = None) -> float:
    """Mean over the classes present of the share of each that is found."""
    found = np.bincount(truth, weights * hits(probabilities, truth, threshold), minlength=probabilities.shape[1])
    there = np.bincount(truth, weights, minlength=probabilities.shape[1])
    return float((found[there > 0] / there[there > 0]).mean())


def roc_auc(probabilities: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> float:
    """Probability that a random positive is ranked above a random negative, ties counted half (Mann-Whitney)."""
    positive, negative = _counts_by_score(probabilities[:, 1], truth, weights)
    total = positive.sum() * negative.sum()
    if total == 0:
        return float("nan")
    negatives_below = np.cumsum(negative) - negative
    return float((positive * (negatives_below + negative / 2)).sum() / total)


def average_precision(probabilities: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> float:
    """Area under precision over recall, without interpolation; the second class is the positive one."""
    positive, negative = _counts_by_score(probabilities[:, 1], truth, weights)
    if positive.sum() == 0:
        return float("nan")
    found, wrong = np.cumsum(positive[::-1]), np.cumsum(negative[::-1])
    precision = found / np.maximum(found + wrong, 1e-12)
    return float((precision * positive[::-1]).sum() / found[-1])


def _counts_by_score(scores: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights of positives and of negatives at each distinct score, lowest first."""
    values, place = np.unique(scores, return_inverse=True)
    positive = np.bincount(place, weights * (truth == 1), minlength=len(values))
    negative = np.bincount(place, weights * (truth != 1), minlength=len(values))
    return positive, negative


def metrics_of(threshold: float | None = None, costs: Costs | None = None) -> dict[str, Metric]:
    """By name; those that look at decisions take them at the threshold, and with costs there is one more."""
    right, balanced = partial(hits, threshold=threshold), partial(balanced_accuracy, threshold=threshold)
    found = [
        Metric("accuracy", "right answers", True, mean_of(right), right, of_hits=True, percent=True),
        Metric("balanced_accuracy", "right answers, every class counting alike", True, weighted(balanced), percent=True),
        Metric("log_loss", "log loss", False, mean_of(surprise), surprise),
        Metric("roc_auc", "area under the ROC curve", True, weighted(roc_auc), two_classes_only=True),
        Metric("average_precision", "average precision", True, weighted(average_precision), two_classes_only=True),
    ]
    if costs is not None:

        def cost(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
            return costs.of(decided(probabilities, threshold) == 1, truth)

        found.append(Metric("cost", "cost of an answer on average", False, mean_of(cost), cost, two_classes_only=True))
    return named(found)


class Classify(Task):
    name = "classify"
    metrics = metrics_of()
    calibrated_by = "log_loss"

    def __init__(self, threshold: float | None = None, costs: Costs | None = None) -> None:
        """With a threshold the second of two classes is named from that probability on, else whichever is likeliest."""
        self.threshold, self.costs = threshold, costs
        if threshold is not None:
            self.metrics = metrics_of(threshold, costs)

    def claims(self, target: pl.Series) -> Confidence | WhyNot:
        distinct = target.n_unique()
        if not target.dtype.is_numeric():
            return Confidence(0.5, f"the target holds {distinct:,} names")
        whole = target.dtype.is_integer() or bool((target.drop_nans().drop_nulls() % 1 == 0).all())
        if whole and distinct <= _FEW:
            why = f"the target holds only {distinct} different whole numbers, taken as classes; --task regress takes them as numbers"
            return Confidence(0.7, why)
        return WhyNot(f"{distinct:,} different numbers are not classes")

    def why_not(self, target: pl.Series) -> str | None:
        distinct = _names(target.unique()).n_unique()
        if distinct < 2:
            return f"all {len(target):,} rows have the same answer"
        if len(target) > 20 and distinct > _MOST_CLASSES_SHARE * len(target):
            return f"{distinct:,} different answers in {len(target):,} rows are not classes"
        if distinct == len(target):
            return f"each of the {distinct:,} classes has a single example"
        return None

    def read_target(self, target: pl.Series, positive: str | None = None) -> Target:
        """`positive` is the class whose finding counts, where there are two; it becomes the second."""
        values = _names(target) if isinstance(target.dtype, pl.List) else target
        distinct, counts = values.value_counts()
        names = _names(distinct)  # of the different values only: there are few, and rows may be many
        classes = _in_order(names, counts, target.dtype, positive)
        numbers = names.replace_strict(classes, range(len(classes)), return_dtype=pl.Int64)
        codes = values.replace_strict(distinct, numbers, return_dtype=pl.Int64).to_numpy()
        return Target(codes, tuple(classes), classes[1] if len(classes) == 2 else None, _lone_classes(target.name, codes, classes))

    def codes_of(self, target: pl.Series, classes: tuple[str, ...]) -> Target:
        """The target of new rows in the classes of a trained model; an unknown class is an error that names it."""
        names = _names(target)
        unknown = sorted(set(names.drop_nulls()) - set(classes))
        if unknown:
            raise LeadlineError(f'the model does not know the class "{unknown[0]}"', f"one of: {', '.join(classes[:20])}")
        lookup = {name: code for code, name in enumerate(classes)}
        return Target(np.array([lookup[name] for name in names], dtype=np.int64), classes)

    def made_up(self, num_rows: int, seed: int) -> pl.Series:
        return pl.Series(np.random.default_rng(seed).permutation(np.arange(num_rows) % 2))

    def loss(self, num_classes: int) -> Loss:
        return "two-classes" if num_classes == 2 else "many-classes"

    def num_outputs(self, num_classes: int) -> int:
        """One log odds of the second class where there are two, else a logit per class."""
        return 1 if num_classes == 2 else num_classes

    def first_guess(self, values: np.ndarray, num_classes: int) -> np.ndarray:
        """Log odds of the second of two classes, else a log frequency per class.

        Each class counts half an example more than were seen (Krichevsky and Trofimov, 1981), so that no class is impossible.
        """
        counts = np.bincount(values, minlength=num_classes) + 0.5
        logs: np.ndarray = np.log(counts / counts.sum())
        return np.diff(logs) if num_classes == 2 else logs

    def strata(self, values: np.ndarray) -> np.ndarray:
        return values

    def answers(self, raw: np.ndarray) -> np.ndarray:
        """Logits (n, 1 or num_classes) -> probabilities (n, num_classes)."""
        logits = np.concatenate([np.zeros_like(raw), raw], axis=1) if raw.shape[1] == 1 else raw
        shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities: np.ndarray = shifted / shifted.sum(axis=1, keepdims=True)
        return probabilities

    def to_json(self, answer: Any, classes: tuple[str, ...]) -> dict[str, Any]:
        probabilities = {name: float(p) for name, p in zip(classes, answer, strict=True)}
        return {"label": classes[int(decided(answer[None], self.threshold)[0])], "probabilities": probabilities}

    def columns(self, answers: np.ndarray, classes: tuple[str, ...]) -> dict[str, pl.Series]:
        labels = pl.Series(classes, dtype=pl.String).gather(decided(answers, self.threshold))
        return {"label": labels} | {f"p({name})": pl.Series(answers[:, place]) for place, name in enumerate(classes)}

    def told(self, value: Any, classes: tuple[str, ...]) -> str:
        return classes[int(value)]

    def in_words(self, prediction: Mapping[str, Any]) -> tuple[str, str]:
        return prediction["label"], f"{prediction['probabilities'][prediction['label']]:.1%}"

    def what_rises(self, classes: tuple[str, ...]) -> str | None:
        return f"the chance of {classes[1]}" if len(classes) == 2 else None

    def deciding(self, decision: Mapping[str, Any] | None, num_classes: int) -> Classify:
        if decision is None:
            return self
        threshold, costs = decision["threshold"], _costs_of(decision)
        if num_classes != 2 or isinstance(threshold, bool) or not 0 <= threshold <= 1:
            raise ValueError("it decides by a threshold that is none")
        if costs is not None and abs(threshold - costs.threshold) > _SAME_THRESHOLD:
            raise ValueError("it decides by a threshold that is not that of its costs")
        return Classify(threshold, costs)

    def weighing(self, costs: Costs, num_classes: int) -> Classify:
        if num_classes != 2:
            raise UsageError(
                f"there are {num_classes} classes, so that mistakes are of more than two kinds", "two classes", "leave out --cost"
            )
        return Classify(costs.threshold, costs)

    @property
    def decision(self) -> dict[str, Any] | None:
        if self.threshold is None:
            return None
        return {"threshold": self.threshold, **({"costs": self.costs.to_json()} if self.costs else {})}

    def cost_comparison(self, answers: np.ndarray, values: np.ndarray) -> dict[str, Any] | None:
        if self.costs is None or not len(values):
            return None
        ways = {"model": decided(answers, self.threshold), "half": decided(answers, 0.5), "always": np.ones_like(values)}
        ways["never"] = np.zeros_like(values)
        per_1000 = {name: 1000 * float(self.costs.of(named == 1, values).mean()) for name, named in ways.items()}
        return {**self.costs.to_json(), "threshold": self.threshold, "per_1000": per_1000}

    def default_metric(self, target: Target) -> str:
        if self.costs is not None:
            return "cost"
        if len(target.classes) != 2:
            return "accuracy"
        rarer = min(target.values.mean(), 1 - target.values.mean())
        return "average_precision" if rarer < _RARE else "accuracy"

    def share_changed(self, first: np.ndarray, second: np.ndarray, values: np.ndarray) -> float:
        return float((decided(first, self.threshold) != decided(second, self.threshold)).mean())

    def wrongness(self, answers: np.ndarray, values: np.ndarray) -> np.ndarray:
        """How sure it was of another class."""
        sure: np.ndarray = self._stated(answers) * (1 - hits(answers, values, self.threshold))
        return sure

    def certainty(self, answers: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self._stated(answers), hits(answers, values, self.threshold)

    def _stated(self, answers: np.ndarray) -> np.ndarray:
        """The probability of the class that is named."""
        stated: np.ndarray = answers[np.arange(len(answers)), decided(answers, self.threshold)]
        return stated

    def class_counts(self, answers: np.ndarray, values: np.ndarray, classes: tuple[str, ...]) -> list[ClassCount]:
        table = self.confusion(answers, values, len(classes))
        there, answered, right = table.sum(axis=1).tolist(), table.sum(axis=0).tolist(), table.diagonal().tolist()
        return [ClassCount(*counts) for counts in zip(classes, there, answered, right, strict=True)]

    def confusion(self, answers: np.ndarray, values: np.ndarray, num_classes: int) -> np.ndarray:
        table = np.zeros((num_classes, num_classes), dtype=np.int64)
        np.add.at(table, (values, decided(answers, self.threshold)), 1)
        return table


def _names(target: pl.Series) -> pl.Series:
    """The answers as names; several labels in one cell are one name together."""
    if isinstance(target.dtype, pl.List):
        target = target.cast(pl.List(pl.String)).list.sort().list.join(", ")
    return as_names(target)


def _costs_of(decision: Mapping[str, Any]) -> Costs | None:
    """Raises ValueError for costs that make no sense: nobody typed these."""
    try:
        return None if decision.get("costs") is None else read_costs(decision["costs"])
    except UsageError as error:
        raise ValueError(f"it decides by costs that are none: {error}") from None


def _lone_classes(column: str, values: np.ndarray, classes: list[str]) -> tuple[Finding, ...]:
    alone = np.flatnonzero(np.bincount(values, minlength=len(classes)) == 1)
    if not len(alone):
        return ()
    names = listed([classes[code] for code in alone.tolist()], shown=5)
    title = f"{len(alone):,} of {len(classes):,} classes have a single example, which cannot both teach and judge: {names}"
    rows = np.flatnonzero(np.isin(values, alone)).tolist()
    return (Finding("rare-class", Severity.LOW, title, column=column, rows=rows, fix="collect more examples, or leave these out"),)


def _in_order(names: pl.Series, rows: pl.Series, dtype: pl.DataType, positive: str | None) -> list[str]:
    """Class names: numbers in the order of numbers, all else alphabetically; of two, the positive one is last.

    Unless the user names it, the positive class of two is the last one, or the rare one where one is rare: that is what is looked for.
    """
    counts = Counter[str]()
    for name, number in zip(names, rows, strict=True):  # a name may be written in several ways
        counts[name] += number
    classes = sorted(counts, key=float) if dtype.is_numeric() else sorted(counts)
    if positive is None:
        rare = len(classes) == 2 and min(counts.values()) < _RARE * sum(counts.values())
        return sorted(classes, key=lambda name: -counts[name]) if rare else classes
    if positive not in classes or len(classes) != 2:
        raise LeadlineError(f'"{positive}" cannot be the positive class', f"one of two classes; the classes are {', '.join(classes[:20])}")
    return [name for name in classes if name != positive] + [positive]
