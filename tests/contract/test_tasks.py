"""What holds for every task."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from leadline.learners.losses import loss_for
from leadline.registry import TASKS
from leadline.tasks.choose import choose_task
from leadline.tasks.contract import Task


@pytest.fixture(params=list(TASKS))
def task(request: pytest.FixtureRequest) -> Task:
    made: Task = TASKS.get(request.param)()
    return made


def test_it_takes_its_own_kind_of_target(task: Task) -> None:
    target = task.made_up(30, 0)
    assert task.why_not(target) is None
    read = task.read_target(target)
    assert len(read.values) == len(target)
    assert task.default_metric(read) in task.metrics


def test_it_claims_what_it_makes_up_with_the_most_confidence_and_says_why(task: Task) -> None:
    chosen, why = choose_task(task.made_up(300, 1))
    assert chosen.name == task.name and len(why.split()) > 3


def test_it_refuses_a_target_that_never_changes(task: Task) -> None:
    assert task.why_not(pl.Series("t", [1.0] * 10))


def test_new_rows_are_numbered_as_in_training(task: Task) -> None:
    target = task.made_up(30, 0)
    read = task.read_target(target)
    again = task.codes_of(target.reverse(), read.classes)
    assert np.array_equal(again.values, read.values[::-1])


def test_raw_outputs_become_answers_that_every_metric_takes(task: Task) -> None:
    target = task.read_target(task.made_up(30, 0))
    raw = np.random.default_rng(0).normal(size=(len(target.values), task.num_outputs(len(target.classes))))
    answers = task.answers(raw)
    for metric in task.fitting_metrics(len(target.classes)):
        assert np.isfinite(metric.value(answers, target.values)), metric.name


def test_learners_know_its_loss_and_its_first_guess_is_an_answer(task: Task) -> None:
    target = task.read_target(task.made_up(30, 0))
    num_classes = len(target.classes)
    guess = task.first_guess(target.values, num_classes)
    assert guess.shape == (task.num_outputs(num_classes),)
    scores = np.repeat(guess[None], 30, axis=0)
    assert loss_for(target.values, task.loss(num_classes)).value(scores) <= loss_for(target.values, task.loss(num_classes)).value(
        scores + 1
    )
    assert task.strata(target.values).shape == (30,)


def test_answers_of_rows_that_could_not_be_read_stay_unknown(task: Task) -> None:
    width = task.num_outputs(len(task.read_target(task.made_up(30, 0)).classes))
    assert np.isnan(task.answers(np.full((2, width), np.nan))).all()


def test_equal_answers_have_not_changed_and_others_have(task: Task) -> None:
    target = task.read_target(task.made_up(30, 0))
    raw = np.random.default_rng(0).normal(size=(30, task.num_outputs(len(target.classes))))
    assert task.share_changed(task.answers(raw), task.answers(raw), target.values) == 0
    assert task.share_changed(task.answers(raw), task.answers(-raw), target.values) > 0.5


def test_what_calibrates_it_is_a_mean_over_rows(task: Task) -> None:
    assert task.calibrated_by is None or task.metrics[task.calibrated_by].per_row is not None


def test_answers_are_a_table_and_words(task: Task) -> None:
    target = task.read_target(task.made_up(30, 0))
    answers = task.answers(np.random.default_rng(0).normal(size=(4, task.num_outputs(len(target.classes)))))
    assert {len(column) for column in task.columns(answers, target.classes).values()} == {4}
    answer, sure = task.in_words({"low": None, "high": None} | task.to_json(answers[0], target.classes))
    assert answer and isinstance(sure, str)


def test_the_truth_is_told_and_an_answer_is_worse_the_farther_off_it_is(task: Task) -> None:
    target = task.read_target(task.made_up(30, 0))
    assert all(task.told(value, target.classes) for value in target.values)
    raw = np.random.default_rng(1).normal(size=(30, task.num_outputs(len(target.classes))))
    wrong = task.wrongness(task.answers(raw), target.values)
    assert wrong.shape == (30,) and (wrong >= 0).all() and wrong.max() > 0
    if not target.classes:
        assert (task.wrongness(target.values, target.values) == 0).all()


def test_an_answer_is_plain_json(task: Task) -> None:
    target = task.read_target(task.made_up(30, 0))
    answers = task.answers(np.zeros((1, task.num_outputs(len(target.classes)))))
    record = task.to_json(answers[0], target.classes)
    assert json.loads(json.dumps(record)) == record


def test_how_it_decides_for_a_metric_is_json_that_is_read_back(task: Task) -> None:
    target = task.read_target(task.made_up(200, 0))
    num_classes = len(target.classes)
    answers = task.answers(np.random.default_rng(0).normal(size=(200, task.num_outputs(num_classes))))
    for metric in task.fitting_metrics(num_classes):
        made = task.suiting(metric.name, answers, target.values, num_classes)
        again = task.deciding(json.loads(json.dumps(made.decision)), num_classes)
        assert again.decision == made.decision
        assert again.decides_in_words(target.classes) == made.decides_in_words(target.classes)
        assert (made.decides_in_words(target.classes) is None) == (made.decision is None)
        score = again.metrics[metric.name].value(answers, target.values)
        assert score == metric.value(made.settled(answers), target.values)
        assert score == made.each_row([made, made], np.arange(200) % 2).metrics[metric.name].value(answers, target.values)


def test_its_metrics_exist(task: Task) -> None:
    assert all(name == metric.name for name, metric in task.metrics.items())
