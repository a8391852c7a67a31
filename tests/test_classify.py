"""Classes: their names, their order, and which of two is the one that is looked for."""

from __future__ import annotations

import polars as pl
import pytest

from leadline.errors import LeadlineError
from leadline.tasks.choose import choose_task
from leadline.tasks.classify import Classify

CLASSIFY = Classify()


def test_names_are_trimmed_and_whole_numbers_are_whole() -> None:
    assert CLASSIFY.read_target(pl.Series([" cat", "dog ", "cat"])).classes == ("cat", "dog")
    assert CLASSIFY.read_target(pl.Series([0.0, 1.0, 1.0])).classes == ("0", "1")
    assert CLASSIFY.read_target(pl.Series([10, 9, 9])).classes == ("9", "10")
    assert CLASSIFY.read_target(pl.Series([True, False])).classes == ("false", "true")


def test_whole_numbers_with_gaps_elsewhere_are_the_same_classes() -> None:
    assert CLASSIFY.codes_of(pl.Series([1.0, 0.0]), ("0", "1")).values.tolist() == [1, 0]


def test_the_rare_class_of_two_is_the_one_looked_for() -> None:
    target = CLASSIFY.read_target(pl.Series(["fraud"] * 3 + ["normal"] * 97))
    assert target.classes == ("normal", "fraud")
    assert CLASSIFY.default_metric(target) == "average_precision"
    assert CLASSIFY.read_target(pl.Series(["fraud"] * 3 + ["normal"] * 97), positive="normal").classes == ("fraud", "normal")


def test_an_unknown_class_is_named_with_those_that_are_known() -> None:
    with pytest.raises(LeadlineError, match="horse") as caught:
        CLASSIFY.codes_of(pl.Series(["cat", "horse"]), ("cat", "dog"))
    assert "dog" in caught.value.expected


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["a", "b", "a"], "classify"),
        ([0, 1, 1, 0], "classify"),
        ([1, 2, 3, 4, 5] * 4, "classify"),
        ([0.5, 1.25, 3.0], "regress"),
        (list(range(100)), "regress"),
    ],
)
def test_the_task_follows_from_the_target_with_a_reason(values: list[object], task: str) -> None:
    chosen, why = choose_task(pl.Series("t", values))
    assert chosen.name == task and why
    if isinstance(values[0], int) and task == "classify":
        assert "--task regress" in why


def test_classes_of_one_example_each_cannot_be_learned() -> None:
    assert Classify().why_not(pl.Series(["a", "b", "c"])) == "each of the 3 classes has a single example"
