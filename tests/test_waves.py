"""Dearer versions of a learner are tried only where the learner itself leaves something to win."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leadline.learners.contract import Work
from leadline.parts import Graph
from leadline.plan.plan import Fitting, Skipped
from leadline.tasks.classify import Classify
from leadline.workflow.contest import Contest, OutOfFold, Rules
from leadline.workflow.waves import first_wave, second_wave

ROWS = 1_000
TRUTH = np.arange(ROWS) % 2


def fitting(name: str) -> Fitting:
    return Fitting(name, 0, Work(1.0, 1), 1, 1.0, 1.0)


PLANNED = [fitting(name) for name in ("baseline", "probe", "probe-lite2")]


def contest(share_right: float) -> tuple[Contest, Rules]:
    """A probe that is right on so many rows, beside a baseline that never looks."""
    said = np.where(np.arange(ROWS) < share_right * ROWS, TRUTH, 1 - TRUTH)
    raws = {"baseline": np.zeros((ROWS, 1)), "probe": (2.0 * said - 1)[:, None]}
    rules = Rules(Classify(), Classify.metrics["accuracy"], 0, lambda: None)
    results = [OutOfFold(fitting(name), np.arange(ROWS), raw, None, 0.1, Graph(()), rules.task) for name, raw in raws.items()]
    return rules.decide(results, TRUTH, []), rules


def test_a_larger_network_waits_for_the_smaller_one() -> None:
    assert [one.learner for one in first_wave(PLANNED)] == ["baseline", "probe"]


def test_where_the_smaller_one_is_not_planned_nobody_waits() -> None:
    assert [one.learner for one in first_wave([fitting("baseline"), fitting("probe-lite2")])] == ["baseline", "probe-lite2"]


@pytest.mark.parametrize("share_right", [0.6, 0.9, 0.98])
def test_where_something_is_left_to_win_the_larger_one_is_tried(share_right: float) -> None:
    assert list(second_wave(PLANNED, *contest(share_right))) == [PLANNED[2]]


def test_where_next_to_nothing_is_left_it_is_left_out_and_said() -> None:
    (skipped,) = second_wave(PLANNED, *contest(0.99))
    assert isinstance(skipped, Skipped) and skipped.learner == "probe-lite2"
    assert "probe leaves 2.0% of what not looking leaves" in skipped.why


def test_where_the_smaller_one_failed_the_larger_one_is_tried() -> None:
    held, rules = contest(0.99)
    alone = rules.decide(held.results[:1], TRUTH, [Skipped("probe", 1.0, "it failed")])
    assert list(second_wave(PLANNED, alone, rules)) == [PLANNED[2]]


def test_where_a_score_cannot_be_told_the_larger_one_is_tried() -> None:
    held, rules = contest(0.99)
    untold = replace(rules, metric=replace(rules.metric, prepared=lambda answers, truth: lambda weights: float("nan")))
    assert list(second_wave(PLANNED, held, untold)) == [PLANNED[2]]
