"""Classify: each example belongs to one of two or more classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from leadline.columns.category import as_names
from leadline.errors import LeadlineError
from leadline.tasks.contract import Target

_MOST_CLASSES_SHARE = 0.5  # more different answers than this share of the rows are names, not classes
_RARE = 0.10  # share of the rarer of two classes under which accuracy says little


class Classify:
    name = "classify"
    metrics = ("accuracy", "balanced_accuracy", "log_loss", "roc_auc", "average_precision")

    def why_not(self, target: pl.Series, type_name: str) -> str | None:
        distinct = as_names(target).n_unique()
        if distinct < 2:
            return f"all {len(target):,} rows have the same answer"
        if len(target) > 20 and distinct > _MOST_CLASSES_SHARE * len(target):
            return f"{distinct:,} different answers in {len(target):,} rows are not classes"
        return None

    def read_target(self, target: pl.Series, positive: str | None = None) -> Target:
        names = as_names(target)
        classes = _in_order(names, target.dtype, positive)
        order = pl.DataFrame({"name": classes, "code": np.arange(len(classes))})
        codes = names.to_frame("name").join(order, on="name", how="left", maintain_order="left")["code"]
        return Target(codes.to_numpy().astype(np.int64), tuple(classes))

    def codes_of(self, target: pl.Series, classes: tuple[str, ...]) -> Target:
        """The target of new rows in the classes of a trained model; an unknown class is an error that names it."""
        names = as_names(target)
        unknown = sorted(set(names.drop_nulls()) - set(classes))
        if unknown:
            raise LeadlineError(f'the model does not know the class "{unknown[0]}"', f"one of: {', '.join(classes[:20])}")
        lookup = {name: code for code, name in enumerate(classes)}
        return Target(np.array([lookup[name] for name in names], dtype=np.int64), classes)

    def default_metric(self, target: Target) -> str:
        if len(target.classes) != 2:
            return "accuracy"
        rarer = min(target.values.mean(), 1 - target.values.mean())
        return "average_precision" if rarer < _RARE else "accuracy"

    def num_outputs(self, target: Target) -> int:
        """One log odds of the second class where there are two, else a logit per class."""
        return 1 if len(target.classes) == 2 else len(target.classes)

    def answers(self, raw: np.ndarray) -> np.ndarray:
        """Logits (n, 1 or num_classes) -> probabilities (n, num_classes)."""
        logits = np.concatenate([np.zeros_like(raw), raw], axis=1) if raw.shape[1] == 1 else raw
        shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities: np.ndarray = shifted / shifted.sum(axis=1, keepdims=True)
        return probabilities

    def to_json(self, answer: Any, classes: tuple[str, ...]) -> dict[str, Any]:
        probabilities = {name: float(p) for name, p in zip(classes, answer, strict=True)}
        return {"label": classes[int(np.argmax(answer))], "probabilities": probabilities}

    def columns(self, answers: np.ndarray, classes: tuple[str, ...]) -> dict[str, pl.Series]:
        labels = pl.Series(classes, dtype=pl.String).gather(answers.argmax(axis=1))
        return {"label": labels} | {f"p({name})": pl.Series(answers[:, place]) for place, name in enumerate(classes)}

    def in_words(self, prediction: Mapping[str, Any]) -> tuple[str, str]:
        return prediction["label"], f"{max(prediction['probabilities'].values()):.1%}"


def _in_order(names: pl.Series, dtype: pl.DataType, positive: str | None) -> list[str]:
    """Class names: numbers in the order of numbers, all else alphabetically; of two, the positive one is last.

    Unless the user names it, the positive class of two is the last one, or the rare one where one is rare: that is what is looked for.
    """
    counts = dict(names.drop_nulls().value_counts().iter_rows())
    classes = sorted(counts, key=float) if dtype.is_numeric() else sorted(counts)
    if positive is None:
        rare = len(classes) == 2 and min(counts.values()) < _RARE * sum(counts.values())
        return sorted(classes, key=lambda name: -counts[name]) if rare else classes
    if positive not in classes or len(classes) != 2:
        raise LeadlineError(f'"{positive}" cannot be the positive class', f"one of two classes; the classes are {', '.join(classes[:20])}")
    return [name for name in classes if name != positive] + [positive]
