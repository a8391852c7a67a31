"""Regress: each example has a number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from leadline.errors import LeadlineError
from leadline.tasks.contract import Target


class Regress:
    name = "regress"
    metrics = ("r2", "rmse", "mae")

    def why_not(self, target: pl.Series, type_name: str) -> str | None:
        numbers = target.cast(pl.Float64, strict=False)
        if numbers.null_count() > target.null_count():
            odd = target.filter(numbers.is_null() & target.is_not_null())[0]
            return f'"{odd}" is not a number'
        if not numbers.is_finite().all():
            return "it holds infinite numbers"
        if numbers.n_unique() < 2:
            return f"all {len(target):,} rows have the same answer"
        return None

    def read_target(self, target: pl.Series, positive: str | None = None) -> Target:
        return Target(target.cast(pl.Float64).to_numpy())

    def codes_of(self, target: pl.Series, classes: tuple[str, ...]) -> Target:
        reason = self.why_not(target, "number")
        if reason and "same answer" not in reason:
            raise LeadlineError(f"these answers cannot be judged: {reason}", "a number in every row", column=target.name)
        return self.read_target(target)

    def default_metric(self, target: Target) -> str:
        return "r2"

    def num_outputs(self, target: Target) -> int:
        return 1

    def answers(self, raw: np.ndarray) -> np.ndarray:
        """Raw outputs (n, 1) -> numbers (n,)."""
        numbers: np.ndarray = raw[:, 0].astype(np.float64)
        return numbers

    def to_json(self, answer: Any, classes: tuple[str, ...]) -> dict[str, Any]:
        return {"value": float(answer)}

    def columns(self, answers: np.ndarray, classes: tuple[str, ...]) -> dict[str, pl.Series]:
        return {"value": pl.Series(answers)}

    def in_words(self, prediction: Mapping[str, Any]) -> tuple[str, str]:
        low, high = prediction["low"], prediction["high"]
        return f"{prediction['value']:.5g}", "" if low is None else f"90% between {low:.5g} and {high:.5g}"
