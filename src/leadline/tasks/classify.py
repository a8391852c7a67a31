"""Classify: each example belongs to one of two or more classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from leadline.columns.category import as_names
from leadline.columns.contract import Confidence, WhyNot
from leadline.errors import LeadlineError, UsageError, listed
from leadline.findings import Finding, Severity
from leadline.tasks.class_metrics import hits, metrics_of
from leadline.tasks.contract import ClassCount, Loss, Target, Task
from leadline.tasks.costs import Costs, read_costs
from leadline.tasks.deciding import EachRow, FromOn, Likeliest, Rule, Weighed, read_rule, weighed
from leadline.tasks.metrics import Metric
from leadline.tasks.thresholds import best_power, f1_threshold

_MOST_CLASSES_SHARE = 0.5  # more different answers than this share of the rows are names, not classes
_SAME_THRESHOLD = 1e-9
_RARE = 0.10  # share of the rarer of two classes under which accuracy says little
_HELD_OUT = "was highest on rows held out while learning"
_AIMS = {  # metrics that look at decisions, which are made for them, each with the reason in words for two classes and for more
    "balanced_accuracy": ("that is its share of training rows, so that both classes count alike", "so that all count alike"),
    "f1": ("there its F1 is highest, as far as rows held out while learning tell", ""),
    "f1_macro": (f"there the mean F1 of both classes {_HELD_OUT}", f"as their mean F1 {_HELD_OUT}"),
}
_FEW = 20  # different whole numbers that still are classes: digits, grades, stars


class Classify(Task):
    name = "classify"
    metrics = metrics_of(Likeliest().decide)
    calibrated_by = "log_loss"

    def __init__(self, rule: Rule | None = None, costs: Costs | None = None, aim: str | None = None) -> None:
        """`rule` says which class is named, None the likeliest; it follows from `costs`, or was chosen for the metric `aim`."""
        self.rule, self.costs, self.aim = rule or Likeliest(), costs, aim
        if rule is not None:
            self.metrics = metrics_of(rule.decide, costs)

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
        return {"label": classes[int(self.rule.decide(answer[None])[0])], "probabilities": probabilities}

    def columns(self, answers: np.ndarray, classes: tuple[str, ...]) -> dict[str, pl.Series]:
        labels = pl.Series(classes, dtype=pl.String).gather(self.rule.decide(answers))
        return {"label": labels} | {f"p({name})": pl.Series(answers[:, place]) for place, name in enumerate(classes)}

    def told(self, value: Any, classes: tuple[str, ...]) -> str:
        return classes[int(value)]

    def in_words(self, prediction: Mapping[str, Any]) -> tuple[str, str]:
        return prediction["label"], f"{prediction['probabilities'][prediction['label']]:.1%}"

    def what_rises(self, classes: tuple[str, ...]) -> str | None:
        return f"the chance of {classes[1]}" if len(classes) == 2 else None

    # How answers are decided.

    def deciding(self, decision: Mapping[str, Any] | None, num_classes: int) -> Classify:
        if decision is None:
            return self
        rule, costs, aim = read_rule(decision, num_classes), _costs_of(decision), decision.get("metric")
        if costs is not None and not (isinstance(rule, FromOn) and abs(rule.threshold - costs.threshold) <= _SAME_THRESHOLD):
            raise ValueError("it decides by a threshold that is not that of its costs")
        if aim is not None and aim not in _AIMS:
            raise ValueError("it decides for a metric that needs no decision")
        return Classify(rule, costs, aim)

    def weighing(self, costs: Costs, num_classes: int) -> Classify:
        if num_classes != 2:
            raise UsageError(
                f"there are {num_classes} classes, so that mistakes are of more than two kinds", "two classes", "leave out --cost"
            )
        return Classify(FromOn(costs.threshold), costs)

    def metric(self, name: str, num_classes: int) -> Metric:
        if self.costs is not None and name in _AIMS:
            raise UsageError(
                f"--cost and --metric {name} each say from which probability on a class is named, and not the same",
                "one of the two", "leave out --metric to decide by what mistakes cost: the report has every metric, or leave out --cost",
            )  # fmt: skip
        if name == "f1" and num_classes != 2:
            saw = f"f1 is of the positive class of two, and there are {num_classes} classes"
            raise LeadlineError(saw, "f1_macro, in which every class counts alike, or another metric", "--metric f1_macro")
        return super().metric(name, num_classes)

    def suiting(self, metric: str, answers: np.ndarray, values: np.ndarray, num_classes: int) -> Classify:
        """Balanced accuracy is highest where probabilities are compared with the shares of the classes; F1 see `thresholds`."""
        if self.costs is not None or metric not in _AIMS:
            return self
        if metric == "f1":
            return Classify(FromOn(f1_threshold(answers[:, 1], values)), aim=metric)
        shares = self.answers(self.first_guess(values, num_classes)[None])[0]
        power = 1.0 if metric == "balanced_accuracy" else best_power(answers, values, shares)
        return Classify(weighed(shares**-power), aim=metric)

    def settled(self, answers: np.ndarray) -> np.ndarray:
        return answers if self.aim is None else np.eye(answers.shape[1])[self.rule.decide(answers)]

    def each_row(self, tasks: Sequence[Task], part: np.ndarray) -> Classify:
        rules = tuple(task.rule for task in tasks if isinstance(task, Classify))
        return self if self.costs is not None else Classify(EachRow(rules, part), aim=self.aim)

    def of_row(self, row: int) -> Classify:
        return Classify(self.rule.of_row(row), self.costs, self.aim)

    @property
    def decision(self) -> dict[str, Any] | None:
        if isinstance(self.rule, Likeliest):
            return None
        aim = {} if self.aim is None else {"metric": self.aim}
        return {**self.rule.to_json(), **aim, **({"costs": self.costs.to_json()} if self.costs else {})}

    def decides_in_words(self, classes: tuple[str, ...]) -> str | None:
        if isinstance(self.rule, FromOn):
            return f'It answers "{classes[1]}" from a probability of {self.rule.threshold:.1%} on{self._why(classes[1])}.'
        if not isinstance(self.rule, Weighed) or self.aim is None:
            return None
        most, least = int(np.argmax(self.rule.weights)), int(np.argmin(self.rule.weights))
        times = self.rule.weights[most] / self.rule.weights[least]
        reason = _AIMS[self.aim][1]
        if times == 1:
            return f"It answers with the likeliest class, {reason}."
        return f'It weighs probabilities by how rare the classes are, "{classes[most]}" {times:,.3g} times "{classes[least]}", {reason}.'

    def _why(self, positive: str) -> str:
        if self.costs is not None:
            return f", as a false {positive} costs {self.costs.fp:g} and a missed one {self.costs.fn:g}"
        return "" if self.aim is None else f": {_AIMS[self.aim][0]}"

    def _hits(self, answers: np.ndarray, values: np.ndarray) -> np.ndarray:
        return hits(self.rule.decide)(answers, values)

    def cost_comparison(self, answers: np.ndarray, values: np.ndarray) -> dict[str, Any] | None:
        if self.costs is None or not len(values):
            return None
        ways = {"model": self.rule.decide(answers), "half": FromOn(0.5).decide(answers), "always": np.ones_like(values)}
        ways["never"] = np.zeros_like(values)
        per_1000 = {name: 1000 * float(self.costs.of(named == 1, values).mean()) for name, named in ways.items()}
        return {**self.costs.to_json(), "threshold": self.costs.threshold, "per_1000": per_1000}

    def default_metric(self, target: Target) -> str:
        if self.costs is not None:
            return "cost"
        if len(target.classes) != 2:
            return "accuracy"
        rarer = min(target.values.mean(), 1 - target.values.mean())
        return "average_precision" if rarer < _RARE else "accuracy"

    def share_changed(self, first: np.ndarray, second: np.ndarray, values: np.ndarray) -> float:
        return float((self.rule.decide(first) != self.rule.decide(second)).mean())

    def wrongness(self, answers: np.ndarray, values: np.ndarray) -> np.ndarray:
        """How sure it was of another class."""
        sure: np.ndarray = self._stated(answers) * (1 - self._hits(answers, values))
        return sure

    def certainty(self, answers: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self._stated(answers), self._hits(answers, values)

    def _stated(self, answers: np.ndarray) -> np.ndarray:
        """The probability of the class that is named."""
        stated: np.ndarray = answers[np.arange(len(answers)), self.rule.decide(answers)]
        return stated

    def class_counts(self, answers: np.ndarray, values: np.ndarray, classes: tuple[str, ...]) -> list[ClassCount]:
        table = self.confusion(answers, values, len(classes))
        there, answered, right = table.sum(axis=1).tolist(), table.sum(axis=0).tolist(), table.diagonal().tolist()
        return [ClassCount(*counts) for counts in zip(classes, there, answered, right, strict=True)]

    def confusion(self, answers: np.ndarray, values: np.ndarray, num_classes: int) -> np.ndarray:
        table = np.zeros((num_classes, num_classes), dtype=np.int64)
        np.add.at(table, (values, self.rule.decide(answers)), 1)
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
