"""The bounded solver finds what scipy's finds, and never leaves the bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, minimize

from leadline.learners.bounded import BoundedDescent, descent_of
from leadline.learners.logistic import Descent, Matrix, Problem
from leadline.learners.losses import loss_for


def problem(rng: np.random.Generator, rows: int, columns: int, loss: str, signs: np.ndarray | None) -> Problem:
    features = (rng.normal(size=(rows, columns)) @ rng.normal(size=(columns, columns))).astype(np.float32)
    target = features @ rng.normal(size=columns) + rng.normal(size=rows)
    values = (target > 0).astype(np.int64) if loss == "two-classes" else target
    return Problem(Matrix(features), loss_for(values, loss), 1, signs)


def objective(asked: Problem, coef: np.ndarray, intercept: float, penalty: float) -> float:
    return asked.loss.value(asked.matrix.times(coef[:, None]) + intercept) + penalty / 2 * float(np.sum(coef**2))


@settings(max_examples=25)
@given(seed=st.integers(0, 2**31), rows=st.integers(5, 80), columns=st.integers(1, 12), loss=st.sampled_from(["squared", "two-classes"]))
def test_as_good_as_scipy_and_always_within_bounds(seed: int, rows: int, columns: int, loss: str) -> None:
    rng = np.random.default_rng(seed)
    signs = rng.integers(-1, 2, columns)
    asked, penalty = problem(rng, rows, columns, loss, signs), float(10 ** rng.uniform(-3, 0))
    descent = descent_of(asked)
    for strength in (10 * penalty, penalty):  # warm from one to the next
        descent.solve(strength, 500, 1e-10)
    found = descent.finished()
    assert (found.coef[:, 0] * signs >= 0).all()
    bounds = Bounds(np.append(np.where(signs > 0, 0, -np.inf), -np.inf), np.append(np.where(signs < 0, 0, np.inf), np.inf))
    best = minimize(lambda w: objective(asked, w[:-1], w[-1], penalty), np.zeros(columns + 1), method="L-BFGS-B", bounds=bounds)
    reached = objective(asked, found.coef[:, 0], float(found.intercept[0]), penalty)
    assert reached <= best.fun + 1e-3 * abs(best.fun) + 1e-6


def test_without_bounds_it_goes_the_way_of_the_free_solver() -> None:
    free, bounded = (problem(np.random.default_rng(0), 200, 10, "squared", signs) for signs in (None, np.zeros(10, np.int64)))
    assert type(descent_of(free)) is Descent and type(descent_of(bounded)) is BoundedDescent
    coefs = []
    for asked in (free, bounded):
        descent = descent_of(asked)
        descent.solve(1e-3, 500, 1e-10)
        coefs.append(descent.finished().coef)
    assert coefs[1] == pytest.approx(coefs[0], rel=1e-4, abs=1e-6)
