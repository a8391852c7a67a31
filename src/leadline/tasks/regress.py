"""Regress: each example has a number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from leadline.columns.contract import Confidence, Sample, Where, WhyNot
from leadline.columns.number import Number, show
from leadline.errors import LeadlineError
from leadline.tasks.contract import Loss, Target, Task
from leadline.tasks.metrics import Metric, mean_of, named, weighted

_FEW_WRITTEN = 20  # different numbers written as text that are rather names
_SAMPLED = 5_000  # rows that tell how numbers are written
_LARGEST = 1e140  # of which squares can still be added up
_MOVED = 0.01  # of the target's standard deviation: from here on a predicted number counts as changed


def r2(numbers: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> float:
    """Share of the variance explained; 0 is as good as the mean, below 0 is worse."""
    total = weights.sum()
    spread = (weights * (truth - (weights * truth).sum() / total) ** 2).sum()
    return float(1 - (weights * (truth - numbers) ** 2).sum() / spread) if spread > 0 else float("nan")


def rmse(numbers: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> float:
    return float(np.sqrt((weights * (truth - numbers) ** 2).sum() / weights.sum()))


def distance(numbers: np.ndarray, truth: np.ndarray) -> np.ndarray:
    apart: np.ndarray = np.abs(truth - numbers)
    return apart


class Regress(Task):
    name = "regress"
    has_intervals = True
    metrics = named((
        Metric("r2", "share of variance explained (R2)", True, weighted(r2)),
        Metric("rmse", "root mean squared error", False, weighted(rmse)),
        Metric("mae", "mean absolute error", False, mean_of(distance), distance, middle=True),
    ))  # fmt: skip

    def claims(self, target: pl.Series) -> Confidence | WhyNot:
        distinct = target.n_unique()
        if target.dtype.is_numeric():
            return Confidence(0.6, f"the target holds {distinct:,} different numbers")
        if target.dtype != pl.String or distinct <= _FEW_WRITTEN:
            return WhyNot("the target holds no numbers")
        verdict = Number().recognise(_sample(target))
        if isinstance(verdict, WhyNot) or verdict.value < 0.5:
            return WhyNot("the target holds no numbers")
        return Confidence(0.6, f"the target {verdict.why}, {distinct:,} different ones")

    def why_not(self, target: pl.Series) -> str | None:
        if target.dtype.is_nested():
            return "its cells hold several values each, not a number"
        numbers = _numbers(target)
        if numbers.null_count() > target.null_count():
            odd = target.filter(numbers.is_null() & target.is_not_null())[0]
            return f'"{odd}" is not a number'
        if not numbers.is_finite().all():
            return "it holds infinite numbers"
        if (most := float(np.abs(numbers.drop_nulls().to_numpy()).max(initial=0.0))) > _LARGEST:
            return f"it holds numbers as large as {most:.0e}, and the square of such a one is more than a computer's number holds"
        if numbers.n_unique() < 2:
            return f"all {len(target):,} rows have the same answer"
        return None

    def read_target(self, target: pl.Series, positive: str | None = None) -> Target:
        return Target(_numbers(target).to_numpy())

    def codes_of(self, target: pl.Series, classes: tuple[str, ...]) -> Target:
        reason = self.why_not(target)
        if reason and "same answer" not in reason:
            raise LeadlineError(f"these answers cannot be judged: {reason}", "a number in every row", column=target.name)
        return self.read_target(target)

    def made_up(self, num_rows: int, seed: int) -> pl.Series:
        return pl.Series(np.random.default_rng(seed).normal(size=num_rows))

    def loss(self, num_classes: int) -> Loss:
        return "squared"

    def num_outputs(self, num_classes: int) -> int:
        return 1

    def first_guess(self, values: np.ndarray, num_classes: int) -> np.ndarray:
        return np.array([np.mean(values, dtype=np.float64)])

    def strata(self, values: np.ndarray) -> np.ndarray:
        """Tenths of the range."""
        return np.searchsorted(np.quantile(values, np.linspace(0.1, 0.9, 9)), values)

    def answers(self, raw: np.ndarray) -> np.ndarray:
        """Raw outputs (n, 1) -> numbers (n,)."""
        numbers: np.ndarray = raw[:, 0].astype(np.float64)
        return numbers

    def to_json(self, answer: Any, classes: tuple[str, ...]) -> dict[str, Any]:
        return {"value": float(answer)}

    def columns(self, answers: np.ndarray, classes: tuple[str, ...]) -> dict[str, pl.Series]:
        return {"value": pl.Series(answers)}

    def told(self, value: Any, classes: tuple[str, ...]) -> str:
        return show(value, 5)

    def in_words(self, prediction: Mapping[str, Any]) -> tuple[str, str]:
        low, high = prediction["low"], prediction["high"]
        return show(prediction["value"], 5), "" if low is None else f"90% between {show(low, 5)} and {show(high, 5)}"

    def what_rises(self, classes: tuple[str, ...]) -> str | None:
        return "the answer"

    def trivial_score(self, metric: str, taught: np.ndarray, values: np.ndarray, num_classes: int) -> float:
        guess = np.median(taught) if self.metrics[metric].middle else np.mean(taught, dtype=np.float64)
        return self.metrics[metric].value(np.full(len(values), guess), values)

    def default_metric(self, target: Target) -> str:
        return "r2"

    def share_changed(self, first: np.ndarray, second: np.ndarray, values: np.ndarray) -> float:
        return float((np.abs(first - second) > _MOVED * np.std(values)).mean())

    def wrongness(self, answers: np.ndarray, values: np.ndarray) -> np.ndarray:
        return distance(answers, values)


def _numbers(target: pl.Series) -> pl.Series:
    """(n,) Float64, null where there is none; text is read as a column of numbers is: 1,234.5 and 12 %."""
    if target.dtype != pl.String:
        return target.cast(pl.Float64, strict=False)
    kind = Number.for_values(_sample(target))
    return pl.Series(kind.decode(target, Where(target.name)).values).fill_nan(None)


def _sample(target: pl.Series) -> Sample:
    return Sample(target.name, target.drop_nulls().gather_every(max(1, len(target) // _SAMPLED)), len(target))
