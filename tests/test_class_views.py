"""What vectors say of a row's class: from other folds only, as a plain sum over all pairs would have it."""

from __future__ import annotations

import numpy as np
import pytest

from leadline.check import class_views
from leadline.check.class_views import Directions, FoldRidge, votes


def clouds(rows: int, classes: int, apart: float = 4.0, width: int = 12) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(rows + classes)
    codes = rng.integers(0, classes, rows)
    return (rng.normal(size=(classes, width)) * apart)[codes] + rng.normal(size=(rows, width)), codes


def test_votes_are_the_weighted_mean_over_rows_of_other_folds(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, codes = clouds(90, 3)
    rows, folds, targets = Directions.of(vectors).even, np.arange(90) % 4, np.eye(3)[codes]
    weights = np.exp((rows @ rows.T - 1) / class_views._width(rows)) * (folds[:, None] != folds)
    expected = weights @ targets / weights.sum(axis=1, keepdims=True)
    monkeypatch.setattr(class_views, "_BLOCK", 7)
    np.testing.assert_allclose(votes(rows, targets, folds), expected, atol=1e-5)


def test_a_row_and_its_copies_never_speak_for_themselves() -> None:
    vectors, codes = clouds(60, 2)
    vectors[1] = vectors[0]
    folds, changed = np.arange(60) % 5, codes.copy()
    folds[:2] = 0
    changed[:2] = 1 - changed[:2]
    directions = Directions.of(vectors)
    ridge = FoldRidge(directions.even, folds, 0)
    for answers in (lambda y: votes(directions.even, y, folds), lambda y: ridge._answers_at(1.0, y, ridge._sides(y))):
        before, after = answers(np.eye(2)[codes]), answers(np.eye(2)[changed])
        np.testing.assert_allclose(before[:2], after[:2], atol=1e-5)


def test_the_boundary_finds_clouds_again_whatever_the_number_of_rows() -> None:
    for rows, classes in ((12, 2), (300, 3)):
        vectors, codes = clouds(rows, classes)
        answers = FoldRidge(Directions.of(vectors).plain, np.arange(rows) % 3, 0).answers(np.eye(classes)[codes])
        assert (answers.argmax(axis=1) == codes).mean() > 0.9


def test_equal_vectors_have_directions_too() -> None:
    directions = Directions.of(np.ones((6, 4)))
    assert np.isfinite(directions.plain).all() and np.isfinite(directions.even).all()
