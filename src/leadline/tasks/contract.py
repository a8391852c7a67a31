"""What a task is: what is asked of the data, and what counts as a good answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Target:
    """The target column as learners take it: class codes (int64) with their names, or numbers (float64)."""

    values: np.ndarray
    classes: tuple[str, ...] = ()


class Task(Protocol):
    name: ClassVar[str]
    metrics: ClassVar[tuple[str, ...]]  # names in evaluate.metrics

    def why_not(self, target: pl.Series, type_name: str) -> str | None:
        """None if this column can be the target, else the reason in words."""
        ...

    def read_target(self, target: pl.Series, positive: str | None = None) -> Target:
        """`positive` is the class whose finding counts, where there are two; it becomes the second."""
        ...

    def codes_of(self, target: pl.Series, classes: tuple[str, ...]) -> Target:
        """The target of new rows as a trained model numbers it; raises LeadlineError for an answer the model cannot know."""
        ...

    def default_metric(self, target: Target) -> str: ...

    def num_outputs(self, target: Target) -> int:
        """Width of a head's raw output."""
        ...

    def answers(self, raw: np.ndarray) -> np.ndarray:
        """Raw outputs (n, num_outputs) -> what metrics take: probabilities (n, num_classes), or numbers (n,)."""
        ...

    def to_json(self, answer: Any, classes: tuple[str, ...]) -> dict[str, Any]:
        """One row of `answers` as the keys of a prediction: label and probabilities, or value."""
        ...

    def columns(self, answers: np.ndarray, classes: tuple[str, ...]) -> dict[str, pl.Series]:
        """All rows of `answers` as the columns of a table of predictions: label and p(CLASS) for each class, or value.

        What they say of a row whose answer is NaN means nothing.
        """
        ...

    def in_words(self, prediction: Mapping[str, Any]) -> tuple[str, str]:
        """A prediction, keys as in docs/json.md, for one line of a screen: the answer, and how sure it is."""
        ...
