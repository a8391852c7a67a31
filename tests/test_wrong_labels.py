"""Wrong labels are found among vectors whose truth is known, and few are called wrong where none is."""

from __future__ import annotations

import numpy as np
import pytest

from leadline.check.wrong_labels import WrongLabels, flagged, wrong_labels
from leadline.errors import LeadlineError


def clouds(rows: int, classes: int, apart: float = 1.6, width: int = 16, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    codes = np.arange(rows) % classes
    return (rng.normal(size=(classes, width)) * apart)[codes] + rng.normal(size=(rows, width)), codes


def with_noise(codes: np.ndarray, rate: float, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    classes = int(codes.max()) + 1
    return np.where(rng.random(len(codes)) < rate, (codes + rng.integers(1, classes, len(codes))) % classes, codes)


def f1(found: WrongLabels, wrong: np.ndarray) -> float:
    return float(2 * (found.flagged & wrong).sum() / (found.flagged.sum() + wrong.sum()))


@pytest.mark.parametrize("rate", [0.05, 0.2, 0.4])
def test_planted_wrong_labels_are_found_named_and_counted(rate: float) -> None:
    vectors, true = clouds(1_500, 5)
    given = with_noise(true, rate)
    found, wrong = wrong_labels(given, 5, vectors=vectors), given != true
    assert f1(found, wrong) > 0.85
    assert (found.suggested[wrong] == true[wrong]).mean() > 0.9
    assert found.expected.low <= wrong.sum() <= found.expected.high
    assert abs(found.expected.value - wrong.sum()) < 0.25 * wrong.sum()
    assert found.chance.sum() == pytest.approx(found.expected.value, rel=1e-3)
    assert found.confused.sum() == pytest.approx(found.expected.value, rel=1e-3)


def test_right_labels_are_left_alone() -> None:
    vectors, true = clouds(1_500, 5)
    found = wrong_labels(true, 5, vectors=vectors)
    assert found.expected.low < 15 and found.flagged.sum() <= 15


def test_confusions_name_the_pair() -> None:
    vectors, true = clouds(1_200, 4)
    given = np.where((true == 3) & (np.random.default_rng(0).random(1_200) < 0.3), 1, true)
    (true_class, given_class, number), *_ = wrong_labels(given, 4, vectors=vectors).most_confused(3)
    assert (true_class, given_class) == (3, 1)
    assert number == pytest.approx((given != true).sum(), rel=0.25)


def test_a_rare_class_is_not_called_wrong_for_being_rare() -> None:
    vectors, true = clouds(1_500, 3)
    kept = (true != 2) | (np.arange(1_500) % 75 == 2)
    found = wrong_labels(true[kept], 3, vectors=vectors[kept])
    assert found.flagged[true[kept] == 2].sum() <= 2


@pytest.mark.parametrize(("rows", "classes"), [(50, 2), (20, 10), (600, 300), (7, 2)])
def test_few_rows_and_many_classes_do_not_break_it(rows: int, classes: int) -> None:
    vectors, true = clouds(rows, classes)
    found = wrong_labels(true, classes, vectors=vectors)
    assert np.isfinite(found.chance).all() and ((found.chance >= 0) & (found.chance <= 1)).all()
    assert (found.suggested != true).all()
    assert found.expected.low <= found.expected.value <= found.expected.high


def test_copies_do_not_vouch_for_each_other() -> None:
    vectors, true = clouds(600, 3)
    vectors, true, groups = np.repeat(vectors, 3, axis=0), np.repeat(true, 3), np.repeat(np.arange(600), 3)
    given = true.copy()
    given[:30] = (given[:30] + 1) % 3  # ten rows, each three times
    alone, together = (wrong_labels(given, 3, vectors=vectors, groups=some) for some in (None, groups))
    assert together.chance[:30].mean() > 0.8
    assert together.chance[:30].mean() > alone.chance[:30].mean()


def test_probabilities_of_another_model_serve_alone() -> None:
    _, true = clouds(1_000, 4)
    given = with_noise(true, 0.1)
    chances = np.full((1_000, 4), 0.05)
    chances[np.arange(1_000), true] = 0.85
    assert f1(wrong_labels(given, 4, probabilities=chances), given != true) > 0.95


def test_the_same_answer_twice() -> None:
    vectors, true = clouds(200, 3)
    first, second = (wrong_labels(true, 3, vectors=vectors, seed=4) for _ in range(2))
    assert (first.chance == second.chance).all()


def test_nothing_to_judge_by_is_said() -> None:
    with pytest.raises(LeadlineError, match="neither vectors nor probabilities"):
        wrong_labels(np.array([0, 1]), 2)
    with pytest.raises(LeadlineError, match="all the same"):
        wrong_labels(np.zeros(5, np.int64), 2, vectors=np.ones((5, 2)))


def test_flags_are_those_of_the_best_expected_f1() -> None:
    chance = np.array([0.9, 0.1, 0.8, 0.35, 0.05])
    assert flagged(chance).tolist() == [True, False, True, False, False]
    assert not flagged(np.full(50, 0.01)).any()
