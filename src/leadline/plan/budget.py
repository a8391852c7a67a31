"""From a budget to a plan: which learners, at which effort, on how many folds, so that the whole command ends in time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from leadline.errors import LeadlineError
from leadline.learners.contract import Learner, Sizes, Work
from leadline.plan.calibration import Rate
from leadline.plan.plan import Fitting, Skipped
from leadline.tasks.contract import Task

EFFORTS = (0, 1, 2)
_SAFETY = 0.85  # of the time left is planned; machines are shared and estimates are estimates
_ENDING_SECONDS = 2.0  # writing, hashing and reloading the artefact
_FOLD_SHARE = 0.8  # of the rows are in a fold's training part
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "": 1.0}


def parse_budget(text: str) -> float:
    """Seconds from `90s`, `2m`, `1.5h` or a bare number of seconds."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smh]?)\s*", text.lower())
    if match is None or float(match[1]) == 0:
        raise LeadlineError(f'"{text}" is not a budget', "a time such as 30s, 2m or 1h", "--budget 2m")
    return float(match[1]) * _UNITS[match[2]]


@dataclass(frozen=True)
class Field:
    """A learner that could answer, with what decides its price: its rate and the nodes it needs."""

    learner: Learner
    rate: Rate
    inputs: tuple[str, ...]
    seconds_per_row: float = 0.0  # of the nodes, stored or not: what answering costs

    def work(self, sizes: Sizes, task: Task, effort: int) -> Work:
        return self.learner.work(sizes, task, effort)


Price = Callable[[Field, int], float]  # seconds of all fits of a learner at an effort


@dataclass(frozen=True)
class Chosen:
    num_folds: int
    nested_folds: int
    fittings: tuple[Fitting, ...]
    skipped: tuple[Skipped, ...]
    inputs: tuple[str, ...]
    seconds: float


def fill_budget(
    fields: Sequence[Field],
    sizes: Sizes,
    task: Task,
    input_seconds: Mapping[str, float],
    seconds_left: float,
    fold_options: Sequence[tuple[int, int]],
) -> Chosen:
    """The most learners on the most folds that fit, then more effort where time is left.

    `input_seconds` is what each stateless node costs once, whoever uses it. `fold_options` are (folds, outer folds of nested
    cross-validation or 0) in order of preference.
    """
    room = max(0.0, seconds_left - _ENDING_SECONDS) * _SAFETY
    plans = [_with_folds(fields, sizes, task, input_seconds, room, *folds) for folds in fold_options]
    return min(plans, key=lambda plan: len(plan.skipped))


def num_fits(num_folds: int, nested_folds: int) -> int:
    """Fits of one learner: folds to choose on and the refit; and the same again inside every outer fold."""
    return (num_folds + 1) * (1 + nested_folds)


def _with_folds(
    fields: Sequence[Field], sizes: Sizes, task: Task, input_seconds: Mapping[str, float], room: float, num_folds: int, nested_folds: int
) -> Chosen:
    def price(field: Field, effort: int) -> float:
        fits = num_folds * (1 + nested_folds) * _FOLD_SHARE + 1 + nested_folds
        return field.rate.seconds(field.work(sizes, task, effort).steps, fits)

    spent, paid, efforts = 0.0, set[str](), dict[str, int]()
    skipped = list[Skipped]()
    for field in sorted(fields, key=lambda f: price(f, 0) + sum(input_seconds[i] for i in f.inputs)):
        extra = sum(input_seconds[i] for i in field.inputs if i not in paid)
        seconds = price(field, 0) + extra
        if efforts and spent + seconds > room:  # the cheapest, the trivial baseline, is always there
            why = f"needs about {seconds:.0f} s more, the budget leaves {max(0.0, room - spent):.0f} s"
            skipped.append(Skipped(field.learner.name, round(seconds, 1), why))
            continue
        spent += seconds
        paid.update(field.inputs)
        efforts[field.learner.name] = 0
    spent = _raise_efforts([f for f in fields if f.learner.name in efforts], efforts, price, spent, room)
    fittings = [
        _fitting(f, sizes, task, efforts[f.learner.name], price, num_fits(num_folds, nested_folds))
        for f in fields
        if f.learner.name in efforts
    ]
    return Chosen(num_folds, nested_folds, tuple(fittings), tuple(skipped), tuple(sorted(paid)), spent)


def _raise_efforts(fields: Sequence[Field], efforts: dict[str, int], price: Price, spent: float, room: float) -> float:
    for effort in EFFORTS[1:]:
        for field in fields:
            more = price(field, effort) - price(field, efforts[field.learner.name])
            if efforts[field.learner.name] == effort - 1 and spent + more <= room:
                efforts[field.learner.name] = effort
                spent += more
    return spent


def _fitting(field: Field, sizes: Sizes, task: Task, effort: int, price: Price, fits: int) -> Fitting:
    work = field.work(sizes, task, effort)
    cost = field.seconds_per_row + field.rate.per_unit * work.steps / max(1, sizes.rows)
    return Fitting(field.learner.name, effort, work, fits, round(price(field, effort), 2), cost)
