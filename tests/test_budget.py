"""Budgets: read, filled with what fits, and honest about what does not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.errors import LeadlineError
from leadline.learners.contract import Sizes, Work
from leadline.plan.budget import Asked, Field, fill_budget, num_fits, parse_budget
from leadline.plan.calibration import Rate
from leadline.tasks.classify import Classify


class Needs:
    """A learner that needs this many steps at effort 0, and twice as many with each more."""

    family, title = "classical", ""

    def __init__(self, name: str, steps: float, tuning: float = 0.0) -> None:
        self.name, self.steps, self.tuning = name, steps, tuning

    def work(self, sizes: Sizes, task: Any, effort: int) -> Work:
        return Work(self.steps * 2**effort, 0, {"effort": effort}, self.tuning)


def field(name: str, steps: float, *inputs: str, tuning: float = 0.0) -> Field:
    return Field(Needs(name, steps, tuning), Rate(0.0, 0.0, 1.0), inputs)  # type: ignore[arg-type]


def fill(
    fields: list[Field], seconds: float, inputs: dict[str, float] | None = None, folds: tuple[tuple[int, int], ...] = ((5, 0), (1, 0))
) -> Any:
    return fill_budget(fields, Asked(Sizes(100, {}), Classify(), inputs or {}), seconds, folds)


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("2m", 120), ("1.5h", 5400), ("45", 45), (" 10 S ", 10)])
def test_budgets_are_read(text: str, seconds: float) -> None:
    assert parse_budget(text) == seconds


@given(st.text(max_size=8))
def test_anything_else_is_an_error_in_words(text: str) -> None:
    try:
        assert parse_budget(text) > 0
    except LeadlineError as error:
        assert "--budget" in error.try_this


def test_what_does_not_fit_is_skipped_and_the_reason_says_how_much_it_needs() -> None:
    chosen = fill([field("cheap", 0.1), field("dear", 1_000)], 60)
    assert [f.learner for f in chosen.fittings] == ["cheap"]
    assert chosen.skipped[0].learner == "dear"
    assert "1000" in chosen.skipped[0].why.replace(",", "") or " s, and" in chosen.skipped[0].why


def test_the_cheapest_is_there_whatever_the_budget() -> None:
    assert [f.learner for f in fill([field("baseline", 5), field("dear", 1_000)], 0.01).fittings] == ["baseline"]


def test_fewer_folds_are_taken_before_a_learner_is_left_out() -> None:
    assert fill([field("a", 0.1), field("b", 10)], 40).num_folds == 1
    assert fill([field("a", 0.1), field("b", 1)], 40).num_folds == 5


def test_time_left_buys_effort() -> None:
    efforts = {seconds: fill([field("a", 1)], seconds).fittings[0].effort for seconds in (9, 18, 60)}
    assert efforts[9] == 0 and efforts[60] == 2


def test_an_encoding_that_two_learners_share_is_paid_once() -> None:
    both = [field("a", 0.1, "pictures"), field("b", 0.1, "pictures")]
    chosen = fill(both, 15, {"pictures": 8.0})
    assert len(chosen.fittings) == 2
    assert chosen.inputs == ("pictures",)


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=6), st.floats(1, 500))
def test_a_plan_never_costs_more_than_the_budget_but_for_the_cheapest(steps: list[float], seconds: float) -> None:
    chosen = fill([field(str(number), step) for number, step in enumerate(steps)], seconds)
    assert chosen.seconds <= seconds or len(chosen.fittings) == 1


def test_nested_cross_validation_counts_the_inner_fits() -> None:
    assert num_fits(5, 0) == 6
    assert num_fits(3, 5) == 24


@pytest.mark.parametrize(("folds", "seconds"), [((5, 0), 5 * 0.8 + 1 + 10), ((3, 5), 6 * (3 * 0.8 + 1 + 10))])
def test_tuning_is_paid_once_for_all_folds_and_again_in_every_outer_one(folds: tuple[int, int], seconds: float) -> None:
    chosen = fill([field("tuned", 1.0, tuning=10.0)], 60, folds=(folds,))
    assert chosen.fittings[0].effort == 0 or chosen.seconds > seconds
    assert fill([field("tuned", 1.0, tuning=10.0)], 0, folds=(folds,)).seconds == pytest.approx(seconds)


def test_effort_goes_to_the_first_learner_as_far_as_there_is_room() -> None:
    chosen = fill([field("first", 5.0), field("second", 1.0)], 60, folds=((1, 0),))
    assert {f.learner: f.effort for f in chosen.fittings} == {"first": 2, "second": 2}
    chosen = fill([field("first", 5.0), field("second", 1.0)], 48, folds=((1, 0),))
    assert {f.learner: f.effort for f in chosen.fittings} == {"first": 2, "second": 0}
