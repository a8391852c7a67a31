"""The trivial baseline: what every result is shown against."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from leadline.data.examples import Examples
from leadline.heads.constant import Constant
from leadline.learners.baseline import Baseline
from leadline.learners.contract import Sizes
from leadline.tasks.classify import Classify
from leadline.tasks.contract import Task
from leadline.tasks.regress import Regress


def answers(target: np.ndarray, num_classes: int) -> np.ndarray:
    task: Task = Classify() if num_classes else Regress()
    train = Examples({"column:name": pl.Series(["a"] * len(target))}, {"name": "text"}, target, num_classes)
    sizes = Sizes(len(target), train.types, num_classes)
    graph = Baseline().fit(train, task, Baseline().work(sizes, task, 0), 0)
    return task.answers(graph.run({"column:name": pl.Series(["new"] * 3)}))


def test_says_the_mean_of_numbers() -> None:
    np.testing.assert_allclose(answers(np.array([1.0, 2.0, 6.0]), 0), [3.0, 3.0, 3.0])


@settings(max_examples=40)
@given(st.integers(2, 6).flatmap(lambda k: st.tuples(st.just(k), arrays(np.int64, st.integers(1, 50), elements=st.integers(0, k - 1)))))
def test_says_the_share_of_each_class_and_rules_none_out(case: tuple[int, np.ndarray]) -> None:
    num_classes, target = case
    probabilities = answers(target, num_classes)
    counts = np.bincount(target, minlength=num_classes)
    assert probabilities.shape == (3, num_classes)
    np.testing.assert_allclose(probabilities[0], (counts + 0.5) / (counts + 0.5).sum())


def test_one_output_for_two_classes_and_one_per_class_for_more() -> None:
    assert Classify().first_guess(np.array([0, 1, 1]), 2).shape == (1,)
    assert Classify().first_guess(np.array([0, 1, 1]), 3).shape == (3,)


def test_answers_any_kind_of_data() -> None:
    assert Baseline().why_not(Sizes(10, {}), Classify()) is None


@pytest.mark.parametrize("column", [np.arange(4.0), pl.Series(["a", None, "b", "c"]), [b"jpeg"] * 4], ids=["numbers", "strings", "bytes"])
def test_the_head_answers_as_often_as_there_are_rows(column: object) -> None:
    head = Constant(np.array([0.25, -1.0]))
    loaded = Constant.load(head.config(), head.arrays(), {})
    np.testing.assert_array_equal(loaded.run(column), np.tile([0.25, -1.0], (4, 1)))
