"""From a budget to a plan: which learners, at which effort, on how many folds, so that the whole command ends in time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leadline.errors import UsageError
from leadline.learners.contract import Learner, Sizes, Work
from leadline.plan.calibration import Rate
from leadline.plan.plan import Fitting, Skipped
from leadline.tasks.contract import Task

EFFORTS = (0, 1, 2)
SAFETY = 0.85  # of the time left is planned; machines are shared and estimates are estimates
ENDING_SECONDS = 2.0  # writing, hashing and reloading the artefact
FOLD_SHARE = 0.8  # of the rows are in a fold's training part
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}


def parse_budget(text: str) -> float:
    """Seconds from `90s`, `2m`, `1.5h` or a bare number of seconds."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smh]?)\s*", text.lower())
    if match is None or float(match[1]) == 0:
        raise UsageError(f'"{text}" is not a budget', "a time such as 30s, 2m or 1h", "--budget 2m")
    return float(match[1]) * _UNITS[match[2]]


@dataclass(frozen=True)
class Field:
    """A learner that could answer, with what decides its price: its rate and the nodes it needs."""

    learner: Learner
    rate: Rate
    inputs: tuple[str, ...]
    seconds_per_row: float = 0.0  # of the nodes, stored or not: what answering costs


@dataclass(frozen=True)
class Chosen:
    num_folds: int
    nested_folds: int
    fittings: tuple[Fitting, ...]
    skipped: tuple[Skipped, ...]
    inputs: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Asked:
    """What a plan has to answer: the data's sizes, the task, what each stateless node costs once, and the most effort that pays."""

    sizes: Sizes
    task: Task
    input_seconds: Mapping[str, float]
    most_effort: int = EFFORTS[-1]
    memory_bytes: float = float("inf")  # that a learner may take


def fill_budget(fields: Sequence[Field], asked: Asked, seconds_left: float, fold_options: Sequence[tuple[int, int]]) -> Chosen:
    """The most learners on the most folds that fit, then more effort where time is left, for the first of `fields` first.

    `fold_options` are (folds, outer folds of nested cross-validation or 0) in order of preference.
    """
    room = max(0.0, seconds_left - ENDING_SECONDS) * SAFETY
    plans = [_Filling(asked, room, *folds).fill(fields) for folds in fold_options]
    return min(plans, key=lambda plan: len(plan.skipped))


def contest_seconds(field: Field, work: Work, num_folds: int) -> float:
    """Expected seconds to tune a learner and to fit it on every fold."""
    return field.rate.seconds(work.steps, num_folds * FOLD_SHARE) + field.rate.per_unit * work.tuning_steps


def fitting_of(field: Field, asked: Asked, effort: int, num_folds: int, nested_folds: int) -> Fitting:
    """A learner as it stands in a plan."""
    work, fits = field.learner.work(asked.sizes, asked.task, effort), num_fits(num_folds, nested_folds)
    cost = field.seconds_per_row + field.rate.per_unit * work.steps / max(1, asked.sizes.rows)
    seconds = price(field, work, num_folds, nested_folds)
    return Fitting(field.learner.name, effort, work, fits, round(seconds, 2), cost, field.inputs)


def price(field: Field, work: Work, num_folds: int, nested_folds: int) -> float:
    """Expected seconds of all fits of a learner, those on folds see fewer rows, and of tuning it, once and in every outer fold."""
    contests = 1 + nested_folds
    fits = contests * (num_folds * FOLD_SHARE + 1)
    return field.rate.seconds(work.steps, fits) + contests * field.rate.per_unit * work.tuning_steps


def num_fits(num_folds: int, nested_folds: int) -> int:
    """Fits of one learner: folds to choose on and the refit; and the same again inside every outer fold."""
    return (num_folds + 1) * (1 + nested_folds)


@dataclass(frozen=True)
class _Filling:
    """One way to fold, filled with as much as there is room (in seconds) for."""

    asked: Asked
    room: float
    num_folds: int
    nested_folds: int

    def fill(self, fields: Sequence[Field]) -> Chosen:
        efforts, skipped, paid, spent = dict[str, int](), list[Skipped](), set[str](), 0.0
        for field in sorted(fields, key=lambda f: self.price(f, 0) + self._inputs(f, set())):
            seconds, peak = self.price(field, 0) + self._inputs(field, paid), self._work(field, 0).peak_bytes
            if efforts and peak > self.asked.memory_bytes:
                why = f"it needs about {peak / 2**30:.1f} GB of memory, and {self.asked.memory_bytes / 2**30:.1f} GB may be used"
                skipped.append(Skipped(field.learner.name, round(seconds, 1), why))
                continue
            if efforts and spent + seconds > self.room:  # the cheapest, the trivial baseline, is always there
                why = f"it needs about {seconds:.0f} s, and {max(0.0, self.room - spent):.0f} s of the budget are left"
                skipped.append(Skipped(field.learner.name, round(seconds, 1), why))
                continue
            spent += seconds
            paid.update(field.inputs)
            efforts[field.learner.name] = 0
        taken = [field for field in fields if field.learner.name in efforts]
        spent = self._raise_efforts(taken, efforts, spent)
        fittings = tuple(fitting_of(field, self.asked, efforts[field.learner.name], self.num_folds, self.nested_folds) for field in taken)
        return Chosen(self.num_folds, self.nested_folds, fittings, tuple(skipped), tuple(sorted(paid)), spent)

    def price(self, field: Field, effort: int) -> float:
        return price(field, self._work(field, effort), self.num_folds, self.nested_folds)

    def _work(self, field: Field, effort: int) -> Work:
        return field.learner.work(self.asked.sizes, self.asked.task, effort)

    def _inputs(self, field: Field, paid: set[str]) -> float:
        return sum(self.asked.input_seconds[name] for name in field.inputs if name not in paid)

    def _raise_efforts(self, fields: Sequence[Field], efforts: dict[str, int], spent: float) -> float:
        """One learner after another, each as far as it may: the first ones win most often, and half an effort for all wins nothing."""
        for field in fields:
            while (more := self._more(field, efforts)) + spent <= self.room:
                efforts[field.learner.name] += 1
                spent += more
        return spent

    def _more(self, field: Field, efforts: Mapping[str, int]) -> float:
        """Seconds that the next effort of a learner costs more than its present one; infinite where there is none."""
        effort = efforts[field.learner.name]
        if effort == self.asked.most_effort or self._work(field, effort + 1).peak_bytes > self.asked.memory_bytes:
            return float("inf")
        return self.price(field, effort + 1) - self.price(field, effort)
