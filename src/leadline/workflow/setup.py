"""Everything decided about the data before any work is planned: task, target, metric, who teaches and who judges."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from leadline.check.duplicates import find_copies
from leadline.check.overlaps import backwards
from leadline.check.several_frames import several_frames
from leadline.columns.language import languages_of
from leadline.columns.recognise import Choice, recognise
from leadline.data.edit_groups import EDITED
from leadline.data.left_out import at_source, drop_missing_target
from leadline.data.split import Partition, everything, fold_numbers, partition
from leadline.data.table import Data
from leadline.encoders.hub_folder import Network
from leadline.encoders.small_pictures import longest_side
from leadline.encoders.store import Store
from leadline.errors import LeadlineError
from leadline.learners.contract import Sizes
from leadline.progress import Progress
from leadline.tasks.choose import choose_task
from leadline.tasks.contract import Target, Task
from leadline.tasks.costs import Costs
from leadline.tasks.metrics import Metric
from leadline.tasks.monotone import Direction, check_directions

LEAST_ROWS = 8  # fewer leave nothing to learn from once folds have held some back
_OTHER_FOLDS = 3  # added to the seed: who teaches is drawn otherwise than who judges
_COUNTED_AT_ONCE = 20_000  # rows, for the memory of as many classes
_LEAST_UNJUDGED = 2  # where all rows teach


@dataclass(frozen=True)
class Setup:
    data: Data
    task: Task
    task_why: str
    target: Target
    metric: Metric
    partition: Partition
    groups: np.ndarray | None  # (n,) equal numbers for rows that no split may part: the user's groups and copies
    seed: int
    as_read: Data  # before rows without an answer were left out
    near: bool = True  # whether near duplicates were looked for
    abstain: float | None = None  # share of rows like these that the model promises to answer; None: it answers all
    networks: Mapping[str, Network] = field(default_factory=dict)  # those that the user named, by the type of column that each reads
    monotone: Mapping[str, Direction] = field(default_factory=dict)  # which way answers may go as a column grows, where that was asked
    copies: np.ndarray | None = None  # (n,) `groups` without what the user named
    part: int = 1  # of the rows that may teach one in so many does, where the budget is too short for all of them

    @property
    def fingerprint(self) -> str:
        """Of the data as read; made when a plan is written or compared, as it takes a while for large data."""
        return self.as_read.fingerprint()

    @property
    def num_classes(self) -> int:
        return len(self.target.classes)

    @property
    def metrics(self) -> list[Metric]:
        return self.task.fitting_metrics(self.num_classes)

    @cached_property
    def teaching(self) -> np.ndarray:
        """Rows that are learned from, the validation part included, in reading order."""
        train, valid = self.partition.train, self.partition.valid
        rows = np.sort(np.concatenate([train, valid])) if len(valid) else train
        if self.part == 1:
            return rows
        strata = np.unique(self.task.strata(self.target.values[rows]), return_inverse=True)[1] * 2 + np.isin(rows, valid)
        groups = None if self.groups is None else self.groups[rows]
        drawn: np.ndarray = rows[fold_numbers(strata, self.part, self.seed + _OTHER_FOLDS, groups) == 0]
        return drawn

    def of_rows(self, rows: np.ndarray) -> Setup:
        """The same question asked of these rows alone, positions in reading order; copies of one another stay together."""
        places = np.full(len(self.data), -1)
        places[rows] = np.arange(len(rows))
        sides = (places[side] for side in (self.partition.train, self.partition.valid, self.partition.test))
        train, valid, test = (side[side >= 0] for side in sides)
        partition = replace(self.partition, train=train, valid=valid, test=test)
        target = replace(self.target, values=self.target.values[rows])
        groups, copies = (of if of is None else of[rows] for of in (self.groups, self.copies))
        return replace(self, data=self.data.take(rows), target=target, partition=partition, groups=groups, copies=copies)

    @property
    def split_sizes(self) -> dict[str, int]:
        """Rows that teach, choose and judge."""
        valid = int(np.isin(self.teaching, self.partition.valid).sum())
        return {"train": len(self.teaching) - valid, "valid": valid, "test": len(self.partition.test)}

    def class_counts(self, rows: np.ndarray | None = None) -> dict[str, int]:
        """Class or label -> how many of these rows, or of all, are of it, the most frequent first; empty for numbers."""
        values, classes, counts = self.target.values if rows is None else self.target.values[rows], self.target.classes, Counter[str]()
        for start in range(0, len(values) if classes else 0, _COUNTED_AT_ONCE):
            some = values[start : start + _COUNTED_AT_ONCE]
            blank = self.task.answers(np.zeros((len(some), self.task.num_outputs(len(classes)))))
            counts.update({count.name: count.there for count in self.task.class_counts(blank, some, classes)})
        return dict(counts.most_common())

    @property
    def remarks(self) -> list[str]:
        """What of who teaches a user should know."""
        if self.part == 1:
            return []
        every = len(self.partition.train) + len(self.partition.valid)
        return [f"the budget is too short for all {every:,} rows: {len(self.teaching):,} of them taught, drawn at random"]

    def reading(self) -> dict[str, Any]:
        """How the data were read, for a plan: with these a replay asks the same question of the same columns."""
        target, types, group, time = self.data.require_target(), self.data.types, self.data.group, self.data.time
        used = {*types, target, group, time}
        exclude = [name for name in self.data.table.frame.columns if name not in used]
        named = None if group == EDITED else group  # the edit list makes that one again
        asked = {"target": target, "types": types, "exclude": exclude, "group": named, "time": time, "positive": self.target.positive}
        networks = {kind: network.named for kind, network in self.networks.items()}
        answering = {"abstain": self.abstain, "decision": self.task.decision, "networks": networks, "monotone": dict(self.monotone)}
        return {**asked, "edits": list(self.data.edits), "near_duplicates": self.near, **answering, "part": self.part}

    def sizes(self) -> Sizes:
        data, rows = self.data, self.teaching
        categories = {name: data.feature(name).n_unique() for name in data.features_of("category")}
        texts = {name: data.feature(name) for name in data.features_of("text")}
        length = float(np.mean([_mean_length(text) for text in texts.values()])) if texts else 0.0
        languages = {name: languages_of(text) for name, text in texts.items()}
        side = max((longest_side(data.feature(name)) for name in data.features_of("image")), default=0)
        return Sizes(len(rows), data.forms, self.num_classes, categories, length, languages, side, self.networks, self.monotone)


def set_up(
    data: Data,
    task_name: str | None,
    metric_name: str | None,
    positive: str | None,
    seed: int,
    store: Store | None = None,
    progress: Progress | None = None,
    near_seconds: float = math.inf,
    judged: bool = True,
    costs: Costs | None = None,
    monotone: Mapping[str, Direction] | None = None,
    renamed: Sequence[str] | None = None,
) -> Setup:
    """Raises LeadlineError where the target fits no task, or the metric or the directions of answers do not fit the task.

    Fingerprints of pictures are kept in `store`; looking for near duplicates may take `near_seconds`, else it is left out, with a finding.
    Without `judged` every row teaches. `renamed` are the names of classes where the target holds places in it.
    """
    as_read, answered = data, drop_missing_target(data)
    task, why = choose_task(answered.raw(data.require_target()), task_name)
    data = drop_missing_target(data, blank_answers=True) if task.blank_is_an_answer else answered
    target = task.read_target(data.raw(data.require_target()), positive)
    target = target if renamed is None else replace(target, classes=tuple(renamed[int(name)] for name in target.classes))
    data = data.with_findings(*at_source(data, target.findings))
    task = task.of_classes(target.classes)
    task = task if costs is None else task.weighing(costs, len(target.classes))
    check_directions(monotone or {}, data, task, target.classes)
    metric = task.metric(metric_name or task.default_metric(target), len(target.classes))
    copies = find_copies(data, target.values, len(target.classes), store or Store(), progress or Progress(), near_seconds)
    order = order_of(data)
    parts = partition(data, task.strata(target.values), copies.groups, order, seed) if judged else everything(len(data))
    data = data.with_findings(*several_frames(data), *copies.findings, *backwards(data, order))
    setup = Setup(
        data, task, why, target, metric, parts, copies.groups, seed, as_read, copies.near, monotone=monotone or {}, copies=copies.copies
    )
    _require_enough(setup)
    return setup


def order_of(data: Data) -> np.ndarray | None:
    """The numbers by which the rows are ordered, where the user named a column for it."""
    if data.time is None:
        return None
    choice = data.columns.get(data.time) or recognise(data.time, data.raw(data.time), data.table.root)
    order, saw = None, "they are of no type that we know"
    if isinstance(choice, Choice):
        kind, saw = choice.kind(), f"they are read as {choice.type}"
        order = kind.order(kind.decode(data.raw(data.time), data.where(data.time)).values)
    if order is None:
        saw = f"the values of {data.time} have no order in time: {saw}"
        raise LeadlineError(saw, "dates, times or numbers", f"--type {data.time}=datetime, or another column", column=data.time)
    return order


def _require_enough(setup: Setup) -> None:
    """Raises LeadlineError where the teaching rows are too few to learn from and be judged."""
    taught = setup.target.values[setup.teaching]
    where = f"{setup.data.table.origin} has"
    least = LEAST_ROWS if setup.partition.judged else _LEAST_UNJUDGED
    if len(taught) < least:
        raise LeadlineError(
            f"{where} {len(taught)} rows to learn from",
            f"at least {least}; some hundreds make a model useful",
            "collect more examples",
        )
    if (taught == taught[0]).all():
        raise LeadlineError(f"{where} a single answer in the rows to learn from", "at least two", "look at the train part of the data")
    _require_groups(setup, where)


def _require_groups(setup: Setup, where: str) -> None:
    """Raises LeadlineError where so many rows belong together that none are left to choose or to judge by."""
    if setup.groups is None:
        return
    least, purpose = (3, "one to learn from, one to choose by, one to judge by") if setup.partition.nested else (2, "so that one can judge")
    number = len(np.unique(setup.groups[setup.teaching]))
    if number < least:
        alike = "that are all copies of one another" if number == 1 else f"that are copies of {number} different ones"
        saw, advice = alike, "collect different examples"
        if setup.data.group is not None:
            saw, advice = f"of {number} group{'s' * (number > 1)} only", "leave out --group, or choose another column"
        rows = len(setup.teaching)
        raise LeadlineError(f"{where} {rows:,} rows to learn from {saw}", f"at least {least} groups, {purpose}", advice)


def _mean_length(texts: pl.Series) -> float:
    mean = texts.cast(pl.String).str.len_chars().mean()
    return float(mean) if isinstance(mean, int | float) else 0.0
