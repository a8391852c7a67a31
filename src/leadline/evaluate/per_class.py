"""Class by class: how many of its rows are found, and how often an answer that names it is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from leadline.evaluate.intervals import wilson
from leadline.tasks.contract import Task


@dataclass(frozen=True)
class PerClass:
    """`recall`: share of this class found; `precision`: share of answers naming it that are right (NaN if never named)."""

    name: str
    n: int
    recall: float
    recall_low: float
    recall_high: float
    precision: float

    def in_words(self) -> tuple[str, ...]:
        precision = f"{self.precision:.1%}" if np.isfinite(self.precision) else "never named"
        return self.name, f"{self.n:,}", f"{self.recall:.1%}", f"{self.recall_low:.1%} to {self.recall_high:.1%}", precision

    def to_json(self) -> dict[str, Any]:
        recall = {"value": self.recall, "low": self.recall_low, "high": self.recall_high}
        return {"class": self.name, "n": self.n, "recall": recall, "precision": self.precision if np.isfinite(self.precision) else None}


def per_class(task: Task, answers: np.ndarray, truth: np.ndarray, classes: tuple[str, ...]) -> list[PerClass]:
    """Of the classes that any row is of, in their order; empty where there are no classes."""
    found = []
    for count in task.class_counts(answers, truth, classes):
        if count.there:
            precision = count.right / count.named if count.named else float("nan")
            found.append(PerClass(count.name, count.there, count.right / count.there, *wilson(count.right, count.there), precision))
    return found
