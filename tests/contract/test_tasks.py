"""What holds for every task."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from leadline.registry import TASKS
from leadline.tasks.contract import Task

TARGETS = {"classify": pl.Series("t", ["a", "b", "c", "b", "a", "c"] * 5), "regress": pl.Series("t", np.linspace(-1, 4, 30))}


@pytest.fixture(params=list(TASKS))
def task(request: pytest.FixtureRequest) -> Task:
    made: Task = TASKS.get(request.param)()
    return made


def test_it_takes_its_own_kind_of_target(task: Task) -> None:
    target = TARGETS[task.name]
    assert task.why_not(target) is None
    read = task.read_target(target)
    assert len(read.values) == len(target)
    assert task.default_metric(read) in task.metrics


def test_it_refuses_a_target_that_never_changes(task: Task) -> None:
    assert task.why_not(pl.Series("t", [1.0] * 10))


def test_new_rows_are_numbered_as_in_training(task: Task) -> None:
    target = TARGETS[task.name]
    read = task.read_target(target)
    again = task.codes_of(target.reverse(), read.classes)
    assert np.array_equal(again.values, read.values[::-1])


def test_raw_outputs_become_answers_that_every_metric_takes(task: Task) -> None:
    target = task.read_target(TARGETS[task.name])
    raw = np.random.default_rng(0).normal(size=(len(target.values), task.num_outputs(len(target.classes))))
    answers = task.answers(raw)
    for metric in task.fitting_metrics(len(target.classes)):
        assert np.isfinite(metric.value(answers, target.values)), metric.name


def test_an_answer_is_plain_json(task: Task) -> None:
    target = task.read_target(TARGETS[task.name])
    answers = task.answers(np.zeros((1, task.num_outputs(len(target.classes)))))
    record = task.to_json(answers[0], target.classes)
    assert json.loads(json.dumps(record)) == record


def test_its_metrics_exist(task: Task) -> None:
    assert all(name == metric.name for name, metric in task.metrics.items())
