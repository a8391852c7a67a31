"""Vectors suit a question where rows that lie near one another have the same answer."""

from __future__ import annotations

import numpy as np

from leadline.evaluate.neighbours import neighbours_error


def test_vectors_that_know_the_classes_are_better_than_those_that_do_not() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, 300)
    noise = rng.normal(size=(300, 8))
    assert neighbours_error(noise + 4 * np.eye(8)[codes], codes, 0) < 0.5 * neighbours_error(noise, codes, 0)


def test_numbers_and_several_labels_are_answers_too() -> None:
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(300, 4))
    numbers, labels = vectors[:, 0] * 3, (vectors[:, :2] > 0).astype(np.uint8)
    for target in (numbers, labels):
        assert neighbours_error(vectors, target, 0) < 0.6 * neighbours_error(rng.permutation(vectors), target, 0)


def test_few_rows_say_nothing() -> None:
    assert neighbours_error(np.ones((5, 3)), np.arange(5), 0) == float("inf")


def test_thousands_of_rows_are_sampled() -> None:
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 2, 9_000)
    assert neighbours_error(codes[:, None] + rng.normal(0, 0.1, (9_000, 2)), codes, 0) < 0.3
