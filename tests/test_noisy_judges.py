"""Scores by labels of which some are wrong, put right on average where it is known which classes are taken for which."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.evaluate.noisy_judges import Confusions


def noisy(num_classes: int, rate: float, seed: int, rows: int = 4_000) -> tuple[np.ndarray, np.ndarray, Confusions]:
    """True classes, given ones, and the confusions that made them, in which some classes are taken for others more often."""
    rng = np.random.default_rng(seed)
    directions = rng.dirichlet(np.ones(num_classes), num_classes) * (1 - np.eye(num_classes)) + 1e-9
    chances = rate * directions / directions.sum(axis=1, keepdims=True)
    chances[np.diag_indices(num_classes)] += 1 - chances.sum(axis=1)
    true = rng.integers(0, num_classes, rows)
    given = np.array([rng.choice(num_classes, p=chances[code]) for code in true])
    return true, given, Confusions(np.bincount(true, minlength=num_classes)[:, None] * chances)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 6), st.floats(0, 0.3), st.floats(0, 0.4), st.integers(0, 10_000))
def test_hits_have_the_mean_that_right_labels_would_give(num_classes: int, rate: float, mistakes: float, seed: int) -> None:
    true, given_classes, confusions = noisy(num_classes, rate, seed)
    rng = np.random.default_rng(seed + 1)
    said = np.where(rng.random(len(true)) < mistakes, (true + 1) % num_classes, true)
    hits = confusions.hits(said, given_classes)
    error = max(hits.std(), rate**0.5) / len(hits) ** 0.5  # mistakes so rare that none was drawn spread nothing here
    assert abs(hits.mean() - (said == true).mean()) < 5 * error + 1e-9


def test_labels_that_are_all_right_are_hits_as_they_stand() -> None:
    confusions = Confusions(np.diag([3.0, 5.0]))
    np.testing.assert_allclose(confusions.hits(np.array([0, 1, 1]), np.array([0, 0, 1])), [1, 0, 1])


def test_wrong_ones_and_given_ones_make_the_counts() -> None:
    confusions = Confusions.of_wrong(np.array([[0.0, 4.0], [2.0, 0.0]]), np.array([10.0, 20.0]))
    np.testing.assert_allclose(confusions.counts, [[8, 4], [2, 16]])
    np.testing.assert_allclose(confusions.times(0.5).counts, [[9, 2], [1, 18]])
    assert (confusions.times(100).counts >= 0).all()


def test_merged_classes_are_not_taken_for_one_another() -> None:
    counts = np.array([[8.0, 1.0, 1.0], [2.0, 6.0, 0.0], [0.0, 0.0, 9.0]])
    np.testing.assert_allclose(Confusions(counts).merged(np.array([0, 0, 1])).counts, [[17, 1], [0, 9]])


@pytest.mark.parametrize(("wrong", "tells"), [(1.0, True), (4.7, False)])
def test_where_half_of_the_labels_are_wrong_nothing_can_be_told(wrong: float, tells: bool) -> None:
    assert Confusions.of_wrong(np.array([[0.0, wrong], [wrong, 0.0]]), np.array([10.0, 10.0])).tell == tells


def test_what_may_be_counts_too() -> None:
    assert not Confusions.of_wrong(np.array([[0.0, 2.0], [2.0, 0.0]]), np.array([10.0, 10.0]), (1.0, 0.5, 2.4)).tell
