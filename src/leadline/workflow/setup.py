"""Everything decided about the data before any work is planned: task, target, metric, who teaches and who judges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from leadline.data.read import drop_missing_target
from leadline.data.split import Partition, partition
from leadline.data.table import Data
from leadline.evaluate.metrics import Metric, fitting_metrics, get_metric
from leadline.learners.contract import Sizes
from leadline.tasks.choose import choose_task
from leadline.tasks.contract import Target, Task


@dataclass(frozen=True)
class Setup:
    data: Data
    task: Task
    task_why: str
    target: Target
    metric: Metric
    partition: Partition
    groups: np.ndarray | None
    seed: int

    @property
    def num_classes(self) -> int:
        return len(self.target.classes)

    @property
    def metrics(self) -> list[Metric]:
        return fitting_metrics(self.task.metrics, self.num_classes)

    @property
    def teaching(self) -> np.ndarray:
        """Rows that may be learned from, the validation part included, in reading order."""
        return np.sort(np.concatenate([self.partition.train, self.partition.valid]))

    def sizes(self) -> Sizes:
        data, rows = self.data, self.teaching
        categories = {name: data.raw(name).n_unique() for name, form in data.forms.items() if form == "category"}
        lengths = [_mean_length(data.raw(name)) for name, form in data.forms.items() if form == "text"]
        return Sizes(len(rows), data.forms, self.num_classes, categories, float(np.mean(lengths)) if lengths else 0.0)


def set_up(data: Data, task_name: str | None, metric_name: str | None, positive: str | None, seed: int) -> Setup:
    """Raises LeadlineError where the target fits no task or the metric does not fit the task."""
    data = drop_missing_target(data)
    task, why = choose_task(data.raw(data.require_target()), task_name)
    target = task.read_target(data.raw(data.require_target()), positive)
    metric = get_metric(metric_name or task.default_metric(target), task.metrics, len(target.classes))
    groups = None if data.group is None else _numbered(data.raw(data.group))
    return Setup(data, task, why, target, metric, partition(data, target.values, len(target.classes), groups, seed), groups, seed)


def _numbered(values: pl.Series) -> np.ndarray:
    numbers: np.ndarray = values.cast(pl.String).fill_null("").rank("dense").to_numpy()
    return numbers


def _mean_length(texts: pl.Series) -> float:
    mean = texts.cast(pl.String).str.len_chars().mean()
    return float(mean) if isinstance(mean, int | float) else 0.0
