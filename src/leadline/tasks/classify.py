"""Classify: each example belongs to one of two or more classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from leadline.columns.contract import Confidence, WhyNot
from leadline.errors import LeadlineError, UsageError
from leadline.tasks.aims import OF_ANY_CLASSES
from leadline.tasks.class_metrics import hits, metrics_of
from leadline.tasks.class_names import RARE, in_order, lone_classes, names_of, why_no_classes
from leadline.tasks.contract import ClassCount, Loss, Target, Task
from leadline.tasks.costs import Costs, costs_of
from leadline.tasks.deciding import EachRow, FromOn, Likeliest, Rule, read_rule
from leadline.tasks.metrics import Metric
from leadline.tasks.ordered import DISTANCE, HINT, KAPPA, Levels, levels_of

_SAME_THRESHOLD = 1e-9
_FEW = 20  # different whole numbers that still are classes: digits, grades, stars


class Classify(Task):
    name = "classify"
    metrics = metrics_of(Likeliest().decide)
    calibrated_by = "log_loss"

    def __init__(self, rule: Rule | None = None, costs: Costs | None = None, aim: str | None = None, levels: Levels | None = None) -> None:
        """`rule` says which class is named, None the likeliest; it follows from `costs`, or was chosen for the metric `aim`.

        `levels` where the classes are whole numbers in order.
        """
        self.rule, self.costs, self.aim, self.levels = rule or Likeliest(), costs, aim, levels
        self.aims = OF_ANY_CLASSES if levels is None else {**OF_ANY_CLASSES, **levels.aims}
        self.metrics = metrics_of(self.rule.decide, costs) | ({} if levels is None else levels.metrics(self.rule.decide))

    def of_classes(self, classes: tuple[str, ...]) -> Classify:
        return Classify(self.rule, self.costs, self.aim, levels_of(classes))

    def _deciding(self, rule: Rule, aim: str | None) -> Classify:
        return Classify(rule, self.costs, aim, self.levels)

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
        return why_no_classes(target)

    def read_target(self, target: pl.Series, positive: str | None = None) -> Target:
        """`positive` is the class whose finding counts, where there are two; it becomes the second."""
        values = names_of(target) if isinstance(target.dtype, pl.List) else target
        distinct, counts = values.value_counts()
        names = names_of(distinct)  # of the different values only: there are few, and rows may be many
        classes = in_order(names, counts, target.dtype, positive)
        numbers = names.replace_strict(classes, range(len(classes)), return_dtype=pl.Int64)
        codes = values.replace_strict(distinct, numbers, return_dtype=pl.Int64).to_numpy()
        return Target(codes, tuple(classes), classes[1] if len(classes) == 2 else None, lone_classes(target.name, codes, classes))

    def codes_of(self, target: pl.Series, classes: tuple[str, ...]) -> Target:
        """The target of new rows in the classes of a trained model; an unknown class is an error that names it."""
        names = names_of(target)
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
        rule = None if self.levels is None else self.levels.read_rule(decision)
        rule, costs, aim = rule or read_rule(decision, num_classes), costs_of(decision), decision.get("metric")
        if costs is not None and not (isinstance(rule, FromOn) and abs(rule.threshold - costs.threshold) <= _SAME_THRESHOLD):
            raise ValueError("it decides by a threshold that is not that of its costs")
        if aim is not None and aim not in self.aims:
            raise ValueError("it decides for a metric that needs no decision")
        return Classify(rule, costs, aim, self.levels)

    def weighing(self, costs: Costs, num_classes: int) -> Classify:
        if num_classes != 2:
            raise UsageError(
                f"there are {num_classes} classes, so that mistakes are of more than two kinds", "two classes", "leave out --cost"
            )
        return Classify(FromOn(costs.threshold), costs)

    def metric(self, name: str, num_classes: int) -> Metric:
        if self.costs is not None and name in self.aims:
            raise UsageError(
                f"--cost and --metric {name} each say from which probability on a class is named, and not the same",
                "one of the two", "leave out --metric to decide by what mistakes cost: the report has every metric, or leave out --cost",
            )  # fmt: skip
        if name == "f1" and num_classes != 2:
            saw = f"f1 is of the positive class of two, and there are {num_classes} classes"
            raise LeadlineError(saw, "f1_macro, in which every class counts alike, or another metric", "--metric f1_macro")
        if name in (KAPPA, DISTANCE) and self.levels is None:
            saw = f"{name} says how far off an answer is, and these classes are not at least three whole numbers in order"
            raise LeadlineError(saw, "a target such as stars from 1 to 5, or another metric", "--metric accuracy|log_loss|f1_macro")
        return super().metric(name, num_classes)

    def suiting(self, metric: str, answers: np.ndarray, values: np.ndarray, num_classes: int) -> Classify:
        if self.costs is not None or metric not in self.aims:
            return self
        shares = self.answers(self.first_guess(values, num_classes)[None])[0]
        return self._deciding(self.aims[metric].chooses(answers, values, shares), metric)

    def settled(self, answers: np.ndarray) -> np.ndarray:
        return answers if self.aim is None else np.eye(answers.shape[1])[self.rule.decide(answers)]

    def each_row(self, tasks: Sequence[Task], part: np.ndarray) -> Classify:
        rules = tuple(task.rule for task in tasks if isinstance(task, Classify))
        return self if self.costs is not None else self._deciding(EachRow(rules, part), self.aim)

    def of_row(self, row: int) -> Classify:
        return self._deciding(self.rule.of_row(row), self.aim)

    @property
    def decision(self) -> dict[str, Any] | None:
        if isinstance(self.rule, Likeliest):
            return None
        aim = {} if self.aim is None else {"metric": self.aim}
        return {**self.rule.to_json(), **aim, **({"costs": self.costs.to_json()} if self.costs else {})}

    def decides_in_words(self, classes: tuple[str, ...]) -> str | None:
        return self.rule.in_words(classes, self._why(classes))

    def _why(self, classes: tuple[str, ...]) -> str:
        if self.costs is not None:
            return f", as a false {classes[1]} costs {self.costs.fp:g} and a missed one {self.costs.fn:g}"
        return "" if self.aim is None else self.aims[self.aim].because(len(classes))

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
        return "average_precision" if rarer < RARE else "accuracy"

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

    def steps_off(self, answers: np.ndarray, values: np.ndarray) -> np.ndarray | None:
        """An order counts where a metric was asked for that goes by it, else where it shows in the mistakes."""
        said = self.rule.decide(answers)
        if self.levels is None or not (self.aim in self.levels.aims or self.levels.told_by(said, values)):
            return None
        return self.levels.steps(said, values)

    def advice(self, metric: str, answers: np.ndarray, values: np.ndarray) -> list[str]:
        ordered = self.steps_off(answers, values) is not None
        return [HINT] if self.levels is not None and ordered and metric not in self.levels.aims else []

    def class_counts(self, answers: np.ndarray, values: np.ndarray, classes: tuple[str, ...]) -> list[ClassCount]:
        table = self.confusion(answers, values, len(classes))
        there, answered, right = table.sum(axis=1).tolist(), table.sum(axis=0).tolist(), table.diagonal().tolist()
        return [ClassCount(*counts) for counts in zip(classes, there, answered, right, strict=True)]

    def confusion(self, answers: np.ndarray, values: np.ndarray, num_classes: int) -> np.ndarray:
        table = np.zeros((num_classes, num_classes), dtype=np.int64)
        np.add.at(table, (values, self.rule.decide(answers)), 1)
        return table
