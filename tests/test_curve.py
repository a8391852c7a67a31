"""A curve is judged by the same rows on nested parts; it rises where more rows help, and does not where they do not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.evaluate.curve import learning_curve
from leadline.tasks.classify import Classify

METRIC = Classify.metrics["accuracy"]


def rows(n: int, seed: int, classes: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, classes, n)


def as_good_as(truth: np.ndarray, right: dict[int, float], seed: int = 0) -> object:
    """Answers that are right for a share of the judges that depends on how many rows taught."""

    def answer(teach: np.ndarray, judge: np.ndarray) -> np.ndarray:
        draws = np.random.default_rng(seed).random(len(judge))
        said = np.where(draws < right[len(teach)], truth[judge], 1 - truth[judge])
        return np.eye(2)[said]

    return answer


def test_parts_are_nested_and_keep_every_class_in_proportion() -> None:
    truth, met = np.repeat([0, 1], [320, 80]), list[np.ndarray]()

    def answer(teach: np.ndarray, judge: np.ndarray) -> np.ndarray:
        met.append(teach)
        return np.eye(2)[truth[judge]]

    teach, judge = np.arange(0, 400, 2), np.arange(1, 400, 2)
    curve = learning_curve(answer, teach, judge, truth, truth, METRIC)
    assert [len(part) for part in met] == [50, 100, 200] == [point.rows for point in curve.points]
    assert set(met[0]) < set(met[1]) < set(met[2]) == set(teach)
    assert [int((truth[part] == 1).sum()) for part in met] == [10, 20, 40]


def test_groups_stay_whole() -> None:
    truth, groups, met = rows(240, 0), np.repeat(np.arange(60), 4), list[np.ndarray]()

    def answer(teach: np.ndarray, judge: np.ndarray) -> np.ndarray:
        met.append(teach)
        return np.eye(2)[truth[judge]]

    learning_curve(answer, np.arange(200), np.arange(200, 240), truth, truth, METRIC, groups)
    assert all(np.bincount(groups[part])[np.unique(groups[part])].tolist() == [4] * len(np.unique(groups[part])) for part in met)


@pytest.mark.parametrize(("right", "rising"), [((0.6, 0.7, 0.9), True), ((0.8, 0.8, 0.8), False), ((0.9, 0.9, 0.8), False)])
def test_it_says_whether_more_rows_help(right: tuple[float, float, float], rising: bool) -> None:
    truth = rows(1_200, 1)
    answer = as_good_as(truth, dict(zip((200, 400, 800), right, strict=True)))
    curve = learning_curve(answer, np.arange(800), np.arange(800, 1_200), truth, truth, METRIC)  # type: ignore[arg-type]
    assert curve.rising == rising and curve.to_json()["rising"] == rising


def test_intervals_hold_the_truth_and_a_flat_curve_is_seldom_called_rising() -> None:
    held, rising = 0, 0
    for seed in range(60):
        truth, rng = rows(700, seed), np.random.default_rng([seed, 1])

        def answer(teach: np.ndarray, judge: np.ndarray, truth: np.ndarray = truth, rng: np.random.Generator = rng) -> np.ndarray:
            return np.eye(2)[np.where(rng.random(len(judge)) < 0.75, truth[judge], 1 - truth[judge])]

        curve = learning_curve(answer, np.arange(400), np.arange(400, 700), truth, truth, METRIC, seed=seed)
        held += sum(point.score.low <= 0.75 <= point.score.high for point in curve.points)
        rising += curve.rising
    assert held >= 165 and rising <= 5


@settings(max_examples=40)
@given(st.integers(8, 80), st.integers(2, 5), st.integers(0, 5))
def test_any_rows_give_a_curve(n: int, classes: int, seed: int) -> None:
    truth = rows(n, seed, classes)
    teach, judge = np.arange(0, n, 2), np.arange(1, n, 2)
    curve = learning_curve(lambda teach, judge: np.full((len(judge), classes), 1 / classes), teach, judge, truth, truth, METRIC, seed=seed)
    assert [point.rows for point in curve.points] == sorted(point.rows for point in curve.points)
    assert curve.points[-1].rows == len(teach) and not curve.rising
